/*
 * What is usually taught from a room: its weekly lessons of this term and those before, the newest first. A new lesson
 * begins with their teachers.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_USUAL_H
#define DUET_SIGNALING_LESSONS_USUAL_H

#include "signaling/lessons/entries.h"

#define USUAL_MAX 40 /* the newest; a room has no more in a week */

/* Calls on_entry for those of the master room. */
int usual_list(struct store *store, int64_t room,
    void (*on_entry)(void *user, const struct timetable_entry *entry), void *user);

#endif
