/*
 * The lessons around now, as the bell needs them: read at once, kept until the timetable changes. Errors as in
 * store/store.h; one thread.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_DAY_H
#define DUET_SIGNALING_LESSONS_LESSON_DAY_H

#include "signaling/accounts/token.h"
#include "signaling/lessons/lesson_clock.h"
#include "signaling/store/store.h"

#include <stddef.h>

struct day_lesson {
    char id[TOKEN_MAX_NAME_CHARS + 1];
    int64_t entry;
    int64_t version; /* of the entry: it grows with each change */
    struct lesson_bell bell;
    struct lesson_clock clock;
    struct lesson_there there;
};

struct lesson_day {
    struct day_lesson *lessons; /* owned; by id */
    size_t count;
    int64_t version; /* of the timetable */
};

/* All zero is an empty one. */
void lesson_day_finish(struct lesson_day *day);

/* Grows with each change of what says when a lesson is. */
int lesson_day_version(struct store *store, int64_t *ret_version);

/* The lessons of yesterday, today and tomorrow of UTC that the bell still moves: everywhere that has all of today in it.
 * with_archived: those that are done with as well, for a clock that may have been ahead. Returns 0, -ENOMEM or an error of
 * the store. */
int lesson_day_read(
    struct store *store, int64_t now_s, bool with_archived, struct lesson_day *ret_day);

/* NULL when it is none of them. */
struct day_lesson *lesson_day_find(const struct lesson_day *day, const char *id);

#endif
