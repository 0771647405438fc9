/* The plain hash functions have no counterpart in OpenSSL 3 whose state can be copied as a value. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "relay/transport/hmac_sha1.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK_BYTES 64

static void hash_block(SHA_CTX *state, const uint8_t *key, uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];

    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < HMAC_SHA1_KEY_BYTES; i++)
        block[i] ^= key[i];
    SHA1_Init(state);
    SHA1_Update(state, block, sizeof(block));
    OPENSSL_cleanse(block, sizeof(block));
}

void hmac_sha1_init(struct hmac_sha1 *hmac, const uint8_t key[HMAC_SHA1_KEY_BYTES])
{
    hash_block(&hmac->inner, key, 0x36);
    hash_block(&hmac->outer, key, 0x5c);
}

void hmac_sha1_compute(const struct hmac_sha1 *hmac, const uint8_t *data, size_t len,
    const uint8_t *tail, size_t tail_len, uint8_t ret_tag[HMAC_SHA1_BYTES])
{
    uint8_t digest[HMAC_SHA1_BYTES];
    SHA_CTX state = hmac->inner;

    SHA1_Update(&state, data, len);
    SHA1_Update(&state, tail, tail_len);
    SHA1_Final(digest, &state);
    state = hmac->outer;
    SHA1_Update(&state, digest, sizeof(digest));
    SHA1_Final(ret_tag, &state);
}
