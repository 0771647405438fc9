#include "relay/transport/srtcp_cipher.h"

#include "common/bytes.h"
#include "relay/transport/srtp_sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#define KEY_BYTES      16
#define CM_SALT_BYTES  14
#define GCM_SALT_BYTES 12
#define CM_TAG_BYTES   10

#define INDEX_BYTES      4
#define ADDITIONAL_BYTES (SRTCP_HEADER_BYTES + INDEX_BYTES)

#define LABEL_RTCP_KEY  3
#define LABEL_RTCP_AUTH 4
#define LABEL_RTCP_SALT 5

/* ---- keys ---- */

static int init_counter_mode(
    struct srtcp_cipher *cipher, const uint8_t *session_key, const uint8_t *auth_key)
{
    cipher->counter = EVP_CIPHER_CTX_new();
    if (cipher->counter == NULL)
        return -ENOMEM;
    hmac_sha1_init(&cipher->hmac, auth_key);
    return EVP_EncryptInit_ex(cipher->counter, EVP_aes_128_ctr(), NULL, session_key, NULL) == 1
               ? 0
               : -EIO;
}

int srtcp_cipher_init(
    struct srtcp_cipher *cipher, const struct srtp_material *material, enum srtcp_side side)
{
    bool gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    size_t salt_bytes = gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
    size_t second = side == SRTCP_SERVER ? 1 : 0;
    const uint8_t *key = material->keys + second * KEY_BYTES;
    const uint8_t *salt = material->keys + 2 * KEY_BYTES + second * salt_bytes;
    uint8_t session_key[KEY_BYTES], auth_key[HMAC_SHA1_KEY_BYTES];
    int err = -EIO;

    memset(cipher, 0, sizeof(*cipher));
    if (material->profile == SRTP_PROFILE_NONE)
        return -EINVAL;
    if (srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_KEY, session_key, KEY_BYTES) == 0 &&
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_SALT, cipher->salt, salt_bytes) == 0 &&
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_AUTH, auth_key, sizeof(auth_key)) == 0)
        err = gcm ? gcm_cipher_create(session_key, &cipher->gcm)
                  : init_counter_mode(cipher, session_key, auth_key);
    OPENSSL_cleanse(session_key, sizeof(session_key));
    OPENSSL_cleanse(auth_key, sizeof(auth_key));
    if (err < 0)
        ERR_clear_error();
    return err;
}

void srtcp_cipher_finish(struct srtcp_cipher *cipher)
{
    gcm_cipher_destroy(cipher->gcm);
    EVP_CIPHER_CTX_free(cipher->counter);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
}

size_t srtcp_cipher_trailer_bytes(const struct srtcp_cipher *cipher)
{
    return INDEX_BYTES + (cipher->gcm != NULL ? GCM_CIPHER_TAG_BYTES : CM_TAG_BYTES);
}

uint32_t srtcp_cipher_index_word(const struct srtcp_cipher *cipher, const uint8_t *data, size_t len)
{
    return bytes_get_u32(data + len - INDEX_BYTES - (cipher->gcm != NULL ? 0 : CM_TAG_BYTES));
}

/*
 * RFC 7714 section 9.1: 16 zero bits, SSRC, 16 zero bits, index; RFC 3711 section 4.1.1: SSRC · 2^64 XOR
 * index · 2^16. Both XOR the salt.
 */
static void make_iv(
    const struct srtcp_cipher *cipher, const uint8_t *packet, uint32_t index, uint8_t *ret_iv)
{
    size_t at = cipher->gcm != NULL ? 2 : 4;

    memset(ret_iv, 0, SRTCP_CIPHER_SALT_BYTES);
    memcpy(ret_iv + at, packet + SRTCP_SSRC_OFFSET, 4);
    bytes_put_u32(ret_iv + at + 6, index);
    for (size_t i = 0; i < SRTCP_CIPHER_SALT_BYTES; i++)
        ret_iv[i] ^= cipher->salt[i];
}

/* ---- AES-GCM ---- */

/*
 * RFC 7714 section 9.2; header and last word are the additional data:
 *
 *   | header: 8 bytes | ciphertext: plain_len − 8 | tag: 16 | E, index: 4 |
 */
static void put_additional(
    uint8_t ret_additional[static ADDITIONAL_BYTES], const uint8_t *data, uint32_t index)
{
    memcpy(ret_additional, data, SRTCP_HEADER_BYTES);
    bytes_put_u32(ret_additional + SRTCP_HEADER_BYTES, index | SRTCP_ENCRYPTED_FLAG);
}

static int seal_gcm(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t len, uint32_t index, const uint8_t *iv)
{
    uint8_t additional[ADDITIONAL_BYTES];

    put_additional(additional, data, index);
    memcpy(data + len + GCM_CIPHER_TAG_BYTES, additional + SRTCP_HEADER_BYTES, INDEX_BYTES);
    return gcm_cipher_seal(cipher->gcm, iv, additional, sizeof(additional),
        data + SRTCP_HEADER_BYTES, len - SRTCP_HEADER_BYTES, data + len);
}

static int open_gcm(const struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len,
    uint32_t index, const uint8_t *iv)
{
    uint8_t additional[ADDITIONAL_BYTES];

    put_additional(additional, data, index);
    return gcm_cipher_open(cipher->gcm, iv, additional, sizeof(additional),
        data + SRTCP_HEADER_BYTES, plain_len - SRTCP_HEADER_BYTES, data + plain_len);
}

/* ---- counter mode ---- */

/* Encrypts or decrypts, which is the same. */
static bool apply_counter(
    EVP_CIPHER_CTX *counter, const uint8_t *iv, uint8_t *data, size_t plain_len)
{
    uint8_t *text = data + SRTCP_HEADER_BYTES;
    int written;

    return EVP_EncryptInit_ex(counter, NULL, NULL, NULL, iv) == 1 &&
           (plain_len == SRTCP_HEADER_BYTES || EVP_EncryptUpdate(counter, text, &written, text,
                                                   (int)(plain_len - SRTCP_HEADER_BYTES)) == 1);
}

/*
 * RFC 3711 section 3.4; the tag is over all that stands before it:
 *
 *   | header: 8 bytes | ciphertext: plain_len − 8 | E, index: 4 | tag: 10 |
 */
static void tag_counter_mode(
    const struct srtcp_cipher *cipher, const uint8_t *data, size_t plain_len, uint8_t *ret_tag)
{
    hmac_sha1_compute(&cipher->hmac, data, plain_len, data + plain_len, INDEX_BYTES, ret_tag);
}

static int seal_counter_mode(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t len, uint32_t index, const uint8_t *iv)
{
    uint8_t tag[HMAC_SHA1_BYTES];

    bytes_put_u32(data + len, index | SRTCP_ENCRYPTED_FLAG);
    if (!apply_counter(cipher->counter, iv, data, len))
        return -EIO;
    tag_counter_mode(cipher, data, len, tag);
    memcpy(data + len + INDEX_BYTES, tag, CM_TAG_BYTES);
    return 0;
}

static int open_counter_mode(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len, const uint8_t *iv)
{
    uint8_t tag[HMAC_SHA1_BYTES];

    tag_counter_mode(cipher, data, plain_len, tag);
    if (CRYPTO_memcmp(tag, data + plain_len + INDEX_BYTES, CM_TAG_BYTES) != 0 ||
        !apply_counter(cipher->counter, iv, data, plain_len))
        return -EACCES;
    return 0;
}

/* ---- either ---- */

int srtcp_cipher_seal(const struct srtcp_cipher *cipher, uint8_t *data, size_t len, uint32_t index)
{
    uint8_t iv[SRTCP_CIPHER_SALT_BYTES];

    make_iv(cipher, data, index, iv);
    return cipher->gcm != NULL ? seal_gcm(cipher, data, len, index, iv)
                               : seal_counter_mode(cipher, data, len, index, iv);
}

int srtcp_cipher_open(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len, uint32_t index)
{
    uint8_t iv[SRTCP_CIPHER_SALT_BYTES];

    make_iv(cipher, data, index, iv);
    return cipher->gcm != NULL ? open_gcm(cipher, data, plain_len, index, iv)
                               : open_counter_mode(cipher, data, plain_len, iv);
}
