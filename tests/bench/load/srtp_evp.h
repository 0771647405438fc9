/*
 * SRTP of RTP packets (RFC 3711 AES_CM_128_HMAC_SHA1_80, RFC 7714 AEAD_AES_128_GCM), for the
 * load generator: the publisher's sending, the limit's sending and the viewers' reading. One direction
 * and one key each. The caller counts the packet index (roll-over counter and sequence number) and
 * guards against replay where that matters. No allocation per packet; one thread.
 */
#ifndef DUET_TESTS_BENCH_LOAD_SRTP_EVP_H
#define DUET_TESTS_BENCH_LOAD_SRTP_EVP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_EVP_KEY_BYTES      16
#define SRTP_EVP_MAX_SALT_BYTES 14
#define SRTP_EVP_MAX_TAG_BYTES  16

enum srtp_evp_profile {
    SRTP_EVP_GCM,
    SRTP_EVP_CM,
};

struct srtp_evp;

/* 12 or 14. */
size_t srtp_evp_salt_bytes(enum srtp_evp_profile profile);
/* 16 or 10. */
size_t srtp_evp_tag_bytes(enum srtp_evp_profile profile);

enum srtp_evp_use {
    SRTP_EVP_READ, /* unprotect */
    SRTP_EVP_WRITE, /* protect, with the fastest AES-GCM of this machine (relay/transport/gcm_cipher.h) */
    SRTP_EVP_WRITE_BY_OPENSSL,
};

/* Returns 0, -ENOMEM or -EIO. */
int srtp_evp_create(enum srtp_evp_profile profile, const uint8_t key[SRTP_EVP_KEY_BYTES],
    const uint8_t *salt, enum srtp_evp_use use, struct srtp_evp **ret_srtp);
void srtp_evp_destroy(struct srtp_evp *srtp);

/*
 * packet: header_len bytes in clear, then payload. Writes header, ciphertext and tag to ret_packet
 * (len + tag bytes; it may be packet itself). Returns 0 or -EIO.
 */
int srtp_evp_protect(struct srtp_evp *srtp, uint64_t index, const uint8_t *packet,
    size_t header_len, size_t len, uint8_t *ret_packet);

/* It is to protect soon: fetches what that reads into the near caches, in two steps, 0 and 1. */
void srtp_evp_prefetch(const struct srtp_evp *srtp, unsigned step);

/* Checks the tag and decrypts in place. Returns 0, -EBADMSG when too short, -EACCES for a wrong tag. */
int srtp_evp_unprotect(struct srtp_evp *srtp, uint64_t index, uint8_t *packet, size_t header_len,
    size_t len, size_t *ret_len);

#endif
