/*
 * The days on which a weekly entry has lessons, as the bells of its school have it now, and making those of them that are
 * not there yet: a day that is special from now on, or no longer, may be one of them, and so is one that its term has got.
 *
 * Within store_begin() and store_end() where something is written; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_ENTRY_DAYS_H
#define DUET_SIGNALING_LESSONS_ENTRY_DAYS_H

#include "signaling/lessons/entries.h"
#include "signaling/schools/bells_shelf.h"

/* Of the tables timetable_entries e and terms t, for entry_days_read(). */
#define ENTRY_DAYS_COLUMNS                                                                         \
    "e.weekday, e.weeks, e.first_week, e.last_week, t.first_day, t.last_day, e.past"

struct entry_days {
    struct recurrence recurrence;
    struct term term;
    bool past; /* it makes no lessons (past_entries.h) */
};

void entry_days_read(sqlite3_stmt *statement, int first_column, struct entry_days *ret_days);

/* Whether the timetable that is held on the day has the lesson: not on a holiday. */
bool entry_days_has(const struct entry_days *days, const struct bells *bells, int32_t day);

/* A lesson that was made. */
struct filled_lesson {
    int64_t entry;
    const char *subject; /* borrowed until the call returns */
    int64_t school;      /* of the master room */
    int32_t day;
    unsigned period;
    struct bell_span span;
};

/* Whose lessons, and of which days. */
struct entry_days_wanted {
    int64_t term;         /* of its entries; 0: of those of the organisation and below */
    int64_t organisation; /* unless there is a term */
    int32_t first_day, last_day;
};

/* Makes the lessons that entries have by their bells on the wanted days, that are not there, and that begin after now.
 * Calls on_lesson for each, until one of them returns an error, which is then returned. */
int entry_days_fill(struct store *store, struct bells_shelf *shelf,
    const struct entry_days_wanted *wanted, int64_t now_s,
    int (*on_lesson)(void *user, const struct filled_lesson *lesson), void *user);

#endif
