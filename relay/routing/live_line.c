#include "relay/routing/live_line.h"

#include "common/clock.h"

#include <string.h>

#define WINDOW_US (2 * US_PER_S)

/* Farther than this from the line the sender's timestamps jumped. */
#define JUMP_S 3

int64_t live_line_ticks(int64_t us, uint32_t clock_rate)
{
    /* split, so that days of microseconds times 90 kHz stay far from 64 bits */
    int64_t seconds = us / (int64_t)US_PER_S;
    int64_t rest = us % (int64_t)US_PER_S;
    return seconds * clock_rate + rest * (int64_t)clock_rate / (int64_t)US_PER_S;
}

void live_line_reset(struct live_line *line)
{
    memset(line, 0, sizeof(*line));
}

static int64_t transit(const struct live_line *line)
{
    if (line->has_previous && line->previous_transit < line->newest_transit)
        return line->previous_transit;
    return line->newest_transit;
}

void live_line_add(
    struct live_line *line, uint32_t timestamp_rtp, uint32_t clock_rate, uint64_t arrival_us)
{
    if (line->clock_rate != clock_rate) {
        live_line_reset(line);
        line->clock_rate = clock_rate;
    }

    int64_t timestamp = timestamp_unwrap(&line->timestamps, timestamp_rtp);
    int64_t value = live_line_ticks((int64_t)arrival_us, clock_rate) - timestamp;
    int64_t jump = (int64_t)JUMP_S * clock_rate;

    if (!line->started || value > transit(line) + jump || value < transit(line) - jump) {
        line->started = true;
        line->has_previous = false;
        line->newest_transit = value;
        line->window_start_us = arrival_us;
        return;
    }

    if (arrival_us >= line->window_start_us + WINDOW_US) {
        line->has_previous = arrival_us < line->window_start_us + 2 * WINDOW_US;
        line->previous_transit = line->newest_transit;
        line->newest_transit = value;
        line->window_start_us = arrival_us;
    } else if (value < line->newest_transit) {
        line->newest_transit = value;
    }
}

bool live_line_at(const struct live_line *line, uint64_t now_us, uint32_t *ret_timestamp_rtp)
{
    if (!line->started)
        return false;
    int64_t now = live_line_ticks((int64_t)now_us, line->clock_rate);
    *ret_timestamp_rtp = (uint32_t)(now - transit(line));
    return true;
}
