/*
 * A school's bells as the database has them, read at once into what timetable/bells.h asks. What is special about a
 * date may be said by the school or by any organisation above it; the nearest one counts.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_SCHOOL_BELLS_H
#define DUET_SIGNALING_SCHOOLS_SCHOOL_BELLS_H

#include "signaling/schools/organisations.h"
#include "signaling/timetable/bells.h"

#define SCHOOL_BELLS_MAX_SETS 64

/* Adds a set of periods, unless bells_check() finds a fault, with an entry in the audit log. Returns 0, -EINVAL for a
 * faulty set, one that ends before it begins, a day that local_date.h has not or a name that cannot be, -ENOENT for an unknown school, -ENOSPC for a set too many, or an error
 * of the store. */
int school_bells_add_set(struct store *store, int64_t school, const char *name,
    const struct bell_set *set, const char *by, int64_t now_s, int64_t *ret_id);

/* Says what is special about a date, instead of what was said before by the same organisation. A school holds an ordinary
 * day where its county has a holiday by a swap with the date itself. Returns 0, -EINVAL for a day that local_date.h has
 * not, -ENOENT for an unknown organisation, or an error of the store. */
int school_bells_set_exception(struct store *store, int64_t organisation,
    const struct bell_exception *exception, const char *by, int64_t now_s);

struct school_bells;

/* Returns 0, -ENOENT for an unknown school, -EINVAL when this machine does not know its zone (any more), -ENOMEM, or an
 * error of the store. */
int school_bells_load(struct store *store, int64_t school, struct school_bells **ret_bells);
void school_bells_destroy(struct school_bells *bells);

/* The same for many schools one after another: what reads them stays prepared, which is most of the work. */
struct school_bells_reader;
int school_bells_reader_create(struct store *store, struct school_bells_reader **ret_reader);
void school_bells_reader_destroy(struct school_bells_reader *reader);
int school_bells_read(
    struct school_bells_reader *reader, int64_t school, struct school_bells **ret_bells);

/* Borrowed; any thread. */
const struct bells *school_bells_get(const struct school_bells *bells);

/* How the database calls a set, by its index in the bells' sets. */
struct bell_set_label {
    int64_t id;
    int64_t version; /* counts its changes */
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
};
const struct bell_set_label *school_bells_label(const struct school_bells *bells, size_t set);

/* Which organisation said what is special about a date, by its index in the bells' exceptions. */
int64_t school_bells_sayer(const struct school_bells *bells, size_t exception);

#endif
