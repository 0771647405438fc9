/*
 * The lessons of some days one after the other, each with its time and with who was there: what reports and the day's
 * exceptions are made of. For the length of one operation; one thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_WALK_H
#define DUET_SIGNALING_LESSONS_LESSON_WALK_H

#include "signaling/accounts/token.h"
#include "signaling/lessons/outcome.h"
#include "signaling/lessons/report_plan.h"
#include "signaling/schools/bells_shelf.h"

/* Somebody of a receiving room. */
struct room_presence {
    int64_t room;
    struct presence presence;
};

/* What is different at one place of one lesson (substitutions.h). */
struct walked_stand_in {
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    int64_t place;
    int64_t room;    /* used instead, 0: the place's own */
    int64_t teacher; /* stands in, 0: nobody */
};

/* A room that plays one lesson later by something else than its entry says (lesson_delays.h). */
struct walked_delay {
    int64_t lesson; /* its row */
    int64_t place;
    unsigned delay_s;
};

struct walked_lesson {
    /* borrowed until the call returns */
    const char *id;
    const char *state;
    const char *cancel_reason;
    const struct report_entry *entry;
    const struct report_person *teacher; /* who teaches it, by a substitution or the entry */
    const struct walked_stand_in *stand_ins;
    size_t stand_in_count;
    const struct walked_delay *delays;
    size_t delay_count;
    struct presence *masters;
    const struct room_presence *rooms;
    struct presence *scratch; /* as many as rooms */
    struct bells_shelf *shelf;
    /* state */
    size_t number; /* 1, 2, … */
    size_t master_count, room_count;
    int32_t day;
    unsigned period;
    struct bell_span span; /* in the master room; both 0 when the bells have no such period */
    bool holiday;          /* that is why */
    bool cancelled;
    int64_t now_s, recorded_s;
};

/* Calls on_lesson for each lesson of the plan's entries from first_day to last_day, in any order, until one of them
 * returns an error, which is then returned. */
int lesson_walk(struct store *store, const struct report_plan *plan, int32_t first_day,
    int32_t last_day, int64_t now_s, int (*on_lesson)(void *user, struct walked_lesson *lesson),
    void *user);

/* The room that is used: the unit's own, or what stands in. */
int64_t lesson_walk_room(const struct walked_lesson *lesson, const struct report_unit *unit);

/* How much later than live the unit's room plays it. */
unsigned lesson_walk_delay(const struct walked_lesson *lesson, const struct report_unit *unit);

/* What became of it in one of its rooms. */
struct outcome lesson_walk_outcome(struct walked_lesson *lesson, const struct report_unit *unit);

#endif
