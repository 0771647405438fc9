/*
 * AES-128-GCM over packet after packet under one key (RFC 7714). Of outgoing RTP the header is authenticated,
 * prefix and payload are encrypted from where they lie into the outgoing packet, the tag follows; RTCP is
 * sealed and opened in place.
 *
 * By ipsec-mb where it was built in and the processor has what it needs: 0.12 µs for 1200 bytes and a key
 * per peer, where OpenSSL 3.0 takes 0.5; by OpenSSL elsewhere (docs/decisions/gcm-by-ipsec-mb.md). Nothing
 * allocates per packet. Used by srtp_sender.c and srtcp_cipher.c; one thread per cipher.
 */
#ifndef DUET_RELAY_TRANSPORT_GCM_CIPHER_H
#define DUET_RELAY_TRANSPORT_GCM_CIPHER_H

#include "relay/wire/rtp.h"

#define GCM_CIPHER_KEY_BYTES 16
#define GCM_CIPHER_IV_BYTES  12
#define GCM_CIPHER_TAG_BYTES 16

struct gcm_cipher;

/* Returns 0, -ENOMEM or -EIO. */
int gcm_cipher_create(
    const uint8_t key[static GCM_CIPHER_KEY_BYTES], struct gcm_cipher **ret_cipher);
/* The same by OpenSSL, whatever the machine has. */
int gcm_cipher_create_portable(
    const uint8_t key[static GCM_CIPHER_KEY_BYTES], struct gcm_cipher **ret_cipher);
/* Wipes the key. NULL is allowed. */
void gcm_cipher_destroy(struct gcm_cipher *cipher);

/* out has room for all pieces and the tag, and overlaps none of them. Returns 0 or -EIO. */
int gcm_cipher_encrypt(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const struct rtp_pieces *pieces, uint8_t *out);

/* In place, with additional data that is authenticated only. gcm_cipher_open() returns -EACCES for a wrong
 * tag: then the text is of no use. Else 0, or -EIO. */
int gcm_cipher_seal(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const uint8_t *additional, size_t additional_bytes, uint8_t *text, size_t text_bytes,
    uint8_t ret_tag[static GCM_CIPHER_TAG_BYTES]);
int gcm_cipher_open(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const uint8_t *additional, size_t additional_bytes, uint8_t *text, size_t text_bytes,
    const uint8_t tag[static GCM_CIPHER_TAG_BYTES]);

/* It is to encrypt soon: fetches its key. */
void gcm_cipher_prefetch(const struct gcm_cipher *cipher);

/* "ipsec-mb" or "OpenSSL": what gcm_cipher_create() uses here. */
const char *gcm_cipher_library(void);

#endif
