/*
 * What dtls.c needs of the relay's identity. Made once at start, read-only afterwards: workers on
 * several threads may share one.
 */
#ifndef DUET_RELAY_TRANSPORT_IDENTITY_H
#define DUET_RELAY_TRANSPORT_IDENTITY_H

#include "relay/transport/transport.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Both owned by the identity. */
EVP_PKEY *transport_identity_key(const struct transport_identity *identity);
X509 *transport_identity_certificate(const struct transport_identity *identity);

#endif
