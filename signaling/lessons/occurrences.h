/*
 * The lessons that an entry of the timetable makes, as rows: one for each of its days. Within store_begin() and
 * store_end(); errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_OCCURRENCES_H
#define DUET_SIGNALING_LESSONS_OCCURRENCES_H

#include "signaling/lessons/lesson_delays.h"
#include "signaling/schools/bells_shelf.h"

#define OCCURRENCES_ID_CHARS 48

/* "e12-2026-10-08". Returns id. */
const char *occurrences_id(int64_t entry, int32_t day, char id[static OCCURRENCES_ID_CHARS]);

/* Takes away the entry's lessons from that day on that have not begun. */
int occurrences_remove(struct store *store, int64_t entry, int32_t from_day);

/* For many lessons in a row: its statements are prepared once. */
struct occurrence_writer {
    struct store *store; /* borrowed */
    /* owned */
    sqlite3_stmt *lesson;
    sqlite3_stmt *person;
    sqlite3_stmt *delay;
    struct bells_shelf *shelf; /* NULL before the first lesson */
    /* state: of the entry whose lessons are being added, by index of its receiving rooms */
    int64_t entry;
    int64_t school; /* of the master room */
    int64_t schools[ENTRIES_MAX_ROOMS];
    struct delay_rule rules[ENTRIES_MAX_ROOMS];
};

void occurrence_writer_init(struct occurrence_writer *writer, struct store *store);
void occurrence_writer_finish(struct occurrence_writer *writer);

/* One lesson with its people, unless the entry has made that day's already: then a cancelled one gets its people, and any
 * other one stays what it is, whichever entry it is of by now (past_entries.h). A receiving room plays it as much later
 * than the entry's first as its bells differ from what they are then; an entry's lessons follow each other. */
int occurrence_writer_add(struct occurrence_writer *writer, const struct timetable_entry *entry,
    int32_t day, int64_t now_s);

/* For single lessons of an entry that has others: its delays are what its rooms' bells ask for now. */
int occurrence_writer_go_on(struct occurrence_writer *writer, const struct timetable_entry *entry);

#endif
