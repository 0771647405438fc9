/*
 * One webrtcbin with everything that publishing and watching share: bundled transport, the
 * candidates of loopback-only machines, the offer with its candidates, the answer, the connection
 * state and the figures of its RTP sessions. WHIP and WHEP sessions stand on it.
 *
 * GLib style: create, use and free it on one thread; every callback runs in that thread's default
 * main context (the one that was thread-default at creation), never inside webrtcbin's own threads,
 * and none runs after webrtc_peer_free(). Owns its webrtcbin; the bin it was put in stays the
 * caller's, who brings it to PLAYING and down to NULL.
 *
 * Order: new → link or add transceivers on webrtc_peer_element() → bin to PLAYING →
 * webrtc_peer_create_offer() → on_offer → webrtc_peer_set_answer() → on_state CONNECTED.
 */
#ifndef DUET_MEDIA_WEBRTC_PEER_H
#define DUET_MEDIA_WEBRTC_PEER_H

#include "media/red_sdp.h"

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

/* Gathering that is not complete by then goes on without us: the offer has what was found. */
#define WEBRTC_PEER_GATHERING_MS 500

enum webrtc_peer_state {
    WEBRTC_PEER_NEW,        /* no answer yet */
    WEBRTC_PEER_CONNECTING, /* answer set; ICE or DTLS at work */
    WEBRTC_PEER_CONNECTED,  /* media can flow */
    WEBRTC_PEER_FAILED,     /* ICE or DTLS gave up, or webrtcbin closed: make a new one */
};

struct webrtc_peer;

struct webrtc_peer_callbacks {
    /* The complete offer (borrowed), ready to be POSTed. Once. */
    void (*on_offer)(void *user, const char *offer_sdp);
    /* Each change of state, in order. error (borrowed) explains FAILED, else NULL. */
    void (*on_state)(void *user, enum webrtc_peer_state state, const GError *error);
};

struct webrtc_peer_params {
    GstBin *bin;             /* webrtcbin is added to it; borrowed, must outlive the peer */
    const char *name;        /* webrtcbin's element name, or NULL */
    const char *server_url;  /* loopback candidates are offered when its host is on loopback */
    const char *stun_server; /* "stun://host:port", or NULL or "" */
    const char *const *turn_servers; /* "turn(s)://user:password@host:port", NULL-ended, or NULL */
    guint latency_ms;                /* jitter buffer of received media */
    bool redundant_audio; /* offer RED_PAYLOAD_TYPE; packing and unpacking is the caller's */
    void (*edit_offer)(GstSDPMessage *offer); /* adds what webrtcbin cannot write, or NULL */
    struct webrtc_peer_callbacks callbacks;   /* any may be NULL */
    void *user;
};

/* Seen from here: sent figures are of our own streams and what the other end reports about them. */
struct webrtc_peer_stats {
    double round_trip_ms; /* -1 until a report told it */
    uint64_t bytes_sent;  /* RTP, without retransmissions of other sessions */
    uint64_t packets_sent;
    uint64_t packets_sent_lost; /* as reported by the other end's receiver reports */
    double sent_loss_percent;   /* last report's fraction lost, worst stream */
    uint64_t bytes_received;
    uint64_t packets_received;
    uint64_t packets_received_lost;
    double received_jitter_ms; /* worst stream */
    bool has_twcc;             /* transport-cc feedback arrived; else the next three are 0 */
    uint64_t twcc_sent_bps;
    uint64_t twcc_received_bps;
    double twcc_loss_percent;
    double twcc_delta_of_delta_us; /* mean; positive means that delay grows */
};

/* NULL with error when webrtcbin or one of its helpers is not installed. */
struct webrtc_peer *webrtc_peer_new(const struct webrtc_peer_params *params, GError **error);

/* Takes webrtcbin out of the bin and down to NULL. NULL-safe. */
void webrtc_peer_free(struct webrtc_peer *peer);

/* The webrtcbin, to request pads, add transceivers and connect pad-added. Borrowed. */
GstElement *webrtc_peer_element(struct webrtc_peer *peer);

/* Makes the offer from the transceivers there are. A failure comes as state FAILED. */
void webrtc_peer_create_offer(struct webrtc_peer *peer);

/* Returns false with error for SDP that does not parse; later failures come as state FAILED. */
bool webrtc_peer_set_answer(struct webrtc_peer *peer, const char *answer_sdp, GError **error);

/* What the answer made of the offered redundancy; RED_SDP_REFUSED before it came. */
enum red_sdp_answer webrtc_peer_redundant_audio(const struct webrtc_peer *peer);

enum webrtc_peer_state webrtc_peer_state(const struct webrtc_peer *peer);

/* Whether a connected peer's other end sent nothing (RTP or RTCP) for 1 s, or for four times its mean
 * interval where that is longer. clock_now_us() domain. */
bool webrtc_peer_is_silent(const struct webrtc_peer *peer, uint64_t now_us);

/* Never blocks for long; zeros before the connection. */
void webrtc_peer_read_stats(struct webrtc_peer *peer, struct webrtc_peer_stats *ret_stats);

/* rtpsession element of the (bundled) transport for figures beyond those above, or NULL. Unref it. */
GObject *webrtc_peer_rtp_session(struct webrtc_peer *peer);

#endif
