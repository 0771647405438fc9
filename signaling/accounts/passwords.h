/*
 * Which passwords may be chosen: at least eight characters, nothing that everybody tries first. No rule about kinds of
 * characters and no expiry by default: both make people choose worse ones (docs/accounts.md). Pure; any thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_PASSWORDS_H
#define DUET_SIGNALING_ACCOUNTS_PASSWORDS_H

#include <stdbool.h>

/* Why this cannot be the password of the person of that name and that login: a sentence; NULL when it can. */
const char *passwords_fault(const char *password, const char *name, const char *login);

/* Whether it is among those that are tried first. password in lower case. */
bool passwords_are_common(const char *password);

#endif
