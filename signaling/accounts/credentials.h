/*
 * Passwords and rights of people that are there: one-time passwords, their own choice, role, being disabled. Each change
 * ends the person's logins and stands in the audit log. Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_CREDENTIALS_H
#define DUET_SIGNALING_ACCOUNTS_CREDENTIALS_H

#include "signaling/accounts/people.h"

#define CREDENTIALS_ONE_TIME_CHARS 16 /* 95 bits: its hash need not be slow */

/* A random password for one login, after which the person must choose their own. ret_hash is what the database keeps. */
void credentials_make_one_time(char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1],
    char ret_hash[PEOPLE_ONE_TIME_HASH_CHARS + 1]);

/* Whether this is the person's one-time password. */
bool credentials_is_one_time(const struct person *person, const char *password);

/* A new one-time password takes the place of whatever the person had. Returns 0, -ENOENT, or an error of the store. */
int credentials_reset(struct store *store, int64_t person, const char *by, int64_t now_s,
    char ret_password[CREDENTIALS_ONE_TIME_CHARS + 1]);

/* The person's own choice, as argon2id has it. Returns 0, -ENOENT, or an error of the store. */
int credentials_set(
    struct store *store, int64_t person, const char *hash, const char *by, int64_t now_s);

/* The password has become too old: it opens no more than choosing another. */
int credentials_expire(struct store *store, int64_t person);

/* Role, organisation and being disabled as person has them. Returns 0, -ENOENT for a person or organisation that is not
 * there, -EINVAL for no role, -EPERM when nobody would be left to administer people, or an error of the store. */
int credentials_change(
    struct store *store, const struct person *person, const char *by, int64_t now_s);

/* Whether there is anybody at all: 1, 0, or an error of the store. */
int credentials_has_people(struct store *store);

#endif
