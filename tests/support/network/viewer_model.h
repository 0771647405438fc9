/*
 * One viewer of a lesson_model.h behind a bad line: the router's subscriber, a line of link_model.h each
 * way, and a receiver that behaves as our player does.
 *
 *   subscriber ─ send_rtp, send_rtcp ─▶ line down ─▶ video_model.h, audio_model.h
 *        ▲                                              │ NACK and PLI at once, transport feedback
 *        └──────── RTCP ◀──── line up ◀─────────────────┘ every 100 ms, reports every second
 *
 * The line up loses and delays as the line down does, but has no rate. On the heap, for its size.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_VIEWER_MODEL_H
#define DUET_TESTS_SUPPORT_NETWORK_VIEWER_MODEL_H

#include "relay/routing/arrival_feedback.h"
#include "tests/support/link_model.h"
#include "tests/support/network/audio_model.h"
#include "tests/support/network/lesson_model.h"
#include "tests/support/network/video_model.h"

#define VIEWER_MODEL_QUEUE    2048
#define VIEWER_MODEL_WAITS_MS 2000

struct viewer_flight {
    uint64_t arrival_us;
    bool rtcp;
    uint16_t len;
    uint8_t data[1500];
};

struct viewer_line {
    struct link_model model;
    struct viewer_flight *ring; /* owned, VIEWER_MODEL_QUEUE of them; first out is first in */
    size_t first;
    size_t count;
};

struct viewer_reports {
    uint32_t ssrc;
    struct seq_unwrapper unwrapper;
    int64_t first; /* of the stream */
    uint64_t received;
    uint64_t expected_before;
    uint64_t received_before;
    uint32_t last_sr; /* 0 = none came */
    uint64_t last_sr_us;
};

struct viewer_model {
    struct lesson_model *lesson; /* borrowed */
    struct subscriber *subscriber;
    struct viewer_line down;
    struct viewer_line up;

    /* receiver */
    struct video_model video;
    struct audio_model audio;
    struct arrival_feedback arrivals;
    struct viewer_reports reports[2]; /* audio, video */
    uint64_t next_report_us;

    /* figures */
    uint64_t sent_bytes; /* on the line, since the start */
    uint64_t received_packets;
    uint64_t received_bytes;
    uint64_t waited_ms
        [VIEWER_MODEL_WAITS_MS]; /* milliseconds by what a packet would have waited for the rate */
};

/* Its session begins now. Aborts without memory. */
struct viewer_model *viewer_model_create(
    struct lesson_model *lesson, const struct link_params *line, uint64_t seed);
void viewer_model_destroy(struct viewer_model *viewer);

/* Another line from now on. */
void viewer_model_set_line(struct viewer_model *viewer, const struct link_params *line);

/* One millisecond, after lesson_model_step(). */
void viewer_model_step(struct viewer_model *viewer);

/* Asks for a keyframe, whether it needs one or not. */
void viewer_model_complain(struct viewer_model *viewer);

/* Figures begin anew. */
void viewer_model_measure(struct viewer_model *viewer);

#define VIEWER_MODEL_PAUSED  (-1) /* the relay sends no picture: the line is too thin for any */
#define VIEWER_MODEL_WAITING (-2) /* it waits for a keyframe */

/* Rank of the layer that the relay sends. */
int viewer_model_layer(const struct viewer_model *viewer);
uint64_t viewer_model_estimate_bps(const struct viewer_model *viewer);
/* A packet would have waited at most so long in so many percent of the time. */
unsigned viewer_model_wait_ms(const struct viewer_model *viewer, unsigned percent);

#endif
