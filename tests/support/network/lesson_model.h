/*
 * A lesson in virtual time around the real router: one publisher with three H.264 layers and redundant
 * Opus on a line without faults, and the clock. Viewers are viewer_model.h.
 *
 *   lesson_model_step() every millisecond → frames that are due → stream_receive_rtp → router_fan_out
 *                                         → every 10 ms: router_tick
 *
 * The seed decides the sizes of all frames, so that the same seed gives the same lesson to the packet. By
 * value; one thread.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_LESSON_MODEL_H
#define DUET_TESTS_SUPPORT_NETWORK_LESSON_MODEL_H

#include "common/clock.h"
#include "relay/routing/router.h"

#define LESSON_MODEL_START_US (100 * US_PER_S)
#define LESSON_MODEL_STEP_US  US_PER_MS
#define LESSON_MODEL_LAYERS   3
#define LESSON_MODEL_FPS      30
#define LESSON_MODEL_NAME     "lesson"
#define LESSON_MODEL_SOURCE   "teacher-camera"

#define LESSON_MODEL_AUDIO_TICKS   960 /* of 48 kHz: 20 ms */
#define LESSON_MODEL_TRANSPORT_ID  4   /* header extension with the transport-wide number */
#define LESSON_MODEL_PAYLOAD_BYTES 1170

struct lesson_model_layer {
    uint16_t sequence_number; /* of the next packet */
    uint32_t timestamp_rtp;   /* of the next frame */
    unsigned frames_since_keyframe;
    bool keyframe_wanted;
};

struct lesson_model {
    /* owned */
    struct router *router;
    struct stream *stream;

    /* state */
    size_t layer_count;
    uint64_t now_us;
    uint64_t random;
    uint64_t next_frame_us;
    uint64_t next_audio_us;
    uint64_t next_tick_us;
    uint64_t frames;
    uint16_t audio_sequence;
    uint32_t audio_timestamp_rtp;
    struct lesson_model_layer layers[LESSON_MODEL_LAYERS];
    unsigned keyframe_requests; /* that the publisher got */
};

/* Names and bitrates of the layers, best first. */
extern const char *const lesson_model_rids[LESSON_MODEL_LAYERS];
extern const uint32_t lesson_model_layer_bps[LESSON_MODEL_LAYERS];

/* audio_bps: of one Opus frame's copy; each packet carries two. */
#define LESSON_MODEL_AUDIO_BPS 48000

void lesson_model_init(struct lesson_model *lesson, uint64_t seed);
/* With only so many of the layers, the best ones; at least one. */
void lesson_model_init_with(struct lesson_model *lesson, size_t layers, uint64_t seed);
/* Viewers must have been finished. */
void lesson_model_finish(struct lesson_model *lesson);

/* One millisecond. */
void lesson_model_step(struct lesson_model *lesson);

/* The video or audio m-line of a viewer as our player negotiates it: RTX, RED, transport feedback. */
struct media_track lesson_model_viewer_track(enum media_kind kind);

#endif
