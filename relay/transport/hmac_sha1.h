/*
 * HMAC-SHA1 (RFC 2104) with the two key blocks hashed once: per packet that leaves the packet's own
 * blocks and two copies of a hash state, where OpenSSL's EVP_MAC also allocates and frees twice. The
 * state is as secret as the key; its owner wipes it. Pure.
 */
#ifndef DUET_RELAY_TRANSPORT_HMAC_SHA1_H
#define DUET_RELAY_TRANSPORT_HMAC_SHA1_H

#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

#define HMAC_SHA1_KEY_BYTES 20
#define HMAC_SHA1_BYTES     20

struct hmac_sha1 {
    SHA_CTX inner;
    SHA_CTX outer;
};

void hmac_sha1_init(struct hmac_sha1 *hmac, const uint8_t key[HMAC_SHA1_KEY_BYTES]);

/* Of data and then tail. */
void hmac_sha1_compute(const struct hmac_sha1 *hmac, const uint8_t *data, size_t len,
    const uint8_t *tail, size_t tail_len, uint8_t ret_tag[HMAC_SHA1_BYTES]);

#endif
