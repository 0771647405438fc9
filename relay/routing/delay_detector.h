/*
 * Is a queue growing on the way to a viewer? The delay-based half of Google Congestion Control
 * (draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4, with a trend line in place of the Kalman filter).
 *
 *   packets → groups sent within 5 ms → change of delay from group to group, summed up
 *           → smoothed → slope of a line through the last 20 → against a threshold that adapts
 *
 * A threshold that follows what is usual keeps it from starving beside loss-based flows and from
 * crying at jitter. Times of sending are ours, of arrival the peer's: only differences count.
 * Part of struct bandwidth_estimator; nothing is allocated; pure.
 */
#ifndef DUET_RELAY_ROUTING_DELAY_DETECTOR_H
#define DUET_RELAY_ROUTING_DELAY_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DELAY_DETECTOR_SAMPLES 20

enum delay_usage {
    DELAY_NORMAL,
    DELAY_OVERUSE,  /* the queue grows */
    DELAY_UNDERUSE, /* the queue empties */
};

struct delay_group {
    bool used;
    uint64_t first_sent_us;
    uint64_t last_sent_us;
    int64_t first_arrival_us;
    int64_t last_arrival_us;
};

struct delay_sample {
    double arrival_ms;
    double delay_ms; /* smoothed sum of the changes */
};

struct delay_detector {
    struct delay_group current;
    struct delay_group previous;
    int64_t origin_us; /* arrival that the samples count from */
    double summed_ms;
    double smoothed_ms;
    struct delay_sample samples[DELAY_DETECTOR_SAMPLES]; /* ring */
    size_t sample_count;
    size_t next_sample;
    unsigned changes; /* since the start, up to 60 */
    double trend;
    double threshold;
    double over_ms; /* how long the trend has been above the threshold; < 0 = it is not */
    unsigned over_changes;
    enum delay_usage usage;
};

void delay_detector_init(struct delay_detector *detector);

/* One packet that was received, in order of sending; those sent before the current group are ignored.
 * The state of things is in detector->usage afterwards. */
void delay_detector_add(struct delay_detector *detector, uint64_t sent_us, int64_t arrival_us);

#endif
