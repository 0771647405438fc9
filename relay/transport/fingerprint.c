#include "relay/transport/fingerprint.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int fingerprint_parse(const char *text, uint8_t ret_digest[static FINGERPRINT_BYTES])
{
    uint8_t digest[FINGERPRINT_BYTES];

    if (strnlen(text, TRANSPORT_FINGERPRINT_CHARS + 1) != TRANSPORT_FINGERPRINT_CHARS)
        return -EINVAL;
    for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
        int high = hex_value(text[i * 3]);
        int low = hex_value(text[i * 3 + 1]);

        if (high < 0 || low < 0 || (i + 1 < FINGERPRINT_BYTES && text[i * 3 + 2] != ':'))
            return -EINVAL;
        digest[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(ret_digest, digest, sizeof(digest));
    return 0;
}

void fingerprint_format(const uint8_t digest[static FINGERPRINT_BYTES],
    char ret_text[static TRANSPORT_FINGERPRINT_CHARS + 1])
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
        ret_text[i * 3] = hex[digest[i] >> 4];
        ret_text[i * 3 + 1] = hex[digest[i] & 15];
        ret_text[i * 3 + 2] = ':';
    }
    ret_text[TRANSPORT_FINGERPRINT_CHARS] = '\0';
}

int fingerprint_of_certificate(
    const X509 *certificate, uint8_t ret_digest[static FINGERPRINT_BYTES])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 || len != FINGERPRINT_BYTES)
        return -EIO;
    memcpy(ret_digest, digest, FINGERPRINT_BYTES);
    return 0;
}
