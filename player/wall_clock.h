/*
 * The time of day that the player shows: this machine's own, or that of the server and the school's zone once they are
 * known: a classroom's PC may be hours wrong. Main thread.
 */
#ifndef DUET_PLAYER_WALL_CLOCK_H
#define DUET_PLAYER_WALL_CLOCK_H

#include <glib.h>
#include <stdint.h>

struct wall_clock {
    GTimeZone *zone;   /* owned */
    int64_t offset_us; /* since 1970, less the monotonic clock */
};

/* By this machine's own clock and zone. */
void wall_clock_init(struct wall_clock *clock);
void wall_clock_finish(struct wall_clock *clock);

/* What it is now, by somebody who knows better. zone such as "Asia/Shanghai"; an unknown one leaves the last. */
void wall_clock_set(struct wall_clock *clock, int64_t now_ms, const char *zone);

/* "%H:%M" and the like of a moment since 1970, or on the monotonic clock. Free with g_free(). */
char *wall_clock_text(const struct wall_clock *clock, int64_t time_s, const char *format);
char *wall_clock_text_of(const struct wall_clock *clock, uint64_t monotonic_us, const char *format);

#endif
