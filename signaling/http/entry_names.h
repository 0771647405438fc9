/*
 * Who and what a weekly lesson names, in words: lists that a page has know only what may still be chosen, and a lesson in
 * the way may be another school's. New references, NULL without memory or with a store that cannot be read. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_ENTRY_NAMES_H
#define DUET_SIGNALING_HTTP_ENTRY_NAMES_H

#include "signaling/lessons/entries.h"

#include <jansson.h>

/* [{id, name, disabled}] and [{id, name, school, school_name}] of all that the entry names. */
json_t *entry_names_people(struct store *store, const struct timetable_entry *entry);
json_t *entry_names_rooms(struct store *store, const struct timetable_entry *entry);

/* {subject, period, school_name, teacher_name} of the entry of that number. */
json_t *entry_names_lesson(struct store *store, int64_t entry);

#endif
