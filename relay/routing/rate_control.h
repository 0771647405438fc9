/*
 * The rate that delay allows a viewer (draft-ietf-rmcat-gcc-02 section 5.5): up by 8% a second, up by
 * about a packet per round trip near the rate at which the line was full before, down to 85% of what
 * arrives when a queue grows, unchanged while one empties. Never far above what was really sent and
 * received: an idle sender learns nothing, and probing finds the rest. Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_RATE_CONTROL_H
#define DUET_RELAY_ROUTING_RATE_CONTROL_H

#include "relay/routing/delay_detector.h"

#define RATE_CONTROL_MIN_BPS 30000
#define RATE_CONTROL_MAX_BPS 50000000

struct rate_control {
    uint64_t bps;
    uint64_t updated_us;
    uint64_t decreased_us; /* last time; 0 = never */
    /* what the line carried when it was full, kbit/s; 0 = not known */
    double full_kbps;
    double full_deviation; /* of full_kbps, relative variance */
};

struct rate_control_input {
    enum delay_usage usage;
    uint64_t acked_bps;        /* over half a second; 0 = not known */
    uint64_t acked_recent_bps; /* over the last moments; 0 = not known */
    uint64_t rtt_us;
    bool unprobed; /* room cannot be measured: it is found by trying */
};

void rate_control_init(struct rate_control *control, uint64_t bps, uint64_t now_us);

/* After each feedback. */
void rate_control_update(
    struct rate_control *control, const struct rate_control_input *input, uint64_t now_us);

/* A measurement (a probe, the rate before an outage) showed that the line carries bps. */
void rate_control_raise(struct rate_control *control, uint64_t bps, uint64_t now_us);

/* Something else than delay demands at most bps. */
void rate_control_lower(struct rate_control *control, uint64_t bps, uint64_t now_us);

#endif
