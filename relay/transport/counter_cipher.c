#include "relay/transport/counter_cipher.h"

#include "common/bytes.h"
#include "common/prefetch.h"
#include "relay/transport/hmac_sha1.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define ROLL_OVER_BYTES 4

struct counter_cipher {
    EVP_CIPHER_CTX *cipher; /* owned */
    struct hmac_sha1 hmac;
};

int counter_cipher_create(const uint8_t key[static COUNTER_CIPHER_KEY_BYTES],
    const uint8_t auth_key[static COUNTER_CIPHER_AUTH_BYTES], struct counter_cipher **ret_cipher)
{
    struct counter_cipher *cipher = calloc(1, sizeof(*cipher));

    if (cipher == NULL)
        return -ENOMEM;
    cipher->cipher = EVP_CIPHER_CTX_new();
    if (cipher->cipher == NULL ||
        EVP_EncryptInit_ex(cipher->cipher, EVP_aes_128_ctr(), NULL, key, NULL) != 1) {
        counter_cipher_destroy(cipher);
        return -EIO;
    }
    hmac_sha1_init(&cipher->hmac, auth_key);
    *ret_cipher = cipher;
    return 0;
}

void counter_cipher_destroy(struct counter_cipher *cipher)
{
    if (cipher == NULL)
        return;
    EVP_CIPHER_CTX_free(cipher->cipher);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
    free(cipher);
}

int counter_cipher_encrypt(struct counter_cipher *cipher,
    const uint8_t iv[static COUNTER_CIPHER_IV_BYTES], uint32_t roll_over,
    const struct rtp_pieces *pieces, uint8_t *out)
{
    size_t len = pieces->header_bytes + pieces->prefix_bytes + pieces->payload_bytes;
    uint8_t *body = out + pieces->header_bytes;
    uint8_t digest[HMAC_SHA1_BYTES], counter[ROLL_OVER_BYTES];
    int written;

    memcpy(out, pieces->header, pieces->header_bytes);
    if (EVP_EncryptInit_ex(cipher->cipher, NULL, NULL, NULL, iv) != 1 ||
        (pieces->prefix_bytes > 0 && EVP_EncryptUpdate(cipher->cipher, body, &written,
                                         pieces->prefix, (int)pieces->prefix_bytes) != 1) ||
        (pieces->payload_bytes > 0 &&
            EVP_EncryptUpdate(cipher->cipher, body + pieces->prefix_bytes, &written,
                pieces->payload, (int)pieces->payload_bytes) != 1))
        return -EIO;
    bytes_put_u32(counter, roll_over);
    hmac_sha1_compute(&cipher->hmac, out, len, counter, sizeof(counter), digest);
    memcpy(out + len, digest, COUNTER_CIPHER_TAG_BYTES);
    return 0;
}

void counter_cipher_prefetch(const struct counter_cipher *cipher)
{
    prefetch(cipher, sizeof(*cipher));
}
