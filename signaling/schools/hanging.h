/*
 * What hangs on a school, a room or a term, and so keeps it from being removed: what was taught stays what it was, and
 * nobody loses what they did not mean to remove.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_HANGING_H
#define DUET_SIGNALING_SCHOOLS_HANGING_H

#include "signaling/store/store.h"

#include <stddef.h>

enum hanging_kind {
    HANGING_SCHOOLS, /* or counties */
    HANGING_ROOMS,
    HANGING_PEOPLE, /* disabled ones as well */
    HANGING_TERMS,
    HANGING_BELLS, /* sets of periods and special days */
    HANGING_TEXTBOOKS,
    HANGING_LESSONS, /* past ones as well */
    HANGING_PAIRINGS,
    HANGING_DEVICES, /* revoked ones as well: their log is the room's */
    HANGING_KINDS,
};

struct hanging {
    enum hanging_kind kind;
    int64_t count;
};

/* sql: SELECT of how many of that kind hang on the row with the id ?1. */
struct hanging_look {
    enum hanging_kind kind;
    const char *sql;
};

/* Returns 0 when nothing is found, -ENOTEMPTY with the first that is, or an error of the store. */
int hanging_find(struct store *store, const struct hanging_look *looks, size_t count, int64_t id,
    struct hanging *ret_hanging);

#endif
