/*
 * Encrypts outgoing RTP (RFC 3711, RFC 7714), the relay's most frequent work by far, once per packet and
 * viewer: which number a packet has and whether it may be sent; the ciphers are gcm_cipher.h and
 * counter_cipher.h. The other directions are srtp.h's. One per peer, beside its srtp_session; worker's
 * thread. Nothing allocates but the first packet of an SSRC.
 */
#ifndef DUET_RELAY_TRANSPORT_SRTP_SENDER_H
#define DUET_RELAY_TRANSPORT_SRTP_SENDER_H

#include "relay/transport/srtp.h"
#include "relay/wire/rtp.h"

/* Outgoing SSRCs, their RTX included: more than any offer has m-lines for. */
#define SRTP_SENDER_MAX_SSRCS 128

struct srtp_sender;

/* For the DTLS server: sends with the server's keys. Returns 0, -ENOMEM, -EINVAL or -EIO. */
int srtp_sender_create(const struct srtp_material *material, struct srtp_sender **ret_sender);
void srtp_sender_destroy(struct srtp_sender *sender);

/*
 * Encrypts one packet into out, which has room for all pieces and TRANSPORT_TRAILER_BYTES. Returns 0 and
 * the length, -EINVAL for what is no RTP header, -ENOBUFS for an SSRC too many, -EALREADY for a packet
 * that was sent before or is older than the last SRTP_REPLAY_WINDOW, -ENOMEM or -EIO. Counter mode may
 * send a packet of the window again, with the same payload.
 */
int srtp_sender_protect(
    struct srtp_sender *sender, const struct rtp_pieces *pieces, uint8_t *out, size_t *ret_len);

/* A packet is to be protected soon: fetches what that reads, in two steps, 0 and 1. */
void srtp_sender_prefetch(const struct srtp_sender *sender, unsigned step);

/* RFC 3711 section 4.3.1 and 4.3.3 with a key derivation rate of 0: len bytes for a label. salt_bytes
 * is 14, or 12 with GCM (RFC 7714 section 11). Returns 0 or -EIO. */
int srtp_derive_key(const uint8_t *master_key, const uint8_t *master_salt, size_t salt_bytes,
    uint8_t label, uint8_t *ret_key, size_t len);

#endif
