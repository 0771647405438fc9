/*
 * Lessons as the database has them: id and title, and who belongs to them. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_LESSONS_H
#define DUET_SIGNALING_LESSONS_LESSONS_H

#include "signaling/store/store.h"

#define LESSONS_MAX_TITLE_BYTES 256

/* "sessions" stands in URLs where a lesson would. */
bool lessons_is_id(const char *text);

/* With its entry in the audit log: by is the person's. Returns 0, -EEXIST, -EINVAL for an id or title that cannot be,
 * or an error of the store. */
int lessons_add(
    struct store *store, const char *id, const char *title, const char *by, int64_t now_s);

/* 1, 0, or an error of the store. */
int lessons_exists(struct store *store, const char *id);

/* Calls on_lesson for each lesson, or for each of one person's (person > 0) that stand in no timetable, by id: those of
 * the timetable are week.h's. */
int lessons_list(struct store *store, int64_t person,
    void (*on_lesson)(void *user, const char *id, const char *title), void *user);

/* Whether the person belongs to the lesson, and it is not cancelled: 1, 0, or an error of the store. */
int lessons_has_person(struct store *store, const char *id, int64_t person);

#endif
