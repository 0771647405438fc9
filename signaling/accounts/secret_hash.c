#include "signaling/accounts/secret_hash.h"

#include <sodium.h>
#include <string.h>

void secret_hash(const char *secret, char ret_hash[SECRET_HASH_CHARS + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, (const unsigned char *)secret, strlen(secret));
    sodium_bin2hex(ret_hash, SECRET_HASH_CHARS + 1, digest, sizeof(digest));
}
