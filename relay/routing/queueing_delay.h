/*
 * How long packets wait on the way to a viewer: the least delay of the last 40 to 80 ms over the least
 * of the last 10 to 20 s. The smaller of many is blind to jitter, which every packet has anew,
 * and sees a queue, which no packet can pass. Clocks need not agree; their drift is too slow to matter.
 * A queue that is far longer than usual and still grows needs no statistics.
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
    /* as seen after each feedback */
    int64_t seen_us;
    int64_t usual_us;
    int64_t step_us; /* mean change from one to the next */
    bool real;       /* more waits than usual: it is not jitter */
    bool rises;      /* far more, and more than the last time */
};

void queueing_delay_init(struct queueing_delay *delay);

/* sent_us: our clock; arrival_us: the peer's. */
void queueing_delay_add(struct queueing_delay *delay, uint64_t sent_us, int64_t arrival_us);

/* How much longer that packet waited than jitter and what is usual explain; below zero: not at all. */
int64_t queueing_delay_of(const struct queueing_delay *delay, uint64_t sent_us, int64_t arrival_us);

/* Once after each feedback: sets real and rises. explained_us: what bursts of our own account for. */
void queueing_delay_judge(struct queueing_delay *delay, uint64_t explained_us);

/* 0 until something arrived. */
uint64_t queueing_delay_us(const struct queueing_delay *delay);

#endif
