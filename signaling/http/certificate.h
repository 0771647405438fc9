/*
 * The TLS certificate while the server runs: read anew when its files change, so that a renewal needs
 * no restart (open connections keep what they have), and warnings as its end comes nearer. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CERTIFICATE_H
#define DUET_SIGNALING_HTTP_CERTIFICATE_H

#include <openssl/ssl.h>
#include <stdint.h>

#define CERTIFICATE_CHECK_US UINT64_C(2000000)

struct certificate_stamp {
    int64_t inode;
    int64_t size;
    int64_t changed_s;
    int64_t changed_ns;
};

struct certificate {
    /* borrowed */
    SSL_CTX *served; /* the server's; NULL without TLS */
    const char *path;
    const char *key_path;

    /* owned */
    SSL_CTX *renewed; /* holds the certificate and key in use; NULL while they are served's own */

    /* state */
    struct certificate_stamp seen[2]; /* certificate, key */
    struct certificate_stamp loaded[2];
    uint64_t next_check_us;
    int warned; /* urgency of the last warning */
};

/* served has been given the two files' certificate and key; the paths must outlive the certificate. */
void certificate_init(
    struct certificate *certificate, SSL_CTX *served, const char *path, const char *key_path);

/* After served is gone. */
void certificate_finish(struct certificate *certificate);

/* Call often; looks at the files every CERTIFICATE_CHECK_US. */
void certificate_tick(struct certificate *certificate, uint64_t now_us);

/* 0 = more than 30 days left, 1, 2, 3 = at most 30, 14, 3 days, 4 = expired. */
int certificate_urgency(int64_t left_s);

#endif
