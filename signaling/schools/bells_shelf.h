/*
 * The bells of many schools, each loaded when it is first asked for. For the length of one operation; one thread.
 */
#ifndef DUET_SIGNALING_SCHOOLS_BELLS_SHELF_H
#define DUET_SIGNALING_SCHOOLS_BELLS_SHELF_H

#include "signaling/schools/school_bells.h"

struct bells_shelf;

/* store is borrowed. Returns 0, -ENOMEM, or an error of the store. */
int bells_shelf_create(struct store *store, struct bells_shelf **ret_shelf);
void bells_shelf_destroy(struct bells_shelf *shelf);

/* Of a school, or of a room's school; borrowed from the shelf. Errors as of school_bells_load(), -ENOENT for an unknown
 * room. */
int bells_shelf_of_school(
    struct bells_shelf *shelf, int64_t school, const struct bells **ret_bells);
int bells_shelf_of_room(struct bells_shelf *shelf, int64_t room, const struct bells **ret_bells);

#endif
