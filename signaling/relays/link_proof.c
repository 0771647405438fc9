#include "signaling/relays/link_proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INPUT_BYTES 512

static void prove(const char *key, const char *const parts[4], char ret_mac[LINK_PROOF_CHARS + 1])
{
    unsigned char input[MAX_INPUT_BYTES];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int mac_len = 0;
    size_t len = 0;

    for (int i = 0; i < 4; i++) {
        size_t part = strlen(parts[i]);

        /* The lengths were checked when the messages were parsed. */
        if (len + part + 1 > sizeof(input))
            abort();
        memcpy(input + len, parts[i], part);
        len += part;
        if (i < 3)
            input[len++] = 0;
    }
    if (!HMAC(EVP_sha256(), key, (int)strlen(key), input, len, mac, &mac_len))
        abort();
    for (unsigned int i = 0; i < mac_len; i++)
        snprintf(ret_mac + 2 * i, 3, "%02x", mac[i]);
}

void link_proof_of_relay(const char *key, const char *relay, const char *hello_nonce,
    const char *register_nonce, char ret_mac[LINK_PROOF_CHARS + 1])
{
    prove(key, (const char *const[4]){"relay", relay, hello_nonce, register_nonce}, ret_mac);
}

void link_proof_of_signaling(const char *key, const char *relay, const char *register_nonce,
    const char *hello_nonce, char ret_mac[LINK_PROOF_CHARS + 1])
{
    prove(key, (const char *const[4]){"signaling", relay, register_nonce, hello_nonce}, ret_mac);
}

bool link_proof_equals(const char *a, const char *b)
{
    return CRYPTO_memcmp(a, b, LINK_PROOF_CHARS) == 0;
}
