/*
 * What the bell does to a lesson: when it opens, is live, alerts, and ends (UX.md, "Bell"). The time, the bells and who
 * is there are passed in; what happened comes out. Pure; any thread.
 *
 *             T−10 min               T, master and a room there         5 min after the end bell, or
 *  scheduled ─────────▶ open ───────────────────────────────▶ live      2 min before the rooms' next lesson
 *                        │  T+3 master late, T+5 takeover       │
 *                        └──────────────┬───────────────────────┘
 *                                       ▼           next day
 *                                     ended ─────────────────▶ archived
 *
 * A bell that is moved, and a clock that is set, are followed: what they undo is undone. Only a lesson that is live goes
 * on as it began when the clock jumps, and nothing brings back a cancelled one.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_CLOCK_H
#define DUET_SIGNALING_LESSONS_LESSON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define LESSON_CLOCK_OPEN_S     600 /* before the bell */
#define LESSON_CLOCK_LATE_S     180 /* after it, without a master teacher */
#define LESSON_CLOCK_TAKEOVER_S 300
#define LESSON_CLOCK_CLOSE_S    300 /* after the end bell */
#define LESSON_CLOCK_BETWEEN_S  120 /* before the next lesson */
#define LESSON_CLOCK_BACK_S     60 /* less than that is a clock being set right, and undoes nothing */

enum lesson_state {
    LESSON_SCHEDULED,
    LESSON_OPEN,
    LESSON_LIVE,
    LESSON_ENDED,
    LESSON_ARCHIVED,
    LESSON_CANCELLED,
};

/* By the bells of now, in seconds since 1970. */
struct lesson_bell {
    int64_t starts_s, ends_s; /* both 0: the bells have no such period (any more) */
    int64_t next_s;           /* when one of its rooms has the next lesson, 0 = never */
    int64_t archive_s;        /* the midnight behind it */
    bool alone;               /* no room receives it */
};

/* Who sends or watches now. */
struct lesson_there {
    bool master; /* teacher-camera is published */
    bool room;   /* a receiving room publishes or watches */
};

struct lesson_clock {
    enum lesson_state state;
    bool late;       /* the alert was given */
    bool takeover;   /* offered */
    int64_t shift_s; /* of a live lesson: how far the wall clock has jumped since it began */
};

/* What a step did, or-ed together. */
enum lesson_did {
    LESSON_DID_STATE = 1, /* to clock->state */
    LESSON_DID_LATE = 2,
    LESSON_DID_TAKEOVER = 4,
    LESSON_DID_RECORD = 8,       /* recording starts */
    LESSON_DID_STOP_RECORD = 16, /* and ends */
};

/* "scheduled", …; the other way round false for another name. */
const char *lesson_state_name(enum lesson_state state);
bool lesson_state_of(const char *name, enum lesson_state *ret_state);

/* When the lesson ends by itself. */
int64_t lesson_clock_close_s(const struct lesson_bell *bell);

/* Brings the lesson to now_s. Returns what it did; once is enough, the same again does nothing. */
unsigned lesson_clock_step(struct lesson_clock *clock, const struct lesson_bell *bell,
    const struct lesson_there *there, int64_t now_s);

/* The wall clock has jumped by so much since the last step. */
void lesson_clock_jump(struct lesson_clock *clock, int64_t jump_s);

#endif
