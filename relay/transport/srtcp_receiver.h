/*
 * Authenticates and decrypts incoming SRTCP (RFC 3711 section 3.4, RFC 7714 section 9) by srtcp_cipher.h: every
 * viewer sends transport-wide feedback ten times a second, which made it the relay's most frequent work
 * after sending. For 120 bytes and 512 peers OpenSSL was measured at 0.6 µs (GCM) and 1.1 µs (counter mode);
 * Debian's libsrtp, which stands on NSS, at 3.4 and 13.7 µs.
 *
 *   mux → transport → srtcp_receiver_unprotect → on_rtcp → routing
 *
 * A packet is accepted once: each sender's SSRC has a window of the last SRTCP_REPLAY_WINDOW indexes, and
 * the 31-bit index never wraps. State of an SSRC is made only by a packet that authenticates, and for
 * SRTP_MAX_SSRCS of them, for the reasons in srtp.h. One per peer, beside its srtp_session; worker's
 * thread. Nothing allocates but creation.
 */
#ifndef DUET_RELAY_TRANSPORT_SRTCP_RECEIVER_H
#define DUET_RELAY_TRANSPORT_SRTCP_RECEIVER_H

#include "relay/transport/srtp.h"

/* Seconds of feedback; reports are never later than that. */
#define SRTCP_REPLAY_WINDOW 128

struct srtcp_receiver;

/* For the DTLS server: receives with the client's keys. Returns 0, -ENOMEM, -EINVAL or -EIO. */
int srtcp_receiver_create(
    const struct srtp_material *material, struct srtcp_receiver **ret_receiver);
void srtcp_receiver_destroy(struct srtcp_receiver *receiver);

/*
 * In place; after a failure the data is of no use. Returns 0 and the plain length, -EBADMSG for a
 * malformed packet, -EACCES for a wrong tag or one that is not encrypted (our peers' always are),
 * -EALREADY for a replay or one older than the window, -ENOBUFS for an SSRC too many.
 */
int srtcp_receiver_unprotect(
    struct srtcp_receiver *receiver, uint8_t *data, size_t len, size_t *ret_len);

#endif
