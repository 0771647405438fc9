/*
 * One DTLS 1.2 server connection (RFC 6347, RFC 5764) on OpenSSL: datagrams in, datagrams out, and at
 * the end the peer's certificate fingerprint and the SRTP keys.
 *
 *   transport → dtls_session_receive → OpenSSL → send callback → transport → socket
 *
 * Made only for peers that ICE authenticated, which is why there are no cookies: the return path is
 * proven. A handshake that fails is begun anew with the next hello, since what made it fail was not
 * authenticated. Worker's thread; only the retransmission timer reads a clock, OpenSSL's own.
 */
#ifndef DUET_RELAY_TRANSPORT_DTLS_H
#define DUET_RELAY_TRANSPORT_DTLS_H

#include "relay/transport/fingerprint.h"
#include "relay/transport/srtp.h"

/* Largest datagram sent: fits any path that carries IPv6 and a tunnel or two. */
#define DTLS_LINK_MTU_BYTES 1200

struct dtls_context; /* settings shared by all connections of a mux */
struct dtls_session;

/* identity is borrowed for the context's life. Returns 0, -ENOMEM or -EIO. */
int dtls_context_create(
    const struct transport_identity *identity, struct dtls_context **ret_context);
void dtls_context_destroy(struct dtls_context *context);

enum dtls_status {
    DTLS_HANDSHAKING,
    DTLS_ESTABLISHED,
    /* it is over: */
    DTLS_CLOSED, /* authenticated close_notify or fatal alert of the peer */
    DTLS_FAILED, /* the handshake cannot go on: destroy it and wait for another hello */
};

/* send gets one datagram; its result is ignored, DTLS repeats what is lost. Returns 0 or -ENOMEM. */
int dtls_session_create(struct dtls_context *context,
    void (*send)(void *user, const uint8_t *data, size_t len), void *user,
    struct dtls_session **ret_session);
void dtls_session_destroy(struct dtls_session *session);

/* One datagram that dtls_record_filter() let pass; modified. */
enum dtls_status dtls_session_receive(struct dtls_session *session, uint8_t *data, size_t len);

/* Repeats a flight that is due. */
enum dtls_status dtls_session_tick(struct dtls_session *session);

enum dtls_status dtls_session_status(const struct dtls_session *session);

/* Why it failed, for logs. */
const char *dtls_session_error(const struct dtls_session *session);

/* After DTLS_ESTABLISHED. Returns 0 or -EIO. */
int dtls_session_fingerprint(
    const struct dtls_session *session, uint8_t ret_digest[static FINGERPRINT_BYTES]);

/* After DTLS_ESTABLISHED. The caller wipes the material. Returns 0, or -EPROTO when no profile was
 * agreed on. */
int dtls_session_export_srtp(
    const struct dtls_session *session, struct srtp_material *ret_material);

/* Sends close_notify when established. */
void dtls_session_close(struct dtls_session *session);

#endif
