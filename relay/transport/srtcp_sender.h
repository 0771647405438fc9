/*
 * Encrypts outgoing SRTCP (RFC 3711 section 3.4, RFC 7714 section 9): a report a second to every viewer and
 * feedback to publishers. On Debian's libsrtp, which stands on NSS, those few reports were 7% of the relay's
 * processor time at 300 viewers (docs/decisions/srtp-by-openssl.md).
 *
 *   routing → on_rtcp of the session → srtcp_sender_protect → the shell's socket
 *
 * One index counts for all SSRCs of the session: each has indexes that rise, and no nonce comes twice. One per
 * peer, beside its srtp_session; worker's thread. Nothing allocates but creation.
 */
#ifndef DUET_RELAY_TRANSPORT_SRTCP_SENDER_H
#define DUET_RELAY_TRANSPORT_SRTCP_SENDER_H

#include "relay/transport/srtp.h"

struct srtcp_sender;

/* For the DTLS server: sends with the server's keys. Returns 0, -ENOMEM, -EINVAL or -EIO. */
int srtcp_sender_create(const struct srtp_material *material, struct srtcp_sender **ret_sender);
void srtcp_sender_destroy(struct srtcp_sender *sender);

/* In place; data has TRANSPORT_TRAILER_BYTES of room behind len. Returns 0 and the new length, -EINVAL for
 * what is no RTCP, -EOVERFLOW when the key has no index left, or -EIO. */
int srtcp_sender_protect(struct srtcp_sender *sender, uint8_t *data, size_t len, size_t *ret_len);

#endif
