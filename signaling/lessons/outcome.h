/*
 * What became of a lesson in one receiving room: the time that the master teacher and the room were there together,
 * against what was planned, and why it was less. Pure; any thread.
 */
#ifndef DUET_SIGNALING_LESSONS_OUTCOME_H
#define DUET_SIGNALING_LESSONS_OUTCOME_H

#include "signaling/timetable/bells.h"

#define OUTCOME_HELD_PERCENT  80 /* of the planned time, and more */
#define OUTCOME_SHORT_PERCENT 20 /* less is not held at all */
#define OUTCOME_LATE_S        180

enum outcome_status {
    OUTCOME_HELD,
    OUTCOME_SHORT,
    OUTCOME_UNHELD,
    OUTCOME_RUNNING,    /* or still to come: nothing can be said yet */
    OUTCOME_UNRECORDED, /* from before attendance was written down */
    OUTCOME_STATUS_COUNT,
};

/* Why a lesson is short or unheld. */
enum outcome_cause {
    OUTCOME_NO_CAUSE,
    OUTCOME_CANCELLED,
    OUTCOME_NOBODY,        /* neither the master teacher nor the room came */
    OUTCOME_MASTER_ABSENT, /* all but never there */
    OUTCOME_ROOM_ABSENT,
    OUTCOME_MASTER_LATE,
    OUTCOME_ROOM_LATE,
    OUTCOME_INTERRUPTED, /* both came in time, but were not there together long enough */
    OUTCOME_CAUSE_COUNT,
};

/* From when to when somebody was there. */
struct presence {
    int64_t joined_s;
    int64_t left_s; /* INT64_MAX: they still are */
};

/* Of one party of a lesson; sorted and joined by the functions below. */
struct presences {
    struct presence *list; /* borrowed */
    size_t count;
};

struct lesson_facts {
    struct bell_span span; /* planned, in the master room */
    unsigned delay_s;      /* the room plays it so much later */
    bool cancelled;
    bool alone;                    /* there is no receiving room: only the master teacher counts */
    int64_t now_s;                 /* a lesson that ends later is not over */
    int64_t recorded_s;            /* since when attendance is written down */
    struct presences master, room; /* room: by its own clock, with the delay */
};

struct outcome {
    enum outcome_status status;
    enum outcome_cause cause;
    uint32_t planned_s;
    uint32_t held_s;
};

/* Reorders the presences. */
struct outcome outcome_of(struct lesson_facts *facts);

/* "held", "short", …, and "cancelled", …; "" for no cause. */
const char *outcome_status_name(enum outcome_status status);
const char *outcome_cause_name(enum outcome_cause cause);

#endif
