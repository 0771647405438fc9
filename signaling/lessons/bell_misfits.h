/*
 * Lessons to come in receiving rooms whose own bells leave too little of them, with the delay that a room may have, and that
 * are not booked live: placing one there is refused (placement.h), but bells that change can bring it about. One of the
 * standing clashes (clashes.h).
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_BELL_MISFITS_H
#define DUET_SIGNALING_LESSONS_BELL_MISFITS_H

#include "signaling/store/store.h"
#include "signaling/timetable/bells.h"

struct bell_misfit {
    int64_t number; /* as lesson_need.number */
    int64_t room;
    struct bell_span span; /* of the lesson there */
    unsigned period;       /* of the room's bells: the one that holds most, 0 when none holds any */
    unsigned overlap_s;    /* so much */
};

/* Calls on_misfit for each lesson of first_day to last_day that is taught or received in the organisation (0: all) in one of its
 * rooms, by day, until it returns false. */
int bell_misfits_find(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, bool (*on_misfit)(void *user, const struct bell_misfit *misfit), void *user);

#endif
