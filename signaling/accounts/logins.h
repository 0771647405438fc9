/*
 * Which logins a person has had: what was opened with one (media tokens, streams, WebSockets) names it and ends with it,
 * when it is ended on purpose. One that only became idle or old, or gave way to newer ones, stays here without an end, so
 * that no lesson ends with it, and may still be ended. A login goes on under its name when its browser gets another cookie
 * (browser_sessions.h). Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_LOGINS_H
#define DUET_SIGNALING_ACCOUNTS_LOGINS_H

#include "signaling/store/store.h"

/* A new one, or one that goes on. Forgets those that can have left nothing behind. */
int logins_add(struct store *store, const char *id, int64_t person, int64_t now_s);

/* Ends those of the person: the one of that id (NULL: all) but the one to keep (""). Within the transaction that takes
 * their cookies away. */
int logins_end(
    struct store *store, int64_t person, const char *id, const char *keep, int64_t now_s);

/* Whether this one was ended on purpose: 1, 0 ("" is none), or an error of the store. */
int logins_ended(struct store *store, const char *id);

#endif
