/*
 * The timetable as CSV: a week's lessons for people to read, and a term's weekly entries in the columns that importing
 * takes (import/timetable_import.c), so that they can be corrected there and brought back.
 *
 * On the thread of store_worker.h; errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_EXPORT_TIMETABLE_CSV_H
#define DUET_SIGNALING_EXPORT_TIMETABLE_CSV_H

#include "signaling/store/store.h"

#include <stdio.h>

/* Of the organisation's rooms: the week from that Monday on, or the entries of a term. */
int timetable_csv_week(
    struct store *store, int64_t organisation, int32_t monday, bool english, FILE *file);
int timetable_csv_term(
    struct store *store, int64_t organisation, int64_t term, bool english, FILE *file);

#endif
