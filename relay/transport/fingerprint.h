/*
 * Certificate fingerprints (RFC 8122 section 5): 32 bytes of SHA-256 and their "AB:CD:…" text. Pure;
 * any thread.
 */
#ifndef DUET_RELAY_TRANSPORT_FINGERPRINT_H
#define DUET_RELAY_TRANSPORT_FINGERPRINT_H

#include "relay/transport/transport.h"

#include <openssl/x509.h>

#define FINGERPRINT_BYTES 32

/* Upper or lower case, exactly 32 bytes. Returns 0 or -EINVAL. */
int fingerprint_parse(const char *text, uint8_t ret_digest[static FINGERPRINT_BYTES]);

void fingerprint_format(const uint8_t digest[static FINGERPRINT_BYTES],
    char ret_text[static TRANSPORT_FINGERPRINT_CHARS + 1]);

/* Returns 0 or -EIO. */
int fingerprint_of_certificate(
    const X509 *certificate, uint8_t ret_digest[static FINGERPRINT_BYTES]);

#endif
