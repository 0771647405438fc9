/*
 * The names in a row of the timetable's file: term, rooms and teachers within the part of the tree of who imports. For
 * the length of one check.
 */
#ifndef DUET_SIGNALING_IMPORT_TIMETABLE_NAMES_H
#define DUET_SIGNALING_IMPORT_TIMETABLE_NAMES_H

#include "signaling/import/import.h"
#include "signaling/lessons/entries.h"

enum timetable_column {
    TIMETABLE_TERM,
    TIMETABLE_SCHOOL,
    TIMETABLE_ROOM,
    TIMETABLE_TEACHER,
    TIMETABLE_SUBJECT,
    TIMETABLE_GRADE,
    TIMETABLE_WEEKDAY,
    TIMETABLE_PERIOD,
    TIMETABLE_WEEKS,
    TIMETABLE_WEEK_RANGE,
    TIMETABLE_MODE,
    TIMETABLE_RECEIVING,
    TIMETABLE_LIVE,
    TIMETABLE_COLUMN_COUNT,
};

struct timetable_names;

/* import is borrowed. Returns 0, -ENOMEM or an error of the store. */
int timetable_names_create(struct import *import, struct timetable_names **ret_names);
void timetable_names_destroy(struct timetable_names *names);

/* Fills term, room, teacher and receiving; what a name is not found for stays 0, with a fault. Returns 0 or an error of
 * the store. */
int timetable_names_resolve(
    struct timetable_names *names, size_t row, struct timetable_entry *entry);

#endif
