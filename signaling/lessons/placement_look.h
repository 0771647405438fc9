/*
 * What is in a weekly lesson's way: the parts of placement.h that checking, saving and suggesting share.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_PLACEMENT_LOOK_H
#define DUET_SIGNALING_LESSONS_PLACEMENT_LOOK_H

#include "signaling/lessons/placement.h"

/* All that depends on when the board's own entry is. ret_plan is the caller's to finish; the own entry's lessons come
 * first in it. */
int placement_look(
    struct board *board, struct term_plan *ret_plan, struct placement_report *ret_report);

/* The delays with which the board's own entry is written: rooms of which nobody changed it play it as their bells ask for
 * (the report's offers) where the entry stands elsewhere than before, else as they play its next lesson, since the entry's own may
 * be that of a season which is over. And those of each lesson; lessons: its own. */
int placement_settle_delays(struct board *board, const struct planned_lesson *lessons, size_t count,
    const struct placement_report *report);

/* What does not: pairings, textbooks, devices. */
int placement_look_at_rooms(const struct board *board, struct placement_report *report);

/* How a receiving room takes part in a lesson. */
enum room_fit {
    ROOM_FITS,
    ROOM_FITS_NOT, /* too little of it is between the room's own bells */
    ROOM_IS_AWAY,  /* its school has a holiday */
};

/* ret_offer->overlap_s is 0 when nothing overlaps. */
enum room_fit placement_room_fit(const struct plan_room *room, int32_t day,
    const struct bell_span *lesson, struct bell_offer *ret_offer);

unsigned placement_overlap(const struct bell_span *a, const struct bell_span *b);

/* Calls on_clash for each lesson of the plan whose entry is one of own, that come first in the plan and need what the
 * board's own entry needs, when somebody or a room stands in elsewhere then. */
int placement_look_at_stand_ins(const struct board *board, const struct term_plan *plan,
    const struct plan_entry *own, size_t own_count,
    void (*on_clash)(
        void *user, const struct planned_lesson *lesson, const struct placement_conflict *conflict),
    void *user);

#endif
