/*
 * When a device wakes, checks itself, joins and leaves, by the bells of its day and the server's clock (docs/following-the-bell.md):
 *
 *   start −10 min     −5 min        −2 min        start           end            end +5 min, or 2 min before the next
 *   ── idle ──┤ wake ─────┤ check ──────┤ join ──────────────────────────────────────────┤ idle ──
 *
 * Of two lessons that touch, the earlier one goes on to its end. A device that is switched on in mid-lesson joins at once.
 * A room that plays its lesson later wakes and joins by the bell that the lesson is taught by, and leaves by its own.
 * Pure: the time is passed in, nothing is kept.
 */
#ifndef DUET_MEDIA_BELL_CLOCK_H
#define DUET_MEDIA_BELL_CLOCK_H

#include "media/day_plan.h"

#define BELL_WAKE_MS  INT64_C(600000) /* before the start */
#define BELL_CHECK_MS INT64_C(300000)
#define BELL_JOIN_MS  INT64_C(120000)
#define BELL_LATE_MS  INT64_C(300000) /* after the end */

enum bell_phase {
    BELL_IDLE,
    BELL_WAKE,
    BELL_CHECK,
    BELL_JOIN,
};

struct bell_view {
    /* borrowed from the plan; NULL: there is none */
    const struct day_lesson *lesson; /* that the phase is of; in BELL_IDLE the next one */
    const struct day_lesson *after;  /* the one behind it */

    enum bell_phase phase;
    int64_t change_ms; /* when the phase is over; INT64_MAX: it stays */
};

/* plan may be NULL: nothing is known yet. */
void bell_clock_look(const struct day_plan *plan, int64_t now_ms, struct bell_view *ret_view);

/* How much later a device that joins now plays the lesson: as its room is booked, or live (0) when it would miss more than half
 * of that. What was taught before it came cannot be had any more; later playing would be that much of waiting for a rest. */
int64_t bell_clock_shift_s(const struct day_lesson *lesson, int64_t now_ms);

#endif
