/*
 * One change of an organisation's bells: a set of periods is added, changed or removed, a date becomes special or
 * ordinary again. It happens within the transaction of whoever makes it: school_bells.h by itself, lessons/bell_changes.h
 * together with what it does to lessons.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_BELLS_EDIT_H
#define DUET_SIGNALING_SCHOOLS_BELLS_EDIT_H

#include "signaling/audit/audit_log.h"
#include "signaling/timetable/bells.h"

#define BELLS_EDIT_OBJECT_CHARS 64
#define BELLS_EDIT_DETAIL_CHARS 64

enum bells_edit_kind {
    BELLS_EDIT_ADD_SET,
    BELLS_EDIT_CHANGE_SET,
    BELLS_EDIT_REMOVE_SET,
    BELLS_EDIT_SET_DAY,
    BELLS_EDIT_CLEAR_DAY,
    BELLS_EDIT_SET_ZONE,
};

struct bells_edit {
    enum bells_edit_kind kind;
    int64_t organisation; /* of a set: a school */
    int64_t set_id;       /* told when a set was added */
    int64_t version;      /* of the set that is changed or removed; 0: whichever it is */
    const char *name;     /* borrowed; of the set that is added or changed, like set */
    const struct bell_set *set;
    struct bell_exception exception; /* only its day where one is cleared */
    const char *zone;                /* borrowed; that the organisation's clock has from now on */
};

/* Within store_begin() and store_end(). Returns 0, -ESTALE when the set has another version by now, -EINVAL for a set that bells_check() finds faulty, one that ends
 * before it begins, a day that local_date.h has not or a name that cannot be, -ENOENT for an unknown school or
 * organisation, or a set or date of which nothing is there, -ENOSPC for a set too many, or an error of the store. */
int bells_edit_apply(struct store *store, struct bells_edit *edit);

/* Which version the set of a change has now. Returns 0, -ENOENT for a set that the school has not, or an error of the store. */
int bells_edit_version(struct store *store, const struct bells_edit *edit, int64_t *ret_version);

/* What the audit log says of it; the entry borrows the two texts. */
struct audit_entry bells_edit_entry(const struct bells_edit *edit, const char *by, int64_t now_s,
    char object[static BELLS_EDIT_OBJECT_CHARS], char detail[static BELLS_EDIT_DETAIL_CHARS]);

#endif
