/*
 * Logins that were ended on purpose, as browser_sessions.h names them: what was opened with one (media tokens, streams,
 * WebSockets) ends as well. One that only became idle or old is not among them, so that no lesson ends with it. Kept for a
 * day, which is longer than any token lives. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_ENDED_LOGINS_H
#define DUET_SIGNALING_ACCOUNTS_ENDED_LOGINS_H

#include "signaling/store/store.h"

/* Those of the person: the one of that id (NULL: all) but the one to keep (""). Within the transaction that ends them. */
int ended_logins_add(
    struct store *store, int64_t person, const char *id, const char *keep, int64_t now_s);

/* Whether this login is one: 1, 0 ("" is none), or an error of the store. */
int ended_logins_have(struct store *store, const char *id);

#endif
