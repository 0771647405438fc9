/*
 * Calendars that people subscribe to: whose lessons each shows, and the secret in its address, of which the database
 * keeps only the SHA-256. A calendar opens nothing any more when it is revoked, its secret rotated, when who made it may
 * not see those lessons any more, or when the account of either them or the teacher it shows is disabled.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_EXPORT_CALENDARS_H
#define DUET_SIGNALING_EXPORT_CALENDARS_H

#include "common/random.h"
#include "signaling/accounts/people.h"
#include "signaling/store/store.h"

#define CALENDARS_MAX_EACH 20 /* of one person, room or organisation */

enum calendar_kind {
    CALENDAR_TEACHER,      /* master or local */
    CALENDAR_ROOM,         /* where lessons are taught or received */
    CALENDAR_ORGANISATION, /* of a county or a school: all of its rooms */
};

struct calendar {
    int64_t id;
    enum calendar_kind kind;
    int64_t subject; /* the person, room or organisation */
    bool english;
    int64_t owner; /* the person who made it */
    int64_t created_s;
    int64_t used_s; /* when it was last fetched, to the hour; 0: never */
};

/* "teacher", "room", "organisation"; false for another name. */
const char *calendars_kind_name(enum calendar_kind kind);
bool calendars_kind_of(const char *name, enum calendar_kind *ret_kind);

/* Whether the person may see those lessons: a teacher their own, who sees schools all of theirs. 1, 0 (also for a
 * subject that is not there), or an error of the store. */
int calendars_may(
    struct store *store, const struct person *person, enum calendar_kind kind, int64_t subject);

/* Each with an entry in the audit log. add returns 0, -ENOSPC for more than CALENDARS_MAX_EACH, or an error of the
 * store; rotate and remove 0, -ENOENT, or an error of the store. The secret is told this once. */
int calendars_add(struct store *store, const struct calendar *calendar, const char *by,
    int64_t now_s, int64_t *ret_id, char ret_secret[RANDOM_ID_CHARS + 1]);
int calendars_rotate(struct store *store, int64_t id, int64_t owner, const char *by, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1]);
int calendars_remove(struct store *store, int64_t id, const char *by, int64_t now_s);

/* 1, 0, or an error of the store. */
int calendars_get(struct store *store, int64_t id, struct calendar *ret_calendar);

/* Whether that is the secret of an address, of whomever: 1, 0, or an error of the store. */
int calendars_knows(struct store *store, const char *secret);

/* By the secret of its address, and notes that it was used: 1, 0, or an error of the store. */
int calendars_find(
    struct store *store, const char *secret, int64_t now_s, struct calendar *ret_calendar);

/* Calls on_calendar for each whose subject is in the organisation's part of the tree (0: all), and for those of the
 * person itself; with organisation −1 only for the latter. */
int calendars_list(struct store *store, int64_t organisation, int64_t person,
    void (*on_calendar)(void *user, const struct calendar *calendar), void *user);

#endif
