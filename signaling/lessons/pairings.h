/*
 * Pairings (结对): which receiving room is taught by which master room in a term, for one subject or as a whole class. A
 * weekly lesson may name a receiving room only where an active pairing covers it. A pairing is frozen by hand, and
 * expired when its term is over; the consent of the receiving school is recorded beside it.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_PAIRINGS_H
#define DUET_SIGNALING_LESSONS_PAIRINGS_H

#include "signaling/lessons/entries.h"

enum pairing_state {
    PAIRING_ACTIVE,
    PAIRING_FROZEN,
    PAIRING_EXPIRED,
};

struct pairing {
    int64_t id;
    int64_t version; /* grows with each change */
    int64_t term;
    int64_t master_room;
    int64_t receiving_room;
    char subject[ENTRIES_MAX_SUBJECT_BYTES + 1]; /* "": whole class */
    bool frozen;
    int64_t consent_s;   /* when it was given; 0: not yet */
    char consent_by[65]; /* who recorded it */
    /* read only */
    int32_t last_day; /* of its term */
    int64_t master_school;
    int64_t receiving_school;
    bool placed; /* there is a weekly lesson that it covers */
};

/* today: the day of the school's calendar. Pure. */
enum pairing_state pairings_state(const struct pairing *pairing, int32_t today);
const char *pairings_state_name(enum pairing_state state);

/* Adds one with an entry in the audit log. Returns 0, -EEXIST, -ENOENT for a term or room that is not there, -EINVAL for rooms
 * whose use does not fit or a subject that cannot be, or an error of the store. */
int pairings_add(struct store *store, const struct pairing *pairing, const char *by, int64_t now_s,
    int64_t *ret_id);

/* 1, 0, or an error of the store. */
int pairings_get(struct store *store, int64_t id, struct pairing *ret_pairing);

/* Calls on_pairing for each with a room in the organisation or below it (0: all), by term, the latest first. */
int pairings_list(struct store *store, int64_t organisation,
    void (*on_pairing)(void *user, const struct pairing *pairing), void *user);

/* Whether a pairing that has not expired on the day names the room as a receiving one and its school has not consented: 1, 0,
 * or an error of the store. */
int pairings_lack_consent(struct store *store, int64_t room, int32_t today);

/* Sets frozen, consent_s and consent_by of id as they stand in pairing. Returns 0, -ENOENT, -ESTALE when version is not the present
 * one, or an error of the store. */
int pairings_change(
    struct store *store, const struct pairing *pairing, const char *by, int64_t now_s);

/* Lessons that are planned already stay. Returns as pairings_change(). */
int pairings_remove(
    struct store *store, int64_t id, int64_t version, const char *by, int64_t now_s);

/* Whether one that is not frozen covers the subject in these rooms and this term: 1, 0, or an error of the store. */
int pairings_cover(struct store *store, int64_t term, int64_t master_room, int64_t receiving_room,
    const char *subject);

/* The same of those that are frozen. */
int pairings_cover_frozen(struct store *store, int64_t term, int64_t master_room,
    int64_t receiving_room, const char *subject);

#endif
