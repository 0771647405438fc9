/*
 * Which subjects and grades there are: lessons, pairings, textbooks and imports name no others. One list for the whole
 * server, so that 信息科技 is the same in every school's textbooks and reports. What is no longer taught is retired: it stays
 * where it stands, and is offered no more.
 *
 * A grade is a number whose words each language has; there are twelve. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_CATALOGUE_H
#define DUET_SIGNALING_SCHOOLS_CATALOGUE_H

#include "signaling/store/store.h"

#define CATALOGUE_MAX_NAME_BYTES 64

struct catalogue_subject {
    int64_t id;
    char name[CATALOGUE_MAX_NAME_BYTES + 1];
    bool retired;
};

/* Calls on_subject for each, in the order in which they were added. */
int catalogue_list_subjects(struct store *store,
    void (*on_subject)(void *user, const struct catalogue_subject *subject), void *user);

/* With an entry in the audit log. Returns 0, -EINVAL for what is no name, -EEXIST, or an error of the store. */
int catalogue_add_subject(
    struct store *store, const char *name, const char *by, int64_t now_s, int64_t *ret_id);

/* Gives it another name, everywhere it stands, retires it or takes it back. As catalogue_add_subject(), and -ENOENT. */
int catalogue_change_subject(
    struct store *store, const struct catalogue_subject *subject, const char *by, int64_t now_s);

int catalogue_list_grades(
    struct store *store, void (*on_grade)(void *user, unsigned grade, bool retired), void *user);

/* Returns 0, -ENOENT, or an error of the store. */
int catalogue_change_grade(
    struct store *store, unsigned grade, bool retired, const char *by, int64_t now_s);

/* Whether both are there and not retired: 1, 0, or an error of the store. subject "" and grade 0 stand for all of them. */
int catalogue_has(struct store *store, const char *subject, unsigned grade);

#endif
