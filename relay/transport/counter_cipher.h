/*
 * AES-128 in counter mode with HMAC-SHA1-80 over packet after packet under one pair of keys (RFC 3711
 * sections 4.1.1 and 4.2), as GStreamer's players and older browsers speak it: prefix and payload are
 * encrypted from where they lie into the outgoing packet; the tag, over the packet and the roll-over
 * counter, follows. By OpenSSL; the keyed state of the hash is kept and copied, which spares two of its
 * blocks per packet. Nothing allocates per packet. Used by srtp_sender.c; one thread per cipher.
 */
#ifndef DUET_RELAY_TRANSPORT_COUNTER_CIPHER_H
#define DUET_RELAY_TRANSPORT_COUNTER_CIPHER_H

#include "relay/wire/rtp.h"

#define COUNTER_CIPHER_KEY_BYTES  16
#define COUNTER_CIPHER_AUTH_BYTES 20
#define COUNTER_CIPHER_IV_BYTES   16
#define COUNTER_CIPHER_TAG_BYTES  10

struct counter_cipher;

/* Returns 0, -ENOMEM or -EIO. */
int counter_cipher_create(const uint8_t key[static COUNTER_CIPHER_KEY_BYTES],
    const uint8_t auth_key[static COUNTER_CIPHER_AUTH_BYTES], struct counter_cipher **ret_cipher);
/* Wipes the keys. NULL is allowed. */
void counter_cipher_destroy(struct counter_cipher *cipher);

/* out has room for all pieces and the tag, and overlaps none of them. Returns 0 or -EIO. */
int counter_cipher_encrypt(struct counter_cipher *cipher,
    const uint8_t iv[static COUNTER_CIPHER_IV_BYTES], uint32_t roll_over,
    const struct rtp_pieces *pieces, uint8_t *out);

/* It is to encrypt soon: fetches what of its key can be reached. */
void counter_cipher_prefetch(const struct counter_cipher *cipher);

#endif
