/*
 * Incoming SRTP of one peer (RFC 3711, RFC 7714) on libsrtp2, with keys from DTLS (RFC 5764 section 4.2).
 * What hundreds of viewers multiply goes another, faster way: outgoing RTP by srtp_sender.h, RTCP by
 * srtcp_sender.h and srtcp_receiver.h.
 *
 *   mux → srtp_session_unprotect_rtp → routing
 *
 * A packet is accepted once: the replay window is 1024 packets. State per SSRC is made only by
 * packets that authenticate, and for SRTP_MAX_SSRCS of them; later ones are refused rather than put
 * in place of older ones, since forgetting an SSRC would forget what was already received from it
 * and open the session to replay. Worker's thread. Nothing allocates but the first packet of an SSRC.
 */
#ifndef DUET_RELAY_TRANSPORT_SRTP_H
#define DUET_RELAY_TRANSPORT_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two per m-line of the largest offer we take would be 48, but receivers report with one SSRC per
 * m-line at most and a publisher sends at most eight. */
#define SRTP_MAX_SSRCS 32

#define SRTP_REPLAY_WINDOW 1024

/* Longest client key, server key, client salt and server salt together: 2 × (16 + 14). */
#define SRTP_MATERIAL_BYTES 60

enum srtp_profile {
    SRTP_PROFILE_NONE,
    SRTP_PROFILE_AES128_CM_SHA1_80,
    SRTP_PROFILE_AEAD_AES_128_GCM,
};

struct srtp_material {
    enum srtp_profile profile;
    uint8_t keys[SRTP_MATERIAL_BYTES]; /* as exported: client key, server key, client salt, … */
};

/* libsrtp starts once per process; every user of it calls this first. Thread-safe. Returns 0 or -EIO. */
int srtp_library_start(void);

/* Bytes of keying material to export for a profile; 0 for SRTP_PROFILE_NONE. */
size_t srtp_profile_material_bytes(enum srtp_profile profile);
/* "AEAD_AES_128_GCM", "AES128_CM_HMAC_SHA1_80" or "". */
const char *srtp_profile_name(enum srtp_profile profile);

struct srtp_session;

/* For the DTLS server: receives with the client's keys. Returns 0, -ENOMEM, -EINVAL or -EIO. */
int srtp_session_create(const struct srtp_material *material, struct srtp_session **ret_session);
void srtp_session_destroy(struct srtp_session *session);

enum srtp_profile srtp_session_profile(const struct srtp_session *session);

/* In place. Returns 0 and the plain length, -EBADMSG for a malformed packet, -EACCES for a wrong tag,
 * -EALREADY for a replay, -ENOBUFS for an SSRC too many. */
int srtp_session_unprotect_rtp(
    struct srtp_session *session, uint8_t *data, size_t len, size_t *ret_len);

#endif
