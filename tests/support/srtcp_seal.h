/*
 * Encrypts RTCP under any index, as a DTLS client would (RFC 3711 section 3.4, RFC 7714 section 9): libsrtp
 * counts from one and would reach the last indexes after years. Slow and plain; tests hold it against
 * libsrtp.
 */
#ifndef DUET_TESTS_SUPPORT_SRTCP_SEAL_H
#define DUET_TESTS_SUPPORT_SRTCP_SEAL_H

#include "relay/transport/srtp.h"

/* In place; data has TRANSPORT_TRAILER_BYTES of room behind len. Returns the new length, 0 when OpenSSL
 * fails. */
size_t srtcp_seal(const struct srtp_material *material, uint8_t *data, size_t len, uint32_t index);

#endif
