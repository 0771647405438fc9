/*
 * What lessons need of the relays, against what those carry: at no moment may the publishers and viewers of all planned
 * lessons be more. A weekly lesson is first held against a sum that is certainly too large and costs one query; only
 * where that is too much are the lessons at its times planned, and added up moment by moment.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_RELAY_LOAD_H
#define DUET_SIGNALING_LESSONS_RELAY_LOAD_H

#include "signaling/lessons/board.h"

/* Sessions of one lesson: teacher-camera and teacher-content are published, each room watches. Where rooms are seen too,
 * each publishes its camera, and the master room watches the wall of them. A recorded lesson needs no relay. */
unsigned relay_load_of(enum lesson_mode mode, size_t rooms);

/* When lessons need more than there is. */
struct relay_overload {
    unsigned days;   /* how many days have such a moment; 0: none */
    int32_t day;     /* the first of them */
    int64_t start_s; /* the moment on it when most is needed */
    int64_t end_s;
    uint64_t needed;    /* then, by all lessons together */
    uint64_t available; /* by all relays together */
};

/* lessons: those that entry makes from now on, by day. The load of all other entries counts, but not that of the entry
 * with entry's id. */
int relay_load_check(struct store *store, const struct timetable_entry *entry,
    const struct planned_lesson *lessons, size_t count, struct relay_overload *ret_overload);

/* Of many new entries at once, with all that is planned at the time of their terms: whether entries[i] of the board's own
 * has part in an overload (ret_overloads[i].days > 0). */
int relay_load_check_all(
    const struct board *board, const struct term_plan *plan, struct relay_overload *ret_overloads);

#endif
