/*
 * The lessons that an entry of the timetable makes, as rows: one for each of its days. Within store_begin() and
 * store_end(); errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_OCCURRENCES_H
#define DUET_SIGNALING_LESSONS_OCCURRENCES_H

#include "signaling/lessons/entries.h"

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
};

void occurrence_writer_init(struct occurrence_writer *writer, struct store *store);
void occurrence_writer_finish(struct occurrence_writer *writer);

/* One lesson with its people, unless there is one of that entry and day already. */
int occurrence_writer_add(struct occurrence_writer *writer, const struct timetable_entry *entry,
    int32_t day, int64_t now_s);

#endif
