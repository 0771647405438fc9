/*
 * Rooms of schools: where lessons are taught, and where they are received. Names are unique in a school.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_ROOMS_H
#define DUET_SIGNALING_SCHOOLS_ROOMS_H

#include "signaling/schools/hanging.h"
#include "signaling/schools/organisations.h"
#include "signaling/store/list_page.h"

#include <stdbool.h>

enum room_use {
    ROOM_MASTER,
    ROOM_RECEIVING,
    ROOM_BOTH,
};

struct room {
    int64_t id;
    int64_t school;
    enum room_use use;
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    int64_t version; /* grows with each change */
};

/* "master", "receiving", "both". */
const char *rooms_use_name(enum room_use use);

/* False for another name. */
bool rooms_use_of(const char *name, enum room_use *ret_use);

/* Adds it (its id is ignored and told in ret_id) with an entry in the audit log. Returns 0, -EEXIST for a name taken in
 * the school, -ENOENT for an unknown school, -EINVAL for a name that cannot be, or an error of the store. */
int rooms_add(
    struct store *store, const struct room *room, const char *by, int64_t now_s, int64_t *ret_id);

/* The same within store_begin() and store_end(). */
int rooms_insert(
    struct store *store, const struct room *room, const char *by, int64_t now_s, int64_t *ret_id);

/* What stands against another use, or against being removed. */
struct room_use_needed {
    int64_t lessons; /* weekly ones */
    int64_t pairings;
};

/* Gives room->id another name and use, with an entry in the audit log. Returns 0, -ENOENT, -ESTALE when room->version is not
 * the present one, -EEXIST and -EINVAL for a name as rooms_add(), -ENOTEMPTY when something needs the use that it had, or an
 * error of the store. */
int rooms_change(struct store *store, const struct room *room, const char *by, int64_t now_s,
    struct room_use_needed *ret_needed);

/* Takes it away while nothing hangs on it. Returns 0, -ENOENT, -ESTALE, -ENOTEMPTY with what does, or an error of the store. */
int rooms_remove(struct store *store, const struct room *room, const char *by, int64_t now_s,
    struct hanging *ret_hanging);

/* 1, 0, or an error of the store. */
int rooms_get(struct store *store, int64_t id, struct room *ret_room);

/* Whether a device of that kind ("capture", "player") is enrolled for the room: 1, 0, or an error of the store. */
int rooms_has_device(struct store *store, int64_t room, const char *kind);

/* Calls on_room for each room of organisation's schools (0: of all), by school and name. */
int rooms_list(struct store *store, int64_t organisation, const struct list_page *page,
    void (*on_room)(void *user, const struct room *room), void *user);

#endif
