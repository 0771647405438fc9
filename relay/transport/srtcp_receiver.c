#include "relay/transport/srtcp_receiver.h"

#include "common/bytes.h"
#include "relay/transport/hmac_sha1.h"
#include "relay/transport/srtp_sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES      16
#define CM_SALT_BYTES  14
#define GCM_SALT_BYTES 12
#define CM_TAG_BYTES   10
#define GCM_TAG_BYTES  16
#define IV_BYTES       16

#define SSRC_OFFSET     4
#define HEADER_BYTES    8 /* of the first packet of a compound one: never encrypted */
#define INDEX_BYTES     4
#define ENCRYPTED_FLAG  UINT32_C(0x80000000)
#define CM_INDEX_BEFORE (INDEX_BYTES + CM_TAG_BYTES) /* the tag is last */

#define LABEL_RTCP_KEY  3
#define LABEL_RTCP_AUTH 4
#define LABEL_RTCP_SALT 5

#define WINDOW_WORDS (SRTCP_REPLAY_WINDOW / 64)

struct reporter {
    uint32_t ssrc;
    uint32_t highest;              /* index */
    uint64_t window[WINDOW_WORDS]; /* bit index % SRTCP_REPLAY_WINDOW: received */
};

struct srtcp_receiver {
    EVP_CIPHER_CTX *cipher; /* owned */
    bool gcm;
    uint8_t salt[IV_BYTES]; /* session salt, zeros behind */
    struct hmac_sha1 hmac;  /* counter mode only */
    size_t reporter_count;
    size_t last; /* index of the reporter heard last */
    struct reporter reporters[SRTP_MAX_SSRCS];
};

/* ---- keys ---- */

static int set_keys(struct srtcp_receiver *receiver, const struct srtp_material *material)
{
    const EVP_CIPHER *cipher = receiver->gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    size_t salt_bytes = receiver->gcm ? GCM_SALT_BYTES : CM_SALT_BYTES;
    const uint8_t *key = material->keys;
    const uint8_t *salt = material->keys + 2 * KEY_BYTES;
    uint8_t session_key[KEY_BYTES], auth_key[HMAC_SHA1_KEY_BYTES];
    int err = -EIO;

    receiver->cipher = EVP_CIPHER_CTX_new();
    if (receiver->cipher == NULL ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_KEY, session_key, KEY_BYTES) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_SALT, receiver->salt, salt_bytes) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_RTCP_AUTH, auth_key, sizeof(auth_key)) < 0 ||
        EVP_DecryptInit_ex(receiver->cipher, cipher, NULL, session_key, NULL) != 1)
        goto out;
    hmac_sha1_init(&receiver->hmac, auth_key);
    err = 0;

out:
    OPENSSL_cleanse(session_key, sizeof(session_key));
    OPENSSL_cleanse(auth_key, sizeof(auth_key));
    return err;
}

int srtcp_receiver_create(
    const struct srtp_material *material, struct srtcp_receiver **ret_receiver)
{
    struct srtcp_receiver *receiver;
    int err;

    if (material->profile == SRTP_PROFILE_NONE)
        return -EINVAL;
    receiver = calloc(1, sizeof(*receiver));
    if (receiver == NULL)
        return -ENOMEM;
    receiver->gcm = material->profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    err = set_keys(receiver, material);
    if (err < 0) {
        ERR_clear_error();
        srtcp_receiver_destroy(receiver);
        return err;
    }
    *ret_receiver = receiver;
    return 0;
}

void srtcp_receiver_destroy(struct srtcp_receiver *receiver)
{
    if (receiver == NULL)
        return;
    EVP_CIPHER_CTX_free(receiver->cipher);
    OPENSSL_cleanse(receiver, sizeof(*receiver));
    free(receiver);
}

/* ---- who sent it, and whether for the first time ---- */

static struct reporter *find_reporter(struct srtcp_receiver *receiver, uint32_t ssrc)
{
    if (receiver->reporter_count > 0 && receiver->reporters[receiver->last].ssrc == ssrc)
        return &receiver->reporters[receiver->last];
    for (size_t i = 0; i < receiver->reporter_count; i++) {
        if (receiver->reporters[i].ssrc == ssrc) {
            receiver->last = i;
            return &receiver->reporters[i];
        }
    }
    return NULL;
}

static uint64_t *word_of(struct reporter *reporter, uint32_t index)
{
    return &reporter->window[index % SRTCP_REPLAY_WINDOW / 64];
}

static uint64_t bit_of(uint32_t index)
{
    return UINT64_C(1) << (index % 64);
}

static bool is_replay(struct reporter *reporter, uint32_t index)
{
    if (index > reporter->highest)
        return false;
    return reporter->highest - index >= SRTCP_REPLAY_WINDOW ||
           (*word_of(reporter, index) & bit_of(index)) != 0;
}

/* Forgets what the places of indexes up to this one said a window ago. */
static void advance(struct reporter *reporter, uint32_t index)
{
    if (index - reporter->highest >= SRTCP_REPLAY_WINDOW)
        memset(reporter->window, 0, sizeof(reporter->window));
    else
        for (uint32_t i = reporter->highest + 1; i <= index; i++)
            *word_of(reporter, i) &= ~bit_of(i);
    reporter->highest = index;
}

/* Of an authenticated packet. reporter is NULL when it is the first of its SSRC. */
static void note_index(
    struct srtcp_receiver *receiver, struct reporter *reporter, uint32_t ssrc, uint32_t index)
{
    if (reporter == NULL) {
        receiver->last = receiver->reporter_count++;
        reporter = &receiver->reporters[receiver->last];
        reporter->ssrc = ssrc;
        reporter->highest = index;
    } else if (index > reporter->highest) {
        advance(reporter, index);
    }
    *word_of(reporter, index) |= bit_of(index);
}

/* ---- decryption ---- */

/*
 * RFC 7714 section 9.1: 16 zero bits, SSRC, 16 zero bits, index; RFC 3711 section 4.1.1: SSRC · 2^64 XOR
 * index · 2^16. Both XOR the salt.
 */
static void make_iv(
    const struct srtcp_receiver *receiver, const uint8_t *packet, uint32_t index, uint8_t *ret_iv)
{
    size_t at = receiver->gcm ? 2 : 4;

    memset(ret_iv, 0, IV_BYTES);
    memcpy(ret_iv + at, packet + SSRC_OFFSET, 4);
    bytes_put_u32(ret_iv + at + 6, index);
    for (size_t i = 0; i < IV_BYTES; i++)
        ret_iv[i] ^= receiver->salt[i];
}

/*
 * RFC 7714 section 9.2; header and last word are the associated data:
 *
 *   | header: 8 bytes | ciphertext: plain_len − 8 | tag: 16 | E, index: 4 |
 */
static int open_gcm(
    struct srtcp_receiver *receiver, uint8_t *data, size_t plain_len, const uint8_t *iv)
{
    EVP_CIPHER_CTX *cipher = receiver->cipher;
    uint8_t *text = data + HEADER_BYTES, *tag = data + plain_len;
    int written;

    if (EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, tag) != 1 ||
        EVP_DecryptUpdate(cipher, NULL, &written, data, HEADER_BYTES) != 1 ||
        EVP_DecryptUpdate(cipher, NULL, &written, tag + GCM_TAG_BYTES, INDEX_BYTES) != 1 ||
        EVP_DecryptUpdate(cipher, text, &written, text, (int)(plain_len - HEADER_BYTES)) != 1 ||
        EVP_DecryptFinal_ex(cipher, tag, &written) != 1)
        return -EACCES;
    return 0;
}

/*
 * RFC 3711 section 3.4; the tag is over all that stands before it:
 *
 *   | header: 8 bytes | ciphertext: plain_len − 8 | E, index: 4 | tag: 10 |
 */
static int open_counter_mode(
    struct srtcp_receiver *receiver, uint8_t *data, size_t plain_len, const uint8_t *iv)
{
    EVP_CIPHER_CTX *cipher = receiver->cipher;
    uint8_t *text = data + HEADER_BYTES, *index = data + plain_len;
    uint8_t tag[HMAC_SHA1_BYTES];
    int written;

    hmac_sha1_compute(&receiver->hmac, data, plain_len, index, INDEX_BYTES, tag);
    if (CRYPTO_memcmp(tag, index + INDEX_BYTES, CM_TAG_BYTES) != 0 ||
        EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, iv) != 1 ||
        EVP_DecryptUpdate(cipher, text, &written, text, (int)(plain_len - HEADER_BYTES)) != 1)
        return -EACCES;
    return 0;
}

int srtcp_receiver_unprotect(
    struct srtcp_receiver *receiver, uint8_t *data, size_t len, size_t *ret_len)
{
    size_t trailer_bytes = INDEX_BYTES + (receiver->gcm ? GCM_TAG_BYTES : CM_TAG_BYTES);
    struct reporter *reporter;
    uint8_t iv[IV_BYTES];
    uint32_t ssrc, index;
    size_t plain_len;
    int err;

    if (len < HEADER_BYTES + trailer_bytes || len > UINT16_MAX || data[0] >> 6 != 2)
        return -EBADMSG;
    plain_len = len - trailer_bytes;
    ssrc = bytes_get_u32(data + SSRC_OFFSET);
    index = bytes_get_u32(data + len - (receiver->gcm ? INDEX_BYTES : CM_INDEX_BEFORE));
    if ((index & ENCRYPTED_FLAG) == 0)
        return -EACCES;
    index &= ~ENCRYPTED_FLAG;
    reporter = find_reporter(receiver, ssrc);
    if (reporter == NULL && receiver->reporter_count == SRTP_MAX_SSRCS)
        return -ENOBUFS;
    if (reporter != NULL && is_replay(reporter, index))
        return -EALREADY;
    make_iv(receiver, data, index, iv);
    err = receiver->gcm ? open_gcm(receiver, data, plain_len, iv)
                        : open_counter_mode(receiver, data, plain_len, iv);
    if (err < 0)
        return err;
    note_index(receiver, reporter, ssrc, index);
    *ret_len = plain_len;
    return 0;
}
