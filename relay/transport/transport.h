/*
 * One peer's secure connection: ICE-lite (RFC 8445 section 2.5), DTLS 1.2 passive (RFC 5763/5764)
 * and SRTP (RFC 3711, RFC 7714) over UDP or framed TCP (RFC 4571). Bytes and now_us go in, callbacks
 * come out; it opens no socket and reads no clock, but for OpenSSL's own DTLS timer.
 *
 *   socket → transport_mux (demux RFC 7983, finds the peer) → transport → on_rtp / on_rtcp → routing
 *   routing → transport_send_rtp (encrypts into the shell's buffer) → mux's commit callback → socket
 *
 * Order of trust: a STUN check with valid MESSAGE-INTEGRITY creates the path; DTLS is read only from
 * such a path and only then a TLS object exists; RTP only after the fingerprint matched. Everything
 * else is counted and dropped. All functions run on the worker's thread. Destroying a transport
 * inside one of its own callbacks is allowed: it is marked and swept after the batch.
 */
#ifndef DUET_RELAY_TRANSPORT_TRANSPORT_H
#define DUET_RELAY_TRANSPORT_TRANSPORT_H

#include "relay/wire/rtp.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room a packet buffer must have behind its payload for the SRTP or SRTCP trailer. */
#define TRANSPORT_TRAILER_BYTES 32

/* Largest datagram read or sent. */
#define TRANSPORT_DATAGRAM_BYTES 1500

#define TRANSPORT_UFRAG_CHARS       8
#define TRANSPORT_PWD_CHARS         24
#define TRANSPORT_FINGERPRINT_CHARS 95 /* SHA-256 as "AB:CD:…" */

struct net_address {
    union {
        struct sockaddr base;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
};

/* One way to a peer. IPv4 addresses are kept as AF_INET, never v4-mapped. */
struct transport_path {
    struct net_address remote;
    struct net_address local; /* the address the peer sent to; AF_UNSPEC when unknown */
    uint32_t connection;      /* 0 for UDP, else the id of a TCP connection */
};

struct transport_credentials {
    char ufrag[TRANSPORT_UFRAG_CHARS + 1];
    char pwd[TRANSPORT_PWD_CHARS + 1];
};

/* The certificate all sessions of this relay present; made once at start. */
struct transport_identity;

/* Makes a P-256 key and a self-signed certificate. Returns 0 or -EIO. */
int transport_identity_create(struct transport_identity **ret_identity);
void transport_identity_destroy(struct transport_identity *identity);

/* "AB:CD:…", owned by the identity. */
const char *transport_identity_fingerprint(const struct transport_identity *identity);

enum transport_drop {
    TRANSPORT_DROP_UNKNOWN_PEER,   /* no session for that ufrag or address, or another's address */
    TRANSPORT_DROP_MALFORMED,      /* not STUN, DTLS, RTP or RTCP, or a wrong length */
    TRANSPORT_DROP_STUN_INTEGRITY, /* MESSAGE-INTEGRITY or FINGERPRINT wrong */
    TRANSPORT_DROP_EARLY_DTLS,     /* DTLS from an address without an authenticated check */
    TRANSPORT_DROP_DTLS_RECORD,    /* record header shorter or longer than the datagram says */
    TRANSPORT_DROP_HALF_OPEN,      /* over the cap of handshakes in progress */
    TRANSPORT_DROP_HANDSHAKES,     /* too many of their datagrams wait; the client repeats it */
    TRANSPORT_DROP_EARLY_RTP,      /* before the keys */
    TRANSPORT_DROP_SRTP_AUTH,
    TRANSPORT_DROP_SRTP_REPLAY,
    TRANSPORT_DROP_SSRC_LIMIT, /* more senders in one session than anyone needs */
    TRANSPORT_DROP_SEND,       /* socket full or unreachable */
    TRANSPORT_DROP_COUNT,
};

struct transport_mux_params {
    const struct transport_identity *identity; /* borrowed */
    size_t max_half_open;                      /* handshakes at a time; 0 = 512 */
    uint64_t handshake_timeout_us;             /* 0 = 10 s */
    uint64_t consent_timeout_us;               /* silence that ends a session; 0 = 30 s */

    /* Sends one datagram (UDP) or one framed message (TCP). Returns 0 or a negative errno. It may
     * report a broken connection by transport_mux_connection_closed(), and calls nothing else. */
    int (*send)(void *user, const struct transport_path *path, const uint8_t *data, size_t len);
    /* Media is written where it leaves from: room for one datagram or message of up to capacity bytes,
     * NULL when there is none now. Nothing else is sent before commit, unless the packet is given up. */
    uint8_t *(*reserve)(void *user, const struct transport_path *path, size_t capacity);
    /* What was written into the room just reserved, len bytes of it, is to be sent. */
    void (*commit)(void *user, const struct transport_path *path, size_t len);
    /* The mux will not use this TCP connection any more: the shell may close it, but not before the
     * call that led here has returned. NULL is allowed. */
    void (*on_connection_unused)(void *user, uint32_t connection);
    void *user;
};

struct transport_mux;

int transport_mux_create(const struct transport_mux_params *params, struct transport_mux **ret_mux);
/* Every transport must have been destroyed. */
void transport_mux_destroy(struct transport_mux *mux);

/* One datagram or framed message. data is modified (decryption in place). */
void transport_mux_receive(struct transport_mux *mux, const struct transport_path *path,
    uint8_t *data, size_t len, uint64_t now_us);

/* A TCP connection closed: paths over it are forgotten. */
void transport_mux_connection_closed(struct transport_mux *mux, uint32_t connection);

/* Some steps of handshakes, timers (handshake, consent, DTLS retransmission) and sweeping. Call at least
 * every 20 ms and after each batch of transport_mux_receive(). */
void transport_mux_tick(struct transport_mux *mux, uint64_t now_us);
/* Handshakes wait for the next tick, which should come at once. */
bool transport_mux_has_work(const struct transport_mux *mux);

uint64_t transport_mux_drops(const struct transport_mux *mux, enum transport_drop reason);
const char *transport_drop_name(enum transport_drop reason);

enum transport_state {
    TRANSPORT_NEW,
    TRANSPORT_CHECKED,   /* an authenticated check came: there is a path */
    TRANSPORT_CONNECTED, /* DTLS done and fingerprint matched: media flows */
    TRANSPORT_CLOSED,    /* close_notify, consent lost, handshake timed out or fingerprint wrong */
};

enum transport_close_reason {
    TRANSPORT_CLOSE_NONE,
    TRANSPORT_CLOSE_PEER,        /* close_notify */
    TRANSPORT_CLOSE_CONSENT,     /* nothing authenticated for consent_timeout_us */
    TRANSPORT_CLOSE_HANDSHAKE,   /* not done in handshake_timeout_us */
    TRANSPORT_CLOSE_FINGERPRINT, /* certificate is not the one the SDP named */
};

struct transport;

struct transport_params {
    const char *remote_fingerprint; /* SHA-256 from the offer, any case; copied */
    /* User name of the offer, for logs: ICE-lite itself sends no checks. */
    const char *remote_ufrag; /* copied */

    /* Callbacks get data that is valid only during the call and may be modified. */
    void (*on_rtp)(void *user, uint8_t *data, size_t len, uint64_t now_us);
    void (*on_rtcp)(void *user, uint8_t *data, size_t len, uint64_t now_us);
    void (*on_state)(void *user, enum transport_state state, enum transport_close_reason reason,
        uint64_t now_us);
    void *user;
};

/* Registers a session with fresh credentials; it waits for checks at once. The consent time starts
 * at now_us. Returns 0, -ENOMEM or -EINVAL for a fingerprint that is not SHA-256. */
int transport_create(struct transport_mux *mux, const struct transport_params *params,
    uint64_t now_us, struct transport **ret_transport);

/* Sends close_notify where there is a path; NULL is allowed. No callback comes after it. */
void transport_destroy(struct transport *transport);

const struct transport_credentials *transport_credentials(const struct transport *transport);
enum transport_state transport_get_state(const struct transport *transport);
/* NULL before the first authenticated check. */
const struct transport_path *transport_get_path(const struct transport *transport);
/* "AEAD_AES_128_GCM", "AES128_CM_HMAC_SHA1_80" or "". */
const char *transport_srtp_profile(const struct transport *transport);

/*
 * ICE restart (RFC 8445 section 9): fresh credentials are accepted beside the old ones; with the first
 * check that uses them the old ones go. DTLS and SRTP stay. A restart that never completes leaves the
 * session as it was, and a silent session has handshake_timeout_us left for it, once. The new credentials
 * are returned by transport_credentials(). Returns 0, -EINVAL for a user name over 256 characters, or
 * -ENOTCONN when the session is closed.
 */
int transport_restart(struct transport *transport, const char *remote_ufrag, uint64_t now_us);

/* Encrypts the packet into the shell's buffer for the current path. Returns 0, -ENOTCONN before keys,
 * -EINVAL for what is no RTP, -EALREADY for a sequence number that was sent before (only AES128_CM can send
 * one twice, with the same payload: with GCM a changed header extension under the same nonce would give
 * the key of the tag away), or -EAGAIN when the shell has no room (the packet may be sent again). */
int transport_send_rtp(struct transport *transport, const struct rtp_pieces *pieces);

/* transport_send_rtp() will be called soon: fetches what it reads, in TRANSPORT_PREFETCH_STEPS steps from 0
 * on, each of which follows pointers that the one before fetched. */
#define TRANSPORT_PREFETCH_STEPS 3
void transport_prefetch(const struct transport *transport, unsigned step);

/* Encrypts packet in place (capacity ≥ len + TRANSPORT_TRAILER_BYTES) and sends it on the current path.
 * Returns 0, -ENOTCONN before keys, -EINVAL for what is no RTCP, -EOVERFLOW when its key is used up, or a
 * negative errno from the cipher or the socket (packet lost). */
int transport_send_rtcp(struct transport *transport, uint8_t *packet, size_t len);

#endif
