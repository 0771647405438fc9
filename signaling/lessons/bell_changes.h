/*
 * A change of bells with what it does to the lessons of the timetable. A lesson stores a day and a period, so that bells
 * that move take it along; but one that has begun keeps its time, since it is being taught, or was: its moments are
 * written down then (lessons.starts and .ends). A day that becomes special, or ordinary again, has the lessons made that its
 * timetable has now, and those taken away that it has not (entry_days.h). Receiving rooms have their delays worked out anew
 * (lesson_delays.h). A change can be tried first: everything is told and nothing changed.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_BELL_CHANGES_H
#define DUET_SIGNALING_LESSONS_BELL_CHANGES_H

#include "signaling/accounts/token.h"
#include "signaling/lessons/clashes.h"
#include "signaling/lessons/entries.h"
#include "signaling/schools/bells_edit.h"

#define BELL_CHANGES_MAX_TOLD 20

/* One lesson whose time changes; a span of 0 is no time at all: its bells have no such period, it is a holiday, or it is not
 * there. */
struct moved_lesson {
    char id[TOKEN_MAX_NAME_CHARS + 1];
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1];
    int64_t
        school; /* of the master room; of the receiving one when the lesson moves there alone, as the spans */
    int32_t day;
    unsigned period;
    struct bell_span from, to;
};

struct bell_changes_report {
    unsigned moved; /* to another time */
    unsigned lost;  /* had a time, and have none now, or are gone */
    unsigned found; /* had none, or were not there, and have one now */
    unsigned kept;  /* would move, but have begun */
    unsigned
        substitutions; /* places of the lost ones where something stands in, for nothing then */
    size_t told_count;
    struct moved_lesson told[BELL_CHANGES_MAX_TOLD]; /* the first of moved, lost and found */
    struct clashes
        clashes; /* of those that have another time or delay now: they clash afterwards */
};

/* Makes the change with its entry in the audit log, or only tries it. Returns as bells_edit_apply();
 * bell_changes_report_finish() is due when that is 0. */
int bell_changes_make(struct store *store, struct bells_edit *edit, bool only_try, const char *by,
    int64_t now_s, struct bell_changes_report *ret_report);

void bell_changes_report_finish(struct bell_changes_report *report);

/* The same within store_begin() and store_end(), without an entry in the audit log, and without looking for clashes. */
int bell_changes_apply(struct store *store, struct bells_edit *edit, int64_t now_s,
    struct bell_changes_report *ret_report);

#endif
