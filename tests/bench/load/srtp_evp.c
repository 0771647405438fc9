#include "tests/bench/load/srtp_evp.h"

#include "common/bytes.h"
#include "common/prefetch.h"
#include "relay/transport/gcm_cipher.h"
#include "relay/transport/hmac_sha1.h"
#include "relay/transport/srtp_sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define GCM_SALT_BYTES 12
#define CM_SALT_BYTES  14
#define GCM_TAG_BYTES  16
#define CM_TAG_BYTES   10
#define IV_BYTES       16
#define SSRC_OFFSET    8

#define LABEL_KEY  0
#define LABEL_AUTH 1
#define LABEL_SALT 2

struct srtp_evp {
    EVP_CIPHER_CTX *cipher; /* owned */
    struct gcm_cipher *gcm; /* owned; writing GCM, else NULL */
    struct hmac_sha1 hmac;  /* counter mode only */
    enum srtp_evp_profile profile;
    uint8_t salt[IV_BYTES]; /* session salt, zeros behind */
};

size_t srtp_evp_salt_bytes(enum srtp_evp_profile profile)
{
    return profile == SRTP_EVP_GCM ? GCM_SALT_BYTES : CM_SALT_BYTES;
}

size_t srtp_evp_tag_bytes(enum srtp_evp_profile profile)
{
    return profile == SRTP_EVP_GCM ? GCM_TAG_BYTES : CM_TAG_BYTES;
}

static int set_keys(
    struct srtp_evp *srtp, const uint8_t *key, const uint8_t *salt, enum srtp_evp_use use)
{
    const EVP_CIPHER *cipher =
        srtp->profile == SRTP_EVP_GCM ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    size_t salt_bytes = srtp_evp_salt_bytes(srtp->profile);
    uint8_t session_key[SRTP_EVP_KEY_BYTES], auth_key[HMAC_SHA1_KEY_BYTES];

    if (srtp_derive_key(key, salt, salt_bytes, LABEL_KEY, session_key, sizeof(session_key)) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_SALT, srtp->salt, salt_bytes) < 0 ||
        srtp_derive_key(key, salt, salt_bytes, LABEL_AUTH, auth_key, sizeof(auth_key)) < 0 ||
        EVP_CipherInit_ex(
            srtp->cipher, cipher, NULL, session_key, NULL, use == SRTP_EVP_READ ? 0 : 1) != 1)
        return -EIO;
    if (srtp->profile == SRTP_EVP_GCM && use == SRTP_EVP_WRITE &&
        gcm_cipher_create(session_key, &srtp->gcm) < 0)
        return -EIO;
    hmac_sha1_init(&srtp->hmac, auth_key);
    return 0;
}

int srtp_evp_create(enum srtp_evp_profile profile, const uint8_t key[SRTP_EVP_KEY_BYTES],
    const uint8_t *salt, enum srtp_evp_use use, struct srtp_evp **ret_srtp)
{
    struct srtp_evp *srtp = calloc(1, sizeof(*srtp));
    int err = -ENOMEM;

    if (srtp == NULL)
        return -ENOMEM;
    srtp->profile = profile;
    srtp->cipher = EVP_CIPHER_CTX_new();
    if (srtp->cipher != NULL)
        err = set_keys(srtp, key, salt, use);
    if (err < 0) {
        srtp_evp_destroy(srtp);
        return err;
    }
    *ret_srtp = srtp;
    return 0;
}

void srtp_evp_destroy(struct srtp_evp *srtp)
{
    if (srtp == NULL)
        return;
    EVP_CIPHER_CTX_free(srtp->cipher);
    gcm_cipher_destroy(srtp->gcm);
    free(srtp);
}

/* RFC 7714 section 8.1: 16 zero bits, SSRC, roll-over counter, sequence number; RFC 3711 section 4.1.1:
 * 32 zero bits, SSRC, index, 16 zero bits; both XOR the salt. */
static void make_iv(const struct srtp_evp *srtp, uint64_t index, const uint8_t *packet, uint8_t *iv)
{
    size_t at = srtp->profile == SRTP_EVP_GCM ? 2 : 4;

    memset(iv, 0, IV_BYTES);
    memcpy(iv + at, packet + SSRC_OFFSET, 4);
    bytes_put_u32(iv + at + 4, (uint32_t)(index >> 16));
    bytes_put_u16(iv + at + 8, (uint16_t)index);
    for (size_t i = 0; i < IV_BYTES; i++)
        iv[i] ^= srtp->salt[i];
}

/* RFC 3711 section 4.2: over the packet and the roll-over counter. */
static void make_tag(const struct srtp_evp *srtp, uint64_t index, const uint8_t *packet, size_t len,
    uint8_t *ret_tag)
{
    uint8_t roll_over[4];

    bytes_put_u32(roll_over, (uint32_t)(index >> 16));
    hmac_sha1_compute(&srtp->hmac, packet, len, roll_over, sizeof(roll_over), ret_tag);
}

int srtp_evp_protect(struct srtp_evp *srtp, uint64_t index, const uint8_t *packet,
    size_t header_len, size_t len, uint8_t *ret_packet)
{
    bool gcm = srtp->profile == SRTP_EVP_GCM;
    uint8_t iv[IV_BYTES], tag[HMAC_SHA1_BYTES];
    int written;

    make_iv(srtp, index, packet, iv);
    if (srtp->gcm != NULL) {
        struct rtp_pieces pieces = {
            .header = packet,
            .header_bytes = header_len,
            .payload = packet + header_len,
            .payload_bytes = len - header_len,
        };
        return gcm_cipher_encrypt(srtp->gcm, iv, &pieces, ret_packet);
    }
    if (ret_packet != packet)
        memcpy(ret_packet, packet, header_len);
    if (EVP_EncryptInit_ex(srtp->cipher, NULL, NULL, NULL, iv) != 1 ||
        (gcm && EVP_EncryptUpdate(srtp->cipher, NULL, &written, packet, (int)header_len) != 1) ||
        EVP_EncryptUpdate(srtp->cipher, ret_packet + header_len, &written, packet + header_len,
            (int)(len - header_len)) != 1)
        return -EIO;
    if (!gcm) {
        make_tag(srtp, index, ret_packet, len, tag);
        memcpy(ret_packet + len, tag, CM_TAG_BYTES);
        return 0;
    }
    if (EVP_EncryptFinal_ex(srtp->cipher, ret_packet + len, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(srtp->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, ret_packet + len) !=
            1)
        return -EIO;
    return 0;
}

int srtp_evp_unprotect(struct srtp_evp *srtp, uint64_t index, uint8_t *packet, size_t header_len,
    size_t len, size_t *ret_len)
{
    bool gcm = srtp->profile == SRTP_EVP_GCM;
    size_t tag_bytes = srtp_evp_tag_bytes(srtp->profile);
    uint8_t iv[IV_BYTES], tag[HMAC_SHA1_BYTES];
    size_t plain_len = len - tag_bytes;
    int written;

    if (len < header_len + tag_bytes)
        return -EBADMSG;
    make_iv(srtp, index, packet, iv);
    if (!gcm) {
        make_tag(srtp, index, packet, plain_len, tag);
        if (CRYPTO_memcmp(tag, packet + plain_len, CM_TAG_BYTES) != 0)
            return -EACCES;
    }
    if (EVP_DecryptInit_ex(srtp->cipher, NULL, NULL, NULL, iv) != 1 ||
        (gcm && EVP_DecryptUpdate(srtp->cipher, NULL, &written, packet, (int)header_len) != 1) ||
        EVP_DecryptUpdate(srtp->cipher, packet + header_len, &written, packet + header_len,
            (int)(plain_len - header_len)) != 1)
        return -EACCES;
    if (gcm && (EVP_CIPHER_CTX_ctrl(
                    srtp->cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_BYTES, packet + plain_len) != 1 ||
                   EVP_DecryptFinal_ex(srtp->cipher, packet + plain_len, &written) != 1))
        return -EACCES;
    *ret_len = plain_len;
    return 0;
}

void srtp_evp_prefetch(const struct srtp_evp *srtp, unsigned step)
{
    if (step == 0)
        prefetch(srtp, sizeof(*srtp));
    else if (srtp->gcm != NULL)
        gcm_cipher_prefetch(srtp->gcm);
}
