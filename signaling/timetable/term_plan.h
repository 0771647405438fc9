/*
 * A term's lessons out of its weekly entries, and who is booked twice in it. Everything is in memory, so that a whole
 * county is a matter of a second; what is passed in is borrowed as long as the plan lives. Pure; one thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_TERM_PLAN_H
#define DUET_SIGNALING_TIMETABLE_TERM_PLAN_H

#include "signaling/timetable/bookings.h"
#include "signaling/timetable/recurrence.h"

/* A day on which a room plays a lesson so much later. */
struct plan_delay {
    int32_t day;
    unsigned delay_s;
};

/* A receiving room of an entry. */
struct plan_room {
    int64_t room;
    int64_t teacher;           /* the local one, 0 when nobody is named yet */
    unsigned delay_s;          /* bell_offer.delay_s: it plays the lesson so much later than live */
    const struct bells *bells; /* of its school: it takes no part on a holiday of its own */
    bool live; /* it takes part by the lesson's own bell, whatever its own bells say */
    const struct plan_delay *delays; /* the days on which delay_s is another one, by day */
    size_t delay_count;
};

/* How much later than live it plays the lesson of that day. */
unsigned plan_room_delay(const struct plan_room *room, int32_t day);

/* A weekly lesson. */
struct plan_entry {
    int64_t id;
    const struct term *term;
    struct recurrence recurrence;
    const struct bells *bells; /* of the master room's school */
    unsigned period;           /* there */
    int64_t teacher;
    int64_t room;
    const struct plan_room *receiving;
    size_t receiving_count;
};

struct planned_lesson {
    const struct plan_entry *entry;
    int32_t day;
    struct bell_span span; /* in the master room */
};

struct term_plan {
    /* owned */
    struct planned_lesson *lessons; /* by entry, then by day */
    size_t lesson_count;
    /* dates on which a lesson should be held, but whose bells have no such period */
    size_t without_bell_count;
};

/* Returns 0 or -ENOMEM. */
int term_plan_init(struct term_plan *plan, const struct plan_entry *entries, size_t count);
void term_plan_finish(struct term_plan *plan);

struct plan_conflict {
    enum booked_kind kind;
    int64_t id;                         /* of the person or room */
    const struct planned_lesson *first; /* needs it first */
    const struct planned_lesson *second;
    struct bell_span first_span, second_span; /* when each of them does: a room may play it later */
};

/* Calls on_conflict for each pair of lessons that need the same person or room at once, until it returns false. Returns 0
 * or -ENOMEM. */
int term_plan_find_conflicts(const struct term_plan *plan,
    bool (*on_conflict)(void *user, const struct plan_conflict *conflict), void *user);

#endif
