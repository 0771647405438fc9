/*
 * Lessons to come that go on although something that they need was taken away: the account of somebody who teaches in them is
 * disabled, or no pairing covers one of their receiving rooms any more. For the length of one operation; one thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSON_DOUBTS_H
#define DUET_SIGNALING_LESSONS_LESSON_DOUBTS_H

#include "signaling/accounts/people.h"
#include "signaling/accounts/token.h"

enum doubt_kind {
    DOUBT_DISABLED, /* who teaches there */
    DOUBT_FROZEN,   /* the pairing */
    DOUBT_UNPAIRED, /* there is none any more */
};

struct lesson_doubt {
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    enum doubt_kind kind;
    int64_t place;                          /* the room, as the weekly lesson names it */
    char person[PEOPLE_MAX_NAME_BYTES + 1]; /* of DOUBT_DISABLED */
};

struct lesson_doubts {
    struct lesson_doubt *list; /* owned; by lesson */
    size_t count;
};

/* Of the lessons of those days that are not over and are taught or received below the organisation.
 * lesson_doubts_finish() is due in any case. */
int lesson_doubts_find(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, struct lesson_doubts *ret_doubts);
void lesson_doubts_finish(struct lesson_doubts *doubts);

/* Those of one lesson; NULL and 0 where there are none. */
const struct lesson_doubt *lesson_doubts_of(
    const struct lesson_doubts *doubts, const char *lesson, size_t *ret_count);

#endif
