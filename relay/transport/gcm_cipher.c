#include "relay/transport/gcm_cipher.h"

#include "common/prefetch.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#ifdef DUET_IPSEC_MB
#include <intel-ipsec-mb.h>
#include <pthread.h>
#endif

#define ROUND_KEY_BYTES     (11 * 16)
#define LAST_HASH_KEY_BYTES (3 * 64)

struct gcm_cipher {
#ifdef DUET_IPSEC_MB
    struct gcm_key_data expanded; /* of use without the other only */
#endif
    EVP_CIPHER_CTX *portable; /* owned; NULL where ipsec-mb does the work */
};

/* On a boundary of cache lines, as ipsec-mb wants its keys. */
static struct gcm_cipher *allocate(void)
{
    size_t bytes = (sizeof(struct gcm_cipher) + 63) / 64 * 64;
    struct gcm_cipher *cipher = aligned_alloc(64, bytes);

    if (cipher != NULL)
        memset(cipher, 0, bytes);
    return cipher;
}

static size_t encrypted_bytes(const struct rtp_pieces *pieces)
{
    return pieces->prefix_bytes + pieces->payload_bytes;
}

/* ---- OpenSSL ---- */

static bool update(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t len)
{
    int written;

    return len == 0 || EVP_CipherUpdate(context, out, &written, in, (int)len) == 1;
}

static int encrypt_portable(
    EVP_CIPHER_CTX *context, const uint8_t *iv, const struct rtp_pieces *pieces, uint8_t *out)
{
    uint8_t *body = out + pieces->header_bytes;
    uint8_t *tag = body + encrypted_bytes(pieces);
    int written;

    if (EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv) != 1 ||
        !update(context, NULL, pieces->header, pieces->header_bytes) ||
        !update(context, body, pieces->prefix, pieces->prefix_bytes) ||
        !update(context, body + pieces->prefix_bytes, pieces->payload, pieces->payload_bytes) ||
        EVP_EncryptFinal_ex(context, tag, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_CIPHER_TAG_BYTES, tag) != 1)
        return -EIO;
    return 0;
}

int gcm_cipher_create_portable(
    const uint8_t key[static GCM_CIPHER_KEY_BYTES], struct gcm_cipher **ret_cipher)
{
    struct gcm_cipher *cipher = allocate();

    if (cipher == NULL)
        return -ENOMEM;
    cipher->portable = EVP_CIPHER_CTX_new();
    if (cipher->portable == NULL ||
        EVP_EncryptInit_ex(cipher->portable, EVP_aes_128_gcm(), NULL, key, NULL) != 1) {
        gcm_cipher_destroy(cipher);
        return -EIO;
    }
    *ret_cipher = cipher;
    return 0;
}

/* ---- ipsec-mb ---- */

#ifdef DUET_IPSEC_MB

/* Only a table of functions for this processor: they keep no state in it, so all threads share it. */
static IMB_MGR *functions;

static void choose_functions(void)
{
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;

    functions = alloc_mb_mgr(0);
    if (functions == NULL)
        return;
    init_mb_mgr_auto(functions, NULL);
    if (imb_get_errno(functions) == 0 && (functions->features & needed) == needed)
        return;
    /* without these instructions it would be slower than OpenSSL */
    free_mb_mgr(functions);
    functions = NULL;
}

static bool is_fast(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, choose_functions);
    return functions != NULL;
}

static void encrypt_fast(const struct gcm_key_data *expanded, const uint8_t *iv,
    const struct rtp_pieces *pieces, uint8_t *out)
{
    struct gcm_context_data context;
    uint8_t *body = out + pieces->header_bytes;
    uint8_t *tag = body + encrypted_bytes(pieces);

    if (pieces->prefix_bytes == 0) {
        IMB_AES128_GCM_ENC(functions, expanded, &context, body, pieces->payload,
            pieces->payload_bytes, iv, pieces->header, pieces->header_bytes, tag,
            GCM_CIPHER_TAG_BYTES);
        return;
    }
    IMB_AES128_GCM_INIT(functions, expanded, &context, iv, pieces->header, pieces->header_bytes);
    IMB_AES128_GCM_ENC_UPDATE(
        functions, expanded, &context, body, pieces->prefix, pieces->prefix_bytes);
    IMB_AES128_GCM_ENC_UPDATE(functions, expanded, &context, body + pieces->prefix_bytes,
        pieces->payload, pieces->payload_bytes);
    IMB_AES128_GCM_ENC_FINALIZE(functions, expanded, &context, tag, GCM_CIPHER_TAG_BYTES);
}

int gcm_cipher_create(
    const uint8_t key[static GCM_CIPHER_KEY_BYTES], struct gcm_cipher **ret_cipher)
{
    struct gcm_cipher *cipher;

    if (!is_fast())
        return gcm_cipher_create_portable(key, ret_cipher);
    cipher = allocate();
    if (cipher == NULL)
        return -ENOMEM;
    IMB_AES128_GCM_PRE(functions, key, &cipher->expanded);
    *ret_cipher = cipher;
    return 0;
}

const char *gcm_cipher_library(void)
{
    return is_fast() ? "ipsec-mb" : "OpenSSL";
}

#else

int gcm_cipher_create(
    const uint8_t key[static GCM_CIPHER_KEY_BYTES], struct gcm_cipher **ret_cipher)
{
    return gcm_cipher_create_portable(key, ret_cipher);
}

const char *gcm_cipher_library(void)
{
    return "OpenSSL";
}

#endif

void gcm_cipher_destroy(struct gcm_cipher *cipher)
{
    if (cipher == NULL)
        return;
    EVP_CIPHER_CTX_free(cipher->portable);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
    free(cipher);
}

int gcm_cipher_encrypt(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const struct rtp_pieces *pieces, uint8_t *out)
{
    memcpy(out, pieces->header, pieces->header_bytes);
#ifdef DUET_IPSEC_MB
    if (cipher->portable == NULL) {
        encrypt_fast(&cipher->expanded, iv, pieces, out);
        return 0;
    }
#endif
    return encrypt_portable(cipher->portable, iv, pieces, out);
}

int gcm_cipher_seal(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const uint8_t *additional, size_t additional_bytes, uint8_t *text, size_t text_bytes,
    uint8_t ret_tag[static GCM_CIPHER_TAG_BYTES])
{
    EVP_CIPHER_CTX *context = cipher->portable;
    int written;

#ifdef DUET_IPSEC_MB
    if (context == NULL) {
        struct gcm_context_data state;

        IMB_AES128_GCM_ENC(functions, &cipher->expanded, &state, text, text, text_bytes, iv,
            additional, additional_bytes, ret_tag, GCM_CIPHER_TAG_BYTES);
        return 0;
    }
#endif
    if (EVP_EncryptInit_ex(context, NULL, NULL, NULL, iv) != 1 ||
        !update(context, NULL, additional, additional_bytes) ||
        !update(context, text, text, text_bytes) ||
        EVP_EncryptFinal_ex(context, ret_tag, &written) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_CIPHER_TAG_BYTES, ret_tag) != 1)
        return -EIO;
    return 0;
}

int gcm_cipher_open(struct gcm_cipher *cipher, const uint8_t iv[static GCM_CIPHER_IV_BYTES],
    const uint8_t *additional, size_t additional_bytes, uint8_t *text, size_t text_bytes,
    const uint8_t tag[static GCM_CIPHER_TAG_BYTES])
{
    EVP_CIPHER_CTX *context = cipher->portable;
    uint8_t expected[GCM_CIPHER_TAG_BYTES];
    int written;

#ifdef DUET_IPSEC_MB
    if (context == NULL) {
        struct gcm_context_data state;

        IMB_AES128_GCM_DEC(functions, &cipher->expanded, &state, text, text, text_bytes, iv,
            additional, additional_bytes, expected, GCM_CIPHER_TAG_BYTES);
        return CRYPTO_memcmp(expected, tag, GCM_CIPHER_TAG_BYTES) == 0 ? 0 : -EACCES;
    }
#endif
    memcpy(expected, tag, sizeof(expected)); /* OpenSSL takes it as one that it may write */
    if (EVP_DecryptInit_ex(context, NULL, NULL, NULL, iv) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_CIPHER_TAG_BYTES, expected) != 1 ||
        !update(context, NULL, additional, additional_bytes) ||
        !update(context, text, text, text_bytes) ||
        EVP_DecryptFinal_ex(context, text, &written) != 1)
        return -EACCES;
    return 0;
}

#ifdef DUET_IPSEC_MB
/* What every packet takes: the round keys, and of the hash's keys the last ones. A long packet takes the others
 * in a row, which the processor fetches by itself; fetching all of them for each lone audio packet would push out
 * what the next viewers need. */
void gcm_cipher_prefetch(const struct gcm_cipher *cipher)
{
    const uint8_t *end = (const uint8_t *)(&cipher->expanded + 1);

    prefetch(cipher->expanded.expanded_keys, ROUND_KEY_BYTES);
    prefetch(end - LAST_HASH_KEY_BYTES, LAST_HASH_KEY_BYTES);
    prefetch(&cipher->portable, sizeof(cipher->portable));
}
#else
void gcm_cipher_prefetch(const struct gcm_cipher *cipher)
{
    prefetch(cipher, sizeof(*cipher));
}
#endif
