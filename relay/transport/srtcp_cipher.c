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
#define GCM_TAG_BYTES  16

#define INDEX_BYTES    4
#define ENCRYPTED_FLAG UINT32_C(0x80000000)

#define LABEL_RTCP_KEY  3
#define LABEL_RTCP_AUTH 4
#define LABEL_RTCP_SALT 5

/* ---- keys ---- */

static int set_keys(
    struct srtcp_cipher *cipher, const struct srtp_material *material, enum srtcp_side side)
{
    const EVP_CIPHER *algorithm = cipher->gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    size_t salt_bytes = cipher->gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
    size_t second = side == SRTCP_SERVER ? 1 : 0;
    const uint8_t *key = material->keys + second * KEY_BYTES;
    const uint8_t *salt = material->keys + 2 * KEY_BYTES + second * salt_bytes;
    uint8_t session_key[KEY_BYTES], auth_key[HMAC_SHA1_KEY_BYTES];
    int err = -EIO;

    /* the direction is that of the mode: counter mode only knows one */
    if (srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_KEY, session_key, KEY_BYTES) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_SALT, cipher->salt, salt_bytes) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_AUTH, auth_key, sizeof(auth_key)) < 0 ||
        EVP_CipherInit_ex(
            cipher->context, algorithm, NULL, session_key, NULL, side == SRTCP_SERVER ? 1 : 0) != 1)
        goto out;
    hmac_sha1_init(&cipher->hmac, auth_key);
    err = 0;

out:
    OPENSSL_cleanse(session_key, sizeof(session_key));
    OPENSSL_cleanse(auth_key, sizeof(auth_key));
    return err;
}

int srtcp_cipher_init(
    struct srtcp_cipher *cipher, const struct srtp_material *material, enum srtcp_side side)
{
    int err;

    memset(cipher, 0, sizeof(*cipher));
    if (material->profile == SRTP_PROFILE_NONE)
        return -EINVAL;
    cipher->gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL)
        return -ENOMEM;
    err = set_keys(cipher, material, side);
    if (err < 0)
        ERR_clear_error();
    return err;
}

void srtcp_cipher_finish(struct srtcp_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->context);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
}

size_t srtcp_cipher_trailer_bytes(const struct srtcp_cipher *cipher)
{
    return INDEX_BYTES + (cipher->gcm ? GCM_TAG_BYTES : CM_TAG_BYTES);
}

/*
 * RFC 7714 section 9.1: 16 zero bits, SSRC, 16 zero bits, index; RFC 3711 section 4.1.1: SSRC · 2^64 XOR
 * index · 2^16. Both XOR the salt.
 */
static void make_iv(
    const struct srtcp_cipher *cipher, const uint8_t *packet, uint32_t index, uint8_t *ret_iv)
{
    size_t at = cipher->gcm ? 2 : 4;

    memset(ret_iv, 0, SRTCP_CIPHER_SALT_BYTES);
    memcpy(ret_iv + at, packet + SRTCP_SSRC_OFFSET, 4);
    bytes_put_u32(ret_iv + at + 6, index);
    for (size_t i = 0; i < SRTCP_CIPHER_SALT_BYTES; i++)
        ret_iv[i] ^= cipher->salt[i];
}

/*
 * RFC 7714 section 9.2; header and last word are the associated data:
 *
 *   | header: 8 bytes | ciphertext: plain_len − 8 | tag: 16 | E, index: 4 |
 */
static bool begin_gcm(EVP_CIPHER_CTX *context, const uint8_t *data, const uint8_t *word)
{
    int written;

    return EVP_CipherUpdate(context, NULL, &written, data, SRTCP_HEADER_BYTES) == 1 &&
           EVP_CipherUpdate(context, NULL, &written, word, INDEX_BYTES) == 1;
}

static bool cipher_text(EVP_CIPHER_CTX *context, uint8_t *data, size_t plain_len)
{
    uint8_t *text = data + SRTCP_HEADER_BYTES;
    int written;

    return plain_len == SRTCP_HEADER_BYTES || EVP_CipherUpdate(context, text, &written, text,
                                                  (int)(plain_len - SRTCP_HEADER_BYTES)) == 1;
}

/* ---- sealing ---- */

static int seal_gcm(EVP_CIPHER_CTX *context, uint8_t *data, size_t len, const uint8_t *iv)
{
    uint8_t *tag = data + len;
    int written;

    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, -1) != 1 ||
        !begin_gcm(context, data, tag + GCM_TAG_BYTES) || !cipher_text(context, data, len) ||
        EVP_CipherFinal_ex(context, tag, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, tag) != 1)
        return -EIO;
    return 0;
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
    const struct srtcp_cipher *cipher, uint8_t *data, size_t len, const uint8_t *iv)
{
    uint8_t tag[HMAC_SHA1_BYTES];

    if (EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, -1) != 1 ||
        !cipher_text(cipher->context, data, len))
        return -EIO;
    tag_counter_mode(cipher, data, len, tag);
    memcpy(data + len + INDEX_BYTES, tag, CM_TAG_BYTES);
    return 0;
}

int srtcp_cipher_seal(struct srtcp_cipher *cipher, uint8_t *data, size_t len, uint32_t index)
{
    uint8_t iv[SRTCP_CIPHER_SALT_BYTES];

    make_iv(cipher, data, index, iv);
    bytes_put_u32(data + len + (cipher->gcm ? GCM_TAG_BYTES : 0), index | ENCRYPTED_FLAG);
    return cipher->gcm ? seal_gcm(cipher->context, data, len, iv)
                       : seal_counter_mode(cipher, data, len, iv);
}

/* ---- opening ---- */

static int open_gcm(EVP_CIPHER_CTX *context, uint8_t *data, size_t plain_len, const uint8_t *iv)
{
    uint8_t *tag = data + plain_len;
    int written;

    if (EVP_CipherInit_ex(context, NULL, NULL, NULL, iv, -1) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, tag) != 1 ||
        !begin_gcm(context, data, tag + GCM_TAG_BYTES) || !cipher_text(context, data, plain_len) ||
        EVP_CipherFinal_ex(context, tag, &written) != 1)
        return -EACCES;
    return 0;
}

static int open_counter_mode(
    const struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len, const uint8_t *iv)
{
    uint8_t tag[HMAC_SHA1_BYTES];

    tag_counter_mode(cipher, data, plain_len, tag);
    if (CRYPTO_memcmp(tag, data + plain_len + INDEX_BYTES, CM_TAG_BYTES) != 0 ||
        EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, -1) != 1 ||
        !cipher_text(cipher->context, data, plain_len))
        return -EACCES;
    return 0;
}

uint32_t srtcp_cipher_index_word(const struct srtcp_cipher *cipher, const uint8_t *data, size_t len)
{
    return bytes_get_u32(data + len - INDEX_BYTES - (cipher->gcm ? 0 : CM_TAG_BYTES));
}

int srtcp_cipher_open(struct srtcp_cipher *cipher, uint8_t *data, size_t plain_len, uint32_t index)
{
    uint8_t iv[SRTCP_CIPHER_SALT_BYTES];

    make_iv(cipher, data, index, iv);
    return cipher->gcm ? open_gcm(cipher->context, data, plain_len, iv)
                       : open_counter_mode(cipher, data, plain_len, iv);
}
