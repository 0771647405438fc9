/*
 * Who and what is needed when: each lesson books its teachers and rooms for a span of time, and nobody can be booked twice
 * at once. (A device stands in one room: it is taken when its room is.) The same sweep serves one lesson that is being placed and the hundred thousand of a term.
 * Pure; any thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_BOOKINGS_H
#define DUET_SIGNALING_TIMETABLE_BOOKINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum booked_kind {
    BOOKED_TEACHER, /* master or local */
    BOOKED_ROOM,
};

struct booking {
    enum booked_kind kind;
    int64_t id; /* of the person or room */
    int64_t lesson;
    int64_t start_s; /* since 1970 */
    int64_t end_s;   /* the next one may begin at this moment */
};

/* Calls on_conflict for each pair of bookings of different lessons that need the same at the same time, the one that
 * begins first as a; stops when it returns false. Reorders the bookings. Takes time for sorting and for each pair that
 * overlaps. */
void bookings_find_conflicts(struct booking *bookings, size_t count,
    bool (*on_conflict)(void *user, const struct booking *a, const struct booking *b), void *user);

/* Something that many can use at once, such as the relays: so much of it from start to end. */
struct load {
    int64_t start_s;
    int64_t end_s;
    uint32_t amount;
};

/* A stretch of time in which the sum of loads stays the same. */
struct load_step {
    uint64_t amount;
    int64_t start_s;
    int64_t end_s;
};

/* Calls on_step for each stretch with any load, in order. Returns 0 or -ENOMEM. */
int loads_each_step(const struct load *loads, size_t count,
    void (*on_step)(void *user, const struct load_step *step), void *user);

#endif
