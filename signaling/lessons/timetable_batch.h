/*
 * Many weekly lessons placed at once, such as a file's: the same questions as placement.h has for one, of all of them
 * together, and beside what is in the timetable already. The delays of receiving rooms are chosen as their bells need.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_TIMETABLE_BATCH_H
#define DUET_SIGNALING_LESSONS_TIMETABLE_BATCH_H

#include "signaling/lessons/relay_load.h"

struct timetable_batch;

/* entries are new ones without placement_fault(); copied. Returns 0, -ENOENT for a term or room that is not there, or
 * an error of the store. now_s: only lessons from then on count. */
int timetable_batch_create(struct store *store, const struct timetable_entry *entries, size_t count,
    int64_t now_s, struct timetable_batch **ret_batch);
void timetable_batch_destroy(struct timetable_batch *batch);

/* How many lessons one of them makes. */
unsigned timetable_batch_lessons(const struct timetable_batch *batch, size_t entry);

struct batch_conflict {
    size_t entry; /* by index: of two new ones the later */
    enum booked_kind kind;
    int64_t id;         /* of the person or room */
    bool with_new;      /* with another new one: */
    size_t other;       /* its index */
    int64_t other_id;   /* else the entry that is there */
    int32_t day;        /* the first one found */
    unsigned overlap_s; /* on that day */
};

/* Calls on_conflict once for each new entry and person or room that is needed twice, with one of the other entries.
 * Returns 0 or -ENOMEM. */
int timetable_batch_find_conflicts(const struct timetable_batch *batch,
    void (*on_conflict)(void *user, const struct batch_conflict *conflict), void *user);

/* Calls on_misfit once for each new entry and receiving room whose own bells leave too little of the lesson. */
void timetable_batch_find_misfits(const struct timetable_batch *batch,
    void (*on_misfit)(void *user, size_t entry, int64_t room, int32_t day), void *user);

/* What all of them together, beside all that is planned, need of the relays: ret_overloads has room for one of each new
 * entry. Returns 0 or an error of the store. */
int timetable_batch_check_relays(
    const struct timetable_batch *batch, struct relay_overload *ret_overloads);

/* Saves all of them with their lessons and an entry each in the audit log. Within store_begin() and store_end() of
 * store, which may be another one than was asked. */
int timetable_batch_write(
    struct timetable_batch *batch, struct store *store, const char *by, int64_t now_s);

#endif
