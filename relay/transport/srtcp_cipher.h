/*
 * The cipher of SRTCP (RFC 3711 section 3.4, RFC 7714 section 9) under the keys of one side of a DTLS
 * session: seals and opens a packet under an index that the caller keeps. Which index a packet
 * has and whether it may be used is srtcp_sender.h's and srtcp_receiver.h's. By value; one thread; nothing
 * allocates but init.
 */
#ifndef DUET_RELAY_TRANSPORT_SRTCP_CIPHER_H
#define DUET_RELAY_TRANSPORT_SRTCP_CIPHER_H

#include "relay/transport/gcm_cipher.h"
#include "relay/transport/hmac_sha1.h"
#include "relay/transport/srtp.h"

#include <openssl/evp.h>

#define SRTCP_CIPHER_SALT_BYTES 16

#define SRTCP_SSRC_OFFSET  4
#define SRTCP_HEADER_BYTES 8 /* of the first packet of a compound one: never encrypted */
#define SRTCP_MAX_INDEX    UINT32_C(0x7fffffff)
/* E: stands before the index in its word (RFC 3711 section 3.4) */
#define SRTCP_ENCRYPTED_FLAG UINT32_C(0x80000000)

enum srtcp_side {
    SRTCP_CLIENT, /* what the DTLS client sends */
    SRTCP_SERVER, /* what the relay sends */
};

struct srtcp_cipher {
    struct gcm_cipher *gcm;                /* owned; one of these two */
    EVP_CIPHER_CTX *counter;               /* owned */
    uint8_t salt[SRTCP_CIPHER_SALT_BYTES]; /* session salt, zeros behind */
    struct hmac_sha1 hmac;                 /* counter mode only */
};

/* Returns 0, -EINVAL for no profile, -ENOMEM or -EIO; finish it in every case. */
int srtcp_cipher_init(
    struct srtcp_cipher *cipher, const struct srtp_material *material, enum srtcp_side side);
/* Wipes the keys. A cipher of zeros may be finished too. */
void srtcp_cipher_finish(struct srtcp_cipher *cipher);

/* Bytes that sealing appends: tag and index. */
size_t srtcp_cipher_trailer_bytes(const struct srtcp_cipher *cipher);

/* In place; len ≥ SRTCP_HEADER_BYTES, index ≤ SRTCP_MAX_INDEX and never the same twice for one SSRC, room
 * for the trailer behind len. Returns 0 or -EIO. */
int srtcp_cipher_seal(const struct srtcp_cipher *cipher, uint8_t *data, size_t len, uint32_t index);

/* The index word of a sealed packet, E flag included; len ≥ header and trailer. */
uint32_t srtcp_cipher_index_word(
    const struct srtcp_cipher *cipher, const uint8_t *data, size_t len);

/* In place; of plain_len bytes and the trailer behind them. Returns 0, or -EACCES when the tag is wrong:
 * then the data is of no use. */
int srtcp_cipher_open(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len, uint32_t index);

#endif
