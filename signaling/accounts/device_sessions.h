/*
 * How a device proves itself: it asks for a challenge, signs it with its key (Ed25519), and gets a session, an opaque
 * secret that stands for it some hours. A challenge is of our own making and says when it was made, so that strangers
 * who ask for many leave nothing behind; a device uses each at most once, since only later ones count after it.
 * The device's own clock is never asked.
 *
 *   challenge = base64url(time in ms, 8 bytes | random, 8 | HMAC-SHA-256 of both and the device, cut to 16)
 *   signature = Ed25519 of "duet-device-session:ID:CHALLENGE"
 *
 * Errors as in store/store.h; loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_DEVICE_SESSIONS_H
#define DUET_SIGNALING_ACCOUNTS_DEVICE_SESSIONS_H

#include "common/random.h"
#include "signaling/accounts/devices.h"
#include "signaling/accounts/token.h"

#define DEVICE_CHALLENGE_CHARS  43 /* 32 bytes in base64url without padding */
#define DEVICE_CHALLENGE_LIFE_S 60
#define DEVICE_SESSION_LIFE_S   (12 * 3600)

/* The same for a device that is not there: who asks learns nothing. Pure but for its randomness. */
void device_challenge_make(const uint8_t key[TOKEN_KEY_BYTES], int64_t device, uint64_t now_us,
    char ret_challenge[DEVICE_CHALLENGE_CHARS + 1]);

/* Whether this server made the challenge for this device within the last minute; ret_made_ms is when. Pure. */
bool device_challenge_check(const uint8_t key[TOKEN_KEY_BYTES], int64_t device,
    const char *challenge, uint64_t now_us, int64_t *ret_made_ms);

/* signature: 64 bytes in base64url. Pure. */
bool device_signature_check(
    const struct device *device, const char *challenge, const char *signature);

/* A new session after a challenge made at made_ms. Returns 0, -EACCES when the device has used that one or a later one
 * or is revoked, or an error of the store. */
int device_sessions_begin(struct store *store, int64_t device, int64_t made_ms, int64_t now_s,
    char ret_secret[RANDOM_ID_CHARS + 1], int64_t *ret_expires_s);

/* Whose session it is: 1 with the device, 0, or an error of the store. */
int device_sessions_find(
    struct store *store, const char *secret, int64_t now_s, struct device *ret_device);

#endif
