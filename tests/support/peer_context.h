/* What peer_client.c needs of a peer_context; made in peer_context.c. */
#ifndef DUET_TESTS_SUPPORT_PEER_CONTEXT_H
#define DUET_TESTS_SUPPORT_PEER_CONTEXT_H

#include "tests/support/peer_client.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#define PEER_FINGERPRINT_CHARS 95

struct peer_context {
    SSL_CTX *ssl;       /* owned */
    BIO_METHOD *method; /* owned; BIO_set_data() must get a struct peer_datagrams */
    size_t link_mtu_bytes;
    size_t hello_padding_bytes;
    uint8_t *hello_padding; /* owned */
    char fingerprint[PEER_FINGERPRINT_CHARS + 1];
};

/* The two ends of a connection's BIO: one datagram per read and per write. */
struct peer_datagrams {
    const uint8_t *input; /* borrowed while it is read, else NULL */
    size_t input_len;
    void (*send)(void *user, const uint8_t *data, size_t len);
    void *user;
};

/* "AB:CD:…" of a certificate. Returns 0 or -EIO. */
int peer_fingerprint(const X509 *certificate, char ret_text[static PEER_FINGERPRINT_CHARS + 1]);

#endif
