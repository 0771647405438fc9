/*
 * Passwords and rights of people that are there: one-time passwords, their own choice, role, being disabled. Each change
 * ends the person's logins and stands in the audit log. Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_CREDENTIALS_H
#define DUET_SIGNALING_ACCOUNTS_CREDENTIALS_H

#include "signaling/accounts/people.h"

#define CREDENTIALS_ONE_TIME_CHARS 16 /* 92 bits: its hash need not be slow */

/* A random password without 0, O, 1, l and I, to be read out; it opens a login in which the person must choose their own.
 * ret_hash is what the database keeps. */
void credentials_make_one_time(char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1],
    char ret_hash[PEOPLE_ONE_TIME_HASH_CHARS + 1]);

/* Whether this is the person's one-time password. */
bool credentials_is_one_time(const struct person *person, const char *password);

/* A new one-time password takes the place of whatever the person had; media tokens end, too. Returns 0, -ENOENT, or an error of the store. */
int credentials_reset(struct store *store, const struct person *person, const char *by,
    int64_t now_s, char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1]);

/* The person's own choice, as argon2id has it; person is as it was when the old password was checked. Returns 0, -ESTALE when
 * it was changed or disabled since, or an error of the store. All logins end; keep ("" for none) is the one that goes on with the next cookie, and its
 * streams with it. */
int credentials_set(struct store *store, const struct person *person, const char *hash,
    const char *keep, int64_t now_s);

/* Logins, links and media tokens end; the password stays. */
int credentials_end_logins(
    struct store *store, const struct person *person, const char *by, int64_t now_s);

/* The password has become too old: it opens no more than choosing another. */
int credentials_expire(struct store *store, int64_t person);

/* Name, login ("": one of the name, which it becomes), role, organisation and being disabled become as after has them;
 * before is as it was read, after->version the one that was seen. Returns 0, -ESTALE for another version by now, -EEXIST for a taken login, -ENOENT for a person or
 * organisation that is not there, -EINVAL for no name or no role, -EPERM when no system administrator or no security
 * administrator would be left of those there are, or an error of the store. */
int credentials_change(struct store *store, const struct person *before, struct person *after,
    const char *by, int64_t now_s);

/* Whether that change takes something away, so that logins, tokens and what runs end. Pure. */
bool credentials_loses(const struct person *before, const struct person *after);

/* How many of that role may log in, or an error of the store. */
int credentials_count(struct store *store, const char *role);

/* Whether there is anybody at all: 1, 0, or an error of the store. */
int credentials_has_people(struct store *store);

#endif
