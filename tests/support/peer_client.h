/*
 * A media peer for tests and load: the controlling side of ICE, a DTLS client (or server) and SRTP. DTLS and SRTP
 * are written apart from the relay's own code (OpenSSL and libsrtp only), so that a mistake shared by
 * both cannot hide; STUN is relay/wire's, whose own tests hold the RFC's vectors and what browsers sent.
 *
 *   test → peer_client_receive / peer_client_tick → callbacks → test or peer_socket → relay
 *
 * Bytes and now_us go in, datagrams come out of params.send; it opens no socket (peer_socket.h does)
 * and reads no clock, but for OpenSSL's DTLS timer. One thread per client.
 */
#ifndef DUET_TESTS_SUPPORT_PEER_CLIENT_H
#define DUET_TESTS_SUPPORT_PEER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room behind a packet given to peer_client_send_rtp() or _rtcp(). */
#define PEER_TRAILER_BYTES 32

#define PEER_UFRAG_CHARS 8
#define PEER_PWD_CHARS   24

/* Certificate and DTLS settings that any number of clients share. */
struct peer_context;

struct peer_context_params {
    const char *srtp_profiles;  /* NULL = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80" */
    size_t hello_padding_bytes; /* makes the ClientHello as large as a post-quantum one */
    size_t link_mtu_bytes;      /* 0 = 1200; small ones fragment the hello */
    bool rsa;                   /* an RSA-2048 certificate, as GStreamer has, instead of P-256 */
};

/* Returns 0, -ENOMEM or -EIO. */
int peer_context_create(
    const struct peer_context_params *params, struct peer_context **ret_context);
void peer_context_destroy(struct peer_context *context);
/* SHA-256 of the certificate as "AB:CD:…", for an offer. */
const char *peer_context_fingerprint(const struct peer_context *context);

enum peer_state {
    PEER_NEW,
    PEER_CHECKED,   /* a check was answered; DTLS begins */
    PEER_CONNECTED, /* SRTP keys are there */
    PEER_CLOSED,    /* close_notify, or a failure: see peer_client_error() */
};

struct peer_client_params {
    struct peer_context *context; /* borrowed */
    bool no_nomination;           /* checks go without USE-CANDIDATE */
    uint64_t check_interval_us;   /* after the first answer; 0 = 2.5 s */

    /* One datagram or one TCP message. */
    void (*send)(void *user, const uint8_t *data, size_t len);
    /* Decrypted packets, valid during the call; NULL = only counted. */
    void (*on_rtp)(void *user, const uint8_t *data, size_t len);
    void (*on_rtcp)(void *user, const uint8_t *data, size_t len);
    void (*on_state)(void *user, enum peer_state state); /* NULL is allowed */
    void *user;
};

struct peer_counters {
    uint64_t checks_sent;
    uint64_t checks_answered;
    uint64_t role_conflicts; /* 487 */
    uint64_t rtp_received;
    uint64_t rtcp_received;
    uint64_t srtp_failures;
};

struct peer_client;

/* Returns 0, -ENOMEM or -EIO. */
int peer_client_create(const struct peer_client_params *params, struct peer_client **ret_client);
void peer_client_destroy(struct peer_client *client);

/* For the offer. */
const char *peer_client_ufrag(const struct peer_client *client);
const char *peer_client_pwd(const struct peer_client *client);

/* From the answer; also after an ICE restart. fingerprint NULL = believed. Checks begin with the next
 * tick. Returns 0 or -EINVAL for texts that are too long. */
int peer_client_set_remote(
    struct peer_client *client, const char *ufrag, const char *pwd, const char *fingerprint);

/* The other side is the DTLS client (a=setup:active in its answer): this one waits for its hello. After
 * _set_remote(), before the first tick. */
void peer_client_set_dtls_server(struct peer_client *client);
/* A fresh user name and password, for the fragment of an ICE restart. */
void peer_client_renew(struct peer_client *client);

/* Sends what is due: checks, DTLS flights. Every 5–50 ms. */
void peer_client_tick(struct peer_client *client, uint64_t now_us);

/* One datagram or one TCP message from the relay; modified. */
void peer_client_receive(struct peer_client *client, uint8_t *data, size_t len, uint64_t now_us);

/* One check at once, for tests that forge: pwd NULL = the right one. */
void peer_client_send_check(
    struct peer_client *client, const char *pwd, bool use_candidate, bool controlling);

/* What DTLS agreed on, for who reads or writes SRTP without this client's libsrtp. */
struct peer_keys {
    bool gcm; /* else AES128_CM_SHA1_80 */
    uint8_t local_key[16];
    uint8_t local_salt[14]; /* 12 with GCM */
    uint8_t remote_key[16];
    uint8_t remote_salt[14];
};

/* Returns 0, or -ENOTCONN before the keys. */
int peer_client_export_keys(const struct peer_client *client, struct peer_keys *ret_keys);

/* Encrypts in place and sends. Returns 0, -ENOTCONN before the keys, or -EINVAL. */
int peer_client_send_rtp(struct peer_client *client, uint8_t *packet, size_t len);
int peer_client_send_rtcp(struct peer_client *client, uint8_t *packet, size_t len);

/* Forgets a sender, for tests that send with more SSRCs than memory would hold. */
void peer_client_forget_ssrc(struct peer_client *client, uint32_t ssrc);

/* Begins DTLS without waiting for an answered check, as no client may. */
void peer_client_start_dtls(struct peer_client *client);

/* Sends close_notify. */
void peer_client_close(struct peer_client *client);

enum peer_state peer_client_state(const struct peer_client *client);
const struct peer_counters *peer_client_counters(const struct peer_client *client);
/* "SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80" or "". */
const char *peer_client_srtp_profile(const struct peer_client *client);
/* Why it is PEER_CLOSED, or "". */
const char *peer_client_error(const struct peer_client *client);

#endif
