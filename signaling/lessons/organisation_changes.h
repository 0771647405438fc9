/*
 * A county or a school that gets another name or zone, or is taken away. Lessons of the timetable have a day and a period of
 * their school's clock: with another zone those that have not begun move along, and those that have begun keep their moments,
 * as with other bells (bell_changes.h).
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_ORGANISATION_CHANGES_H
#define DUET_SIGNALING_LESSONS_ORGANISATION_CHANGES_H

#include "signaling/schools/hanging.h"
#include "signaling/schools/organisations.h"

/* Gives organisation->id another name and zone, with an entry in the audit log; its kind and its parent stay. Returns 0 with
 * how many lessons are at another time now, -ENOENT, -ESTALE when its version is not the present one, -EEXIST and -EINVAL for
 * a name or zone as organisations_add(), or an error of the store. */
int organisation_changes_make(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, int64_t *ret_moved);

/* Takes it away while nothing hangs on it. Returns 0, -ENOENT, -ESTALE, -ENOTEMPTY with what does, or an error of the store. */
int organisation_changes_remove(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, struct hanging *ret_hanging);

#endif
