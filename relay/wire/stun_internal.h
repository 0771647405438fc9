/*
 * What the reading and the writing half of STUN share; not for others. Pure.
 */
#ifndef DUET_RELAY_WIRE_STUN_INTERNAL_H
#define DUET_RELAY_WIRE_STUN_INTERNAL_H

#include "relay/wire/stun.h"

#define STUN_MAGIC_COOKIE       0x2112a442
#define STUN_INTEGRITY_BYTES    20
#define STUN_MAX_USERNAME_BYTES 508 /* RFC 8489 section 14.3 */

enum stun_attribute {
    STUN_ATTR_MAPPED_ADDRESS = 0x0001,
    STUN_ATTR_USERNAME = 0x0006,
    STUN_ATTR_INTEGRITY = 0x0008,
    STUN_ATTR_ERROR_CODE = 0x0009,
    STUN_ATTR_UNKNOWN_ATTRIBUTES = 0x000a,
    STUN_ATTR_REALM = 0x0014,
    STUN_ATTR_NONCE = 0x0015,
    STUN_ATTR_INTEGRITY_SHA256 = 0x001c,
    STUN_ATTR_PASSWORD_ALGORITHM = 0x001d,
    STUN_ATTR_USERHASH = 0x001e,
    STUN_ATTR_XOR_MAPPED_ADDRESS = 0x0020,
    STUN_ATTR_PRIORITY = 0x0024,
    STUN_ATTR_USE_CANDIDATE = 0x0025,
    STUN_ATTR_FINGERPRINT = 0x8028,
    STUN_ATTR_ICE_CONTROLLED = 0x8029,
    STUN_ATTR_ICE_CONTROLLING = 0x802a,
};

/* Value of a FINGERPRINT that follows these bytes, whose header length already counts it. */
uint32_t stun_fingerprint(const uint8_t *data, size_t len);

/* HMAC-SHA1 of a MESSAGE-INTEGRITY that follows these bytes; the header's length is taken as ending
 * with it. False when len is out of range or the library fails. */
bool stun_integrity(const uint8_t *data, size_t len, const void *key, size_t key_len,
    uint8_t ret_mac[STUN_INTEGRITY_BYTES]);

#endif
