/*
 * What a line delivers while packets wait on it. As long as each packet waits longer than usual the line never
 * rests, and the rate of arrivals is its own, whatever was sent (others may share it: of a few packets nothing is
 * concluded): one look at some tens of milliseconds tells that
 * it carries less than it did, when a queue alone might be a burst of ours or a probe.
 *
 *   busy_period_add() for every packet received → busy_period_shows_less() after each feedback
 *
 * Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_BUSY_PERIOD_H
#define DUET_RELAY_ROUTING_BUSY_PERIOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeros are one that has not begun. */
struct busy_period {
    bool started;
    uint64_t first_sent_us;
    uint64_t last_sent_us;
    int64_t first_arrival_us;
    int64_t last_arrival_us;
    uint64_t bytes; /* behind the first packet */
    unsigned packets;
};

/* waited_us: beyond what is usual on this line; arrival_us: the peer's clock. */
void busy_period_add(struct busy_period *period, int64_t waited_us, uint64_t sent_us,
    int64_t arrival_us, size_t bytes);

/* The line is far slower than known_bps, and slower than what was sent; then *ret_bps is its rate. */
bool busy_period_shows_less(
    const struct busy_period *period, uint64_t known_bps, uint64_t *ret_bps);

#endif
