/*
 * Standing clashes (clashes.h) that a coordinator leaves as they are, for a reason: a teacher who needs no time between two
 * rooms next to each other. It holds for the two weekly lessons, each week, and ends when they overlap more than then, or one
 * of them is taken away. Both is in the audit log.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_CLASH_IGNORING_H
#define DUET_SIGNALING_LESSONS_CLASH_IGNORING_H

#include "signaling/lessons/clashes.h"

/* One of those that clashes_find() tells. Strings are borrowed. */
struct clash_name {
    enum clash_kind kind;
    int64_t id;
    const char *lessons[2]; /* ids, in any order */
};

/* organisation: below which one of the lessons has to be. Returns 0, -ENOENT when there is no such clash (any more), -EINVAL
 * for a reason that cannot be, or an error of the store. */
int clash_ignoring_begin(struct store *store, int64_t organisation, const struct clash_name *name,
    const char *reason, const char *by, int64_t now_s);

/* It is told again. Returns as clash_ignoring_begin(), -ENOENT also when it was not ignored. */
int clash_ignoring_end(struct store *store, int64_t organisation, const struct clash_name *name,
    const char *by, int64_t now_s);

#endif
