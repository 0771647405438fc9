/*
 * Terms: from when until when a county's or a school's timetable holds. The week of the first day is week 1.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_TERMS_H
#define DUET_SIGNALING_LESSONS_TERMS_H

#include "signaling/schools/organisations.h"
#include "signaling/store/list_page.h"
#include "signaling/timetable/recurrence.h"

#define TERMS_MAX_DAYS 400

struct term_row {
    int64_t id;
    int64_t organisation;
    char name[ORGANISATIONS_MAX_NAME_BYTES + 1];
    struct term term;
    int64_t version; /* grows with each change */
};

/* Adds it (its id is ignored and told in ret_id) with an entry in the audit log. Returns 0, -EEXIST for a name taken in
 * the organisation, -ENOENT for an unknown organisation, -EINVAL for a name that cannot be, or a term that ends before
 * it begins or after more than TERMS_MAX_DAYS, or an error of the store. */
int terms_add(struct store *store, const struct term_row *term, const char *by, int64_t now_s,
    int64_t *ret_id);

/* Whether a term can have that name and those days. */
bool terms_can_be(const struct term_row *term);

/* 1, 0, or an error of the store. */
int terms_get(struct store *store, int64_t id, struct term_row *ret_term);

/* Calls on_term for each term of the organisation, those above and those below it (0: for all), the latest first. */
int terms_list(struct store *store, int64_t organisation, const struct list_page *page,
    void (*on_term)(void *user, const struct term_row *term), void *user);

#endif
