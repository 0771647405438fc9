/*
 * One viewer in virtual time: a publisher's audio and three video layers, the estimator, the pacer and
 * layer choice as a relay would use them, a line of tests/support/link_model.h, and a receiver that
 * reports as relay/routing/arrival_feedback.h does.
 *
 *   frames → layer that was chosen → backlog → pacer → line → receiver
 *                  ▲                    ▲                        │ feedback every 50–100 ms,
 *                  └── layer_choice ◀── estimator ◀── line back ─┘ lost and late like the rest
 *
 * One sample is kept for every 10 ms.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_BANDWIDTH_SCENE_H
#define DUET_TESTS_UNIT_ROUTING_BANDWIDTH_SCENE_H

#include "relay/routing/arrival_feedback.h"
#include "relay/routing/bandwidth_estimator.h"
#include "relay/routing/layer_choice.h"
#include "relay/routing/pacer.h"
#include "tests/support/link_model.h"

#define SCENE_AUDIO_BYTES   158 /* Opus of 40 kbit/s in 20 ms, RTP, SRTP, UDP, IP */
#define SCENE_LAYERS        3
#define SCENE_QUEUE_PACKETS 4096
#define SCENE_MAX_SAMPLES   20000
#define SCENE_SAMPLE_US     10000

struct scene_packet {
    uint64_t time_us; /* of arrival; in the backlog: of the frame */
    uint16_t sequence;
    uint16_t bytes;
    bool audio;
    bool foreign;
};

struct scene_queue {
    struct scene_packet packets[SCENE_QUEUE_PACKETS];
    size_t first;
    size_t count;
};

struct scene_feedback {
    uint64_t arrival_us;
    size_t len;
    uint8_t data[TRANSPORT_FEEDBACK_BUILDER_BYTES + 64];
};

struct scene_sample {
    uint32_t estimate_kbps;
    uint32_t queue_ms;
    uint32_t backlog_ms;
    int8_t layer; /* that goes out */
};

struct scene {
    uint64_t now_us;
    uint64_t start_us;

    /* sender */
    struct bandwidth_estimator estimator;
    struct pacer pacer;
    struct layer_choice choice;
    struct layer_slot slot;
    struct slot_demand demand;
    uint16_t sequence;
    struct scene_queue backlog;
    int layer; /* of the frames that go out */
    bool keyframe;
    unsigned frames;
    uint64_t next_audio_us;
    uint64_t next_frame_us;
    uint64_t next_tick_us;
    uint64_t next_choice_us;
    uint64_t random;
    bool no_padding;

    /* line */
    struct link_model line;
    struct link_model back;
    struct scene_queue under_way;
    uint64_t foreign_bps; /* traffic of others on the same line */
    uint64_t next_foreign_us;

    /* receiver */
    struct arrival_feedback arrivals;
    struct scene_feedback reports[64]; /* ring */
    size_t first_report;
    size_t report_count;
    int64_t clock_offset_us;
    uint64_t report_us; /* interval of feedback; 0 = as the relay's own */

    /* what happened */
    unsigned audio_sent;
    unsigned audio_received;
    uint64_t bytes_received;
    uint64_t padding_bytes;
    unsigned switches;
    unsigned decreases;
    uint64_t seen_decrease_us;
    struct scene_sample samples[SCENE_MAX_SAMPLES];
    size_t sample_count;
};

/* The publisher's layers, best first. */
extern const uint32_t scene_layer_bps[SCENE_LAYERS];

void scene_open(struct scene *scene, const struct link_params *line, uint64_t seed);
void scene_close(struct scene *scene);

/* Another line, from now on; the way back keeps its delay and loss. */
void scene_set_line(struct scene *scene, const struct link_params *line);

void scene_run(struct scene *scene, uint64_t seconds);
void scene_run_ms(struct scene *scene, uint64_t ms);

/* ---- figures over [from, to) seconds since the start ---- */

uint32_t scene_queue_ms(const struct scene *scene, double from, double to, double percentile);
uint32_t scene_estimate_kbps(const struct scene *scene, double from, double to, double percentile);
/* Share of the time at which layer was shown. */
double scene_layer_share(const struct scene *scene, double from, double to, int layer);
/* Seconds after from until the layer is shown (or a worse one when at_most); −1 = never. */
double scene_layer_after(const struct scene *scene, double from, int layer);
/* Seconds after from until the estimate is at least (at most) kbps. */
double scene_estimate_above_after(const struct scene *scene, double from, uint32_t kbps);
double scene_estimate_below_after(const struct scene *scene, double from, uint32_t kbps);

/* Prints one line of figures per second, for a person. */
void scene_print(const struct scene *scene);

#endif
