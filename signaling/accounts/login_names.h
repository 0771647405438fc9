/*
 * Login names: what people type at the login page, beside what they are called (docs/decisions/login-names.md). Each is one
 * person's on the whole server, by its compared form (store/compared_text.h). Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_LOGIN_NAMES_H
#define DUET_SIGNALING_ACCOUNTS_LOGIN_NAMES_H

#include "signaling/accounts/people.h"

#include <jansson.h>

#define LOGIN_NAMES_KEY_BYTES (11 * PEOPLE_MAX_NAME_BYTES) /* NFKC makes 33 bytes of U+FDFA's 3 */

/* The compared form of a login of at most PEOPLE_MAX_NAME_BYTES. Pure. */
void login_names_key(const char *login, char ret_key[LOGIN_NAMES_KEY_BYTES + 1]);

/* Whether that login would find somebody else than the person except (0: whoever it is): 1, 0, or an error of the store. */
int login_names_taken(struct store *store, const char *login, int64_t except);

/* For who was given none: the name where that is free, else the name with the smallest number from 2 on. Free is what
 * nobody but except has and what is no key of reserved (NULL: nothing is), compared forms of logins yet to be added. */
int login_names_choose(struct store *store, const char *name, int64_t except,
    const json_t *reserved, char ret_login[PEOPLE_MAX_NAME_BYTES + 1]);

/* The person's login as it is to be: chosen where it is "". 0, -EINVAL for one that cannot be, -EEXIST for a taken one, or an
 * error of the store. */
int login_names_settle(struct store *store, struct person *person);

#endif
