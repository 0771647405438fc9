/*
 * How much later receiving rooms play each of the lessons that are planned (plan_room.delays), where it is not what the entry
 * says: in another season with other bells, say (lesson_delays.h). It owns the lists; for the length of one operation.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_PLANNED_DELAYS_H
#define DUET_SIGNALING_LESSONS_PLANNED_DELAYS_H

#include "signaling/lessons/entries.h"

struct planned_delays {
    struct plan_delay **lists; /* owned, and each of them */
    size_t count;
};

void planned_delays_finish(struct planned_delays *delays);

/* Of an entry that is there: what its lessons have. */
int planned_delays_read(
    struct planned_delays *delays, struct store *store, struct timetable_entry *entry);

/* Of one that is to be written: what its lessons will have when they are made (occurrences.h). rooms: entry's, with the
 * delays that it is written with; lessons: those that it makes, by day. */
int planned_delays_work_out(struct planned_delays *delays, const struct plan_entry *entry,
    struct plan_room *rooms, const struct planned_lesson *lessons, size_t count);

#endif
