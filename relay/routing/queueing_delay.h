/*
 * How long packets wait on the way to a viewer: the least delay of the last 60 to 120 ms over the least
 * of the last 10 to 20 s. The smaller of many is blind to jitter, which every packet has anew,
 * and sees a queue, which no packet can pass. Clocks need not agree; their drift is too slow to matter.
 * Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_QUEUEING_DELAY_H
#define DUET_RELAY_ROUTING_QUEUEING_DELAY_H

#include <stdbool.h>
#include <stdint.h>

/* The least of the current and the last span of arrivals. */
struct least_delay {
    bool started;
    int64_t span_us;
    int64_t since_us; /* arrival with which the current span began */
    int64_t current_us;
    int64_t last_us;
};

struct queueing_delay {
    struct least_delay recent;
    struct least_delay base;
};

void queueing_delay_init(struct queueing_delay *delay);

/* sent_us: our clock; arrival_us: the peer's. */
void queueing_delay_add(struct queueing_delay *delay, uint64_t sent_us, int64_t arrival_us);

/* 0 until something arrived. */
uint64_t queueing_delay_us(const struct queueing_delay *delay);

#endif
