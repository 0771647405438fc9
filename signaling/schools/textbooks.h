/*
 * Textbook editions (人教版, 苏教版 …): which one a school uses for a subject, in one grade or in all. Where the schools of
 * a lesson use different ones its pages and chapters differ: a warning, since teachers can agree.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_SCHOOLS_TEXTBOOKS_H
#define DUET_SIGNALING_SCHOOLS_TEXTBOOKS_H

#include "signaling/store/store.h"

#define TEXTBOOKS_MAX_SUBJECT_BYTES 64
#define TEXTBOOKS_MAX_EDITION_BYTES 64
#define TEXTBOOKS_MAX_GRADE         12

struct textbook {
    int64_t id;
    int64_t school;
    char subject[TEXTBOOKS_MAX_SUBJECT_BYTES + 1];
    unsigned grade; /* 0: all grades that have none of their own */
    char edition[TEXTBOOKS_MAX_EDITION_BYTES + 1];
};

/* Says which edition is used (id is ignored and told in ret_id), whatever was said before, with an entry in the audit
 * log. Returns 0, -ENOENT for what is no school, -EINVAL for an edition that
 * cannot be or what is not in the catalogue, or an error of the store. */
int textbooks_set(struct store *store, const struct textbook *textbook, const char *by,
    int64_t now_s, int64_t *ret_id);

/* 1, 0, or an error of the store. */
int textbooks_get(struct store *store, int64_t id, struct textbook *ret_textbook);

/* Returns 0, -ENOENT, or an error of the store. */
int textbooks_remove(struct store *store, int64_t id, const char *by, int64_t now_s);

/* Calls on_textbook for each of organisation's schools (0: of all), by school, subject and grade. */
int textbooks_list(struct store *store, int64_t organisation,
    void (*on_textbook)(void *user, const struct textbook *textbook), void *user);

/* The edition that the school of a room uses: 1, 0 when nobody has said, or an error of the store. */
int textbooks_edition(struct store *store, int64_t room, const char *subject, unsigned grade,
    char ret_edition[TEXTBOOKS_MAX_EDITION_BYTES + 1]);

#endif
