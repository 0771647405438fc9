/*
 * Who stands behind a media token: "person-7", "device-3", or a name that the console gave. Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_SUBJECTS_H
#define DUET_SIGNALING_ACCOUNTS_SUBJECTS_H

#include "signaling/store/store.h"

/* Whether they may still come in: 0 for a disabled person, a revoked device and what is not there any more, 1 for others,
 * or an error of the store. A token lives for hours; this ends it at once. */
int subjects_is_active(struct store *store, const char *subject);

/* The same of who holds a media token that was issued then: 0 too when they have lost a right or their logins since. */
int subjects_honours(struct store *store, const char *subject, int64_t issued_s);

#endif
