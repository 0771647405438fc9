/*
 * How many lessons are to come of a person or under a pairing: what is said before their account is disabled or it is frozen,
 * since the lessons stay. Those that are cancelled or over do not count, nor those in which somebody stands in for the
 * person.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_COMING_LESSONS_H
#define DUET_SIGNALING_LESSONS_COMING_LESSONS_H

#include "signaling/lessons/pairings.h"

#define COMING_LESSONS_SOON_DAYS 7

struct coming_lessons {
    int64_t count;
    int64_t
        soon; /* of those, today's and those of the days up to COMING_LESSONS_SOON_DAYS from now */
    int32_t first_day; /* of count, where there are some */
    int32_t last_day;
};

/* organisation: whose calendar says what today is; 0: UTC. */
int coming_lessons_of_person(struct store *store, int64_t person, int64_t organisation,
    int64_t now_s, struct coming_lessons *ret_lessons);

/* Those that no other pairing covers that is not frozen. */
int coming_lessons_of_pairing(struct store *store, const struct pairing *pairing, int64_t now_s,
    struct coming_lessons *ret_lessons);

#endif
