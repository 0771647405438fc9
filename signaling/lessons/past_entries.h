/*
 * What was taught stays what it was, whatever becomes of its weekly entry. Lessons know their room, teacher and subject by
 * their entry alone: so an entry with lessons that have begun is neither deleted nor written over. It becomes a past one,
 * which makes no lessons and is in nobody's way, or leaves a past copy of itself to them.
 *
 * Within store_begin() and store_end(); errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_PAST_ENTRIES_H
#define DUET_SIGNALING_LESSONS_PAST_ENTRIES_H

#include "signaling/lessons/entries.h"
#include "signaling/schools/bells_shelf.h"

/* The first day whose lessons an entry that changes makes anew: today, or tomorrow when that of today has begun. */
int past_entries_first_day(struct store *store, struct bells_shelf *shelf, int64_t entry,
    int32_t today, int64_t now_s, int32_t *ret_day);

/* Before entries_replace(): lessons before that day, and those that have begun, go with what the entry was. Nothing happens
 * when it only moves to another time, which lessons know themselves. */
int past_entries_keep(
    struct store *store, const struct timetable_entry *changed, int32_t first_day, int64_t now_s);

/* Takes an entry away, with those of its lessons that have not begun. */
int past_entries_retire(struct store *store, int64_t entry, int64_t now_s);

/* Those of an entry's lessons that past_entries_retire() takes. */
struct coming_lessons {
    unsigned count;
    int32_t first_day, last_day; /* while there are any */
};
int past_entries_coming(struct store *store, int64_t entry, struct coming_lessons *ret_coming);

#endif
