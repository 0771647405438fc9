/*
 * Entries of the timetable beside all others that need one of their people or rooms at the time of their terms, ready to be
 * planned (timetable/term_plan.h). For the length of one operation; one thread.
 */
#ifndef DUET_SIGNALING_LESSONS_BOARD_H
#define DUET_SIGNALING_LESSONS_BOARD_H

#include "signaling/lessons/planned_delays.h"
#include "signaling/schools/bells_shelf.h"

/* Those that are looked at come first, mostly one, then those that need one of their people or rooms. */
struct board {
    /* borrowed */
    struct store *store;
    /* owned */
    struct bells_shelf *shelf;
    struct timetable_entry *entries;
    struct plan_entry *plan_entries; /* of entries, by index */
    struct term *terms;              /* the same */
    struct planned_delays delays;    /* the same: of the rivals those that their lessons have */
    int64_t *ids;                    /* of the rivals */
    size_t id_count;
    size_t own_count;
    /* state */
    int32_t today;     /* at the first entry's school */
    int32_t first_day; /* whose lessons can still be made: today, unless who looks knows better */
    bool failed;       /* there was no memory for an id */
};

/* Errors as of placement_check() but -EINVAL; board_finish() is due in any case. */
int board_init(struct board *board, struct store *store, const struct timetable_entry *entries,
    size_t count, int64_t now_s);

/* Of entries that are there, and no others: own_count is 0. */
int board_init_listed(struct board *board, struct store *store, const int64_t *ids, size_t count);

void board_finish(struct board *board);

#endif
