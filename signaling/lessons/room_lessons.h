/*
 * Lessons of rooms that have devices, with the moments of each room's own bells: a receiving room plays some of them later than
 * live. What the fleet of devices asks for many rooms at once. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_ROOM_LESSONS_H
#define DUET_SIGNALING_LESSONS_ROOM_LESSONS_H

#include "signaling/store/store.h"
#include "signaling/timetable/bells.h"

#include <stdbool.h>

struct room_lesson {
    /* borrowed until the call returns */
    const char *id;
    const char *state;
    const char *subject;
    int64_t room;
    struct bell_span span; /* the room's own */
};

/* Calls on_lesson for each lesson of yesterday, today and tomorrow (of UTC) that is not over or cancelled and has a bell,
 * for each room of the organisation and of those below it (0: all) that has a device. */
int room_lessons_list(struct store *store, int64_t organisation, int64_t now_s,
    void (*on_lesson)(void *user, const struct room_lesson *lesson), void *user);

/* Whether the lesson is going on: its bells say so, or it is live. */
bool room_lesson_runs(const struct room_lesson *lesson, int64_t now_s);

#endif
