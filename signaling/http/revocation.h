/*
 * Ending what somebody has open who may not come in any more: a disabled person, a revoked device, a login that was ended.
 * Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_REVOCATION_H
#define DUET_SIGNALING_HTTP_REVOCATION_H

#include <stdint.h>

struct signaling;

/* Ends every socket of /ws, WHIP and WHEP session of a media token's subject ("person-7", "device-3"); relays that are
 * away do so when they are back. That its tokens are refused from now on is subjects.h's. */
void revocation_end_subject(struct signaling *app, const char *subject);

/* The same of what the person's logins opened that have been ended (logins.h), and no other. */
void revocation_end_logins(struct signaling *app, int64_t person);

#endif
