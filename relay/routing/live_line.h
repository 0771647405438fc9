/*
 * Which RTP timestamp is "live" at a given moment: the line arrival = timestamp + constant on which
 * the least delayed packets of a layer lie. A packet above the line came late by that much.
 *
 * A slot that starts or changes its source puts the new packets on the same line as those before, so
 * that no receiver sees a jump of delay. The line is the minimum over the last 2–4 s, so it follows
 * clock drift and forgets a discontinuity. Pure state, by value; layer and rewriter hold it.
 */
#ifndef DUET_RELAY_ROUTING_LIVE_LINE_H
#define DUET_RELAY_ROUTING_LIVE_LINE_H

#include "relay/wire/sequence.h"

#include <stdbool.h>
#include <stdint.h>

struct live_line {
    uint32_t clock_rate; /* Hz; a change starts anew */
    struct seq_unwrapper timestamps;
    bool started;
    bool has_previous;
    int64_t newest_transit; /* minimum of the window in progress, ticks */
    int64_t previous_transit;
    uint64_t window_start_us;
};

void live_line_reset(struct live_line *line);

void live_line_add(
    struct live_line *line, uint32_t timestamp_rtp, uint32_t clock_rate, uint64_t arrival_us);

/* False before the first packet. */
bool live_line_at(const struct live_line *line, uint64_t now_us, uint32_t *ret_timestamp_rtp);

/* Microseconds as clock ticks, rounded down; both may be negative. */
int64_t live_line_ticks(int64_t us, uint32_t clock_rate);

#endif
