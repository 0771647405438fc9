/*
 * What is different in one lesson of the timetable alone (代课): another teacher or another room stands in at one of its
 * places, or it is not held. A change of the weekly entry makes its lessons anew, and with that takes substitutions of
 * lessons to come away; cancelled lessons stay cancelled.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_SUBSTITUTIONS_H
#define DUET_SIGNALING_LESSONS_SUBSTITUTIONS_H

#include "signaling/lessons/lesson_places.h"

#define SUBSTITUTIONS_MAX_CONFLICTS 8

struct substitution {
    const char *lesson;
    int64_t place;   /* a room of the entry, as held_place.place */
    int64_t room;    /* used instead; 0: the place's own */
    int64_t teacher; /* stands in; 0: the entry's own */
    const char *reason;
};

struct substitution_conflict {
    enum booked_kind kind;
    int64_t id; /* of the person or room */
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    unsigned overlap_s;
};

struct substitution_report {
    size_t conflict_count; /* the first SUBSTITUTIONS_MAX_CONFLICTS */
    struct substitution_conflict conflicts[SUBSTITUTIONS_MAX_CONFLICTS];
};

/* Whether places may still be changed, or the lesson be cancelled. Pure. */
bool substitutions_may_change(const struct placed_lesson *lesson, int64_t now_s);
bool substitutions_may_cancel(const struct placed_lesson *lesson, int64_t now_s);

/* Each with its entry in the audit log, by being the person's name. They return 0, -ENOENT for an unknown lesson or
 * place, -EINVAL for a reason that cannot be or somebody who is in this lesson at another place already, -EDOM when it
 * is too late or the lesson is cancelled, -EADDRINUSE with the report filled when somebody or a room is needed elsewhere then, -EEXIST for an
 * unknown person or room, or an error of the store. */

/* With neither room nor teacher it is undone. */
int substitutions_set(struct store *store, const struct substitution *change, const char *by,
    int64_t now_s, struct substitution_report *ret_report);
int substitutions_cancel(
    struct store *store, const char *lesson, const char *reason, const char *by, int64_t now_s);

/* A cancelled lesson is held after all. */
int substitutions_restore(struct store *store, const char *lesson, const char *by, int64_t now_s,
    struct substitution_report *ret_report);

/* Calls on_busy for each person and room that is needed in other lessons while this one is held; some more than once. */
int substitutions_busy(struct store *store, const struct placed_lesson *lesson,
    void (*on_busy)(void *user, enum booked_kind kind, int64_t id), void *user);

#endif
