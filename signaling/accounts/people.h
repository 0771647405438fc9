/*
 * People: what they are called, what they log in with (login_names.h), a role, an argon2id password hash, and the lessons they
 * belong to. Names may occur any number of times, logins once. Hashing itself is slow on purpose and stays off the loop: see
 * password_pool.h. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_PEOPLE_H
#define DUET_SIGNALING_ACCOUNTS_PEOPLE_H

#include "signaling/accounts/token.h"
#include "signaling/store/compared_text.h"
#include "signaling/store/list_page.h"
#include "signaling/store/store.h"

#define PEOPLE_PASSWORD_HASH_CHARS 128 /* crypto_pwhash_STRBYTES, with the zero */
#define PEOPLE_MIN_PASSWORD_CHARS  8
#define PEOPLE_MAX_PASSWORD_BYTES  256
#define PEOPLE_MAX_NAME_BYTES      64
#define PEOPLE_MAX_ROLE_CHARS      32
#define PEOPLE_ONE_TIME_HASH_CHARS 64
#define PEOPLE_LANGUAGE_CHARS      7

/* SQL: what the person of a login is called; the parameter itself for nobody's ("console"). */
#define PEOPLE_NAME_OF(login)                                                                      \
    "ifnull((SELECT name FROM people WHERE " COMPARED_TEXT_IS(                                     \
        "login_key", login) " AND login = " login "), " login ")"

struct person {
    int64_t id;
    char name[PEOPLE_MAX_NAME_BYTES + 1];
    char login[PEOPLE_MAX_NAME_BYTES + 1]; /* "" for who is to be added: one of their name */
    char role[PEOPLE_MAX_ROLE_CHARS];
    int64_t organisation; /* whose part of the tree they see; 0: of none */
    int64_t version;      /* grows with each change by others */
    bool disabled;
    char language[PEOPLE_LANGUAGE_CHARS + 1];       /* "" until they chose one */
    bool must_change;                               /* may do nothing but choose a password */
    int64_t password_set_s;                         /* by the person; 0: never */
    char password_hash[PEOPLE_PASSWORD_HASH_CHARS]; /* "" while there is a one-time password only */
    char
        one_time_hash[PEOPLE_ONE_TIME_HASH_CHARS + 1]; /* of credentials.h; "" when there is none */
};

bool people_is_role(const char *role);

/* Whether it can be a name or a login: text of at most PEOPLE_MAX_NAME_BYTES (common/plain_text.h), such as 王老师, and not
 * as the audit log calls the console and devices. */
bool people_is_name(const char *name);

/* Adds a person to the database and to the lessons, with its entry in the audit log (by is who adds them, as audit_log.h has it), all or
 * nothing. A login "" becomes what was chosen. Returns 0, -EEXIST for a taken login, -ENOENT for an unknown lesson or
 * organisation, -EINVAL, or an error of the store. */
int people_add(struct store *store, struct person *person, const char *const *lessons,
    size_t lesson_count, const char *by, int64_t now_s, int64_t *ret_id);

/* The same within store_begin() and store_end(), of no lesson yet. */
int people_insert(
    struct store *store, struct person *person, const char *by, int64_t now_s, int64_t *ret_id);

/* The first of all: -EPERM as soon as there is anybody, disabled or not. Else as people_add(). */
int people_add_first(struct store *store, struct person *person, int64_t now_s, int64_t *ret_id);

/* By login, unless disabled: 1, 0, or an error of the store. */
int people_find(struct store *store, const char *login, struct person *ret_person);

/* The same by id. */
int people_find_id(struct store *store, int64_t id, struct person *ret_person);

/* By login, else by name, unless disabled: 1, 0, -ENOTUNIQ for a name that several have, or an error of the store. */
int people_look_up(struct store *store, const char *text, struct person *ret_person);

/* By id, disabled or not, without the password's hash: 1, 0, or an error of the store. */
int people_get(struct store *store, int64_t id, struct person *ret_person);

/* Calls on_person for each person of organisation and of those below it (0: for all) by name and id, without their password's
 * hash; disabled ones too when they are asked for. */
int people_list(struct store *store, int64_t organisation, bool with_disabled,
    const struct list_page *page, void (*on_person)(void *user, const struct person *person),
    void *user);

/* Their own choice, with its entry in the audit log. Returns 0, -EINVAL for one that the pages have no words in, or an error of
 * the store. */
int people_set_language(
    struct store *store, int64_t id, const char *login, const char *language, int64_t now_s);

/* What this role may publish and watch in a lesson of its own. */
void people_media_rights(const char *role, int64_t person, struct token_sources *ret_publish,
    struct token_sources *ret_watch);

/* argon2id with libsodium's interactive limits (64 MiB, 2 passes). Any thread. -ENOMEM or 0. */
int people_hash_password(const char *password, char ret_hash[PEOPLE_PASSWORD_HASH_CHARS]);

/* The same with the least work, of what was drawn at random with 80 bits or more: nobody guesses that, at whatever speed.
 * The hash tells how it was made, so that both are checked alike. */
int people_hash_drawn(const char *secret, char ret_hash[PEOPLE_PASSWORD_HASH_CHARS]);

/* Any thread, equally slow for right and wrong. */
bool people_check_password(const char *password, const char *hash);

#endif
