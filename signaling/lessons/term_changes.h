/*
 * A term that gets another name or other days, or is taken away. Weekly lessons say themselves in which weeks of the term
 * they are held: a term that is longer now has those of them that go on to its end on its new days too, from now on
 * (entry_days.h). No lesson is left outside of its term.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_LESSONS_TERM_CHANGES_H
#define DUET_SIGNALING_LESSONS_TERM_CHANGES_H

#include "signaling/lessons/terms.h"
#include "signaling/schools/hanging.h"

struct term_change_report {
    int64_t outside; /* lessons that would stand on days outside of the term: -ENOTEMPTY */
    int64_t counted; /* weekly lessons whose weeks are counted from its first week: -EXDEV */
    int64_t added;   /* lessons on its new days */
    int64_t clashes; /* of theirs */
};

/* Gives term->id another name and other days, with an entry in the audit log; its organisation stays. Returns 0, -ENOENT,
 * -ESTALE when term->version is not the present one, -EEXIST and -EINVAL as terms_add(), -ENOTEMPTY, -EXDEV, or an error of
 * the store. */
int term_changes_make(struct store *store, const struct term_row *term, const char *by,
    int64_t now_s, struct term_change_report *ret_report);

/* Takes it away while nothing hangs on it. Returns 0, -ENOENT, -ESTALE, -ENOTEMPTY with what does, or an error of the store. */
int term_changes_remove(struct store *store, const struct term_row *term, const char *by,
    int64_t now_s, struct hanging *ret_hanging);

#endif
