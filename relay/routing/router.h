/*
 * Routing: published streams, the viewers that take them, and everything between one RTP packet in
 * and many out: SSRC, sequence and timestamp rewriting, retransmission, keyframe cache and requests,
 * sender and receiver reports, transport-wide feedback.
 *
 *   transport.on_rtp → stream_receive_rtp → (decrypted packet) → caches of the layer
 *   end of the turn → router_fan_out → each slot takes what is new → send_rtp → transport
 *
 * A router belongs to one worker and runs on its thread; it never reads a clock and never blocks.
 * Streams and subscribers are named by lesson and source; either may exist first. Protocol rules:
 * RFC 3550, 3551, 4585, 4588, 5104, 8285, 8852, 8853, draft-holmer-rmcat-transport-wide-cc-extensions.
 */
#ifndef DUET_RELAY_ROUTING_ROUTER_H
#define DUET_RELAY_ROUTING_ROUTER_H

#include "relay/routing/exchange.h"
#include "relay/routing/media_params.h"
#include "relay/wire/rtp.h"

#include <jansson.h>

struct router;
struct stream;     /* one published source */
struct subscriber; /* one WHEP session: one or more slots */

/* exchange NULL: alone. Returns 0 or -ENOMEM. */
int router_create(const struct router_exchange *exchange, struct router **ret_router);
/* Lets go of what other routers published, so that these may end; no message or parcel comes after it. */
void router_leave_exchange(struct router *router);
/* Every stream and subscriber must have been destroyed, and every router have left the exchange. */
void router_destroy(struct router *router);

/* Timers: NACK repeats, reports, feedback, keyframe requests, silence of layers. Call every
 * 5–20 ms. wall_us is for NTP timestamps only. */
void router_tick(struct router *router, uint64_t now_us, uint64_t wall_us);

/* Gives what arrived to the viewers: at most budget packets, and then some. Call at the end of every turn
 * of the loop, and again soon when it returns true: more is waiting. */
bool router_fan_out(struct router *router, size_t budget, uint64_t now_us);

/* Figures summed per lesson and over all, of at most max_lessons lessons; new reference or NULL. What
 * counts up never goes back, also when sessions end. */
json_t *router_stats(struct router *router, size_t max_lessons, uint64_t now_us);
/* All counters of one stream or viewer; new reference or NULL. */
json_t *stream_stats(const struct stream *stream, uint64_t now_us);
json_t *subscriber_stats(const struct subscriber *subscriber);
/* Of the worst slot by the viewer's last report, in 1/256. */
unsigned subscriber_fraction_lost(const struct subscriber *subscriber);

/* ---- publisher side ---- */

struct stream_params {
    const char *lesson;               /* copied */
    const char *source;               /* copied */
    const struct media_track *tracks; /* at most one per kind; copied */
    size_t track_count;
    /* The source was active under the publisher that this one replaces: only silence is told. */
    bool was_active;

    /* Sends one compound RTCP packet; packet has TRANSPORT_TRAILER_BYTES of room behind len. */
    void (*send_rtcp)(void *user, uint8_t *packet, size_t len);
    /* First RTP of the stream, and silence for 2 s (active=false), for signaling's source.state. */
    void (*on_active)(void *user, bool active);
    void *user;
};

/* Replaces nothing: a taken (lesson, source) is -EEXIST; signaling decides about owners and destroys
 * the old stream first. Waiting subscribers are attached at once. */
int stream_create(struct router *router, const struct stream_params *params, uint64_t now_us,
    struct stream **ret_stream);
/* Slots that showed it become empty and wait for the next stream of that name. NULL is allowed. */
void stream_destroy(struct stream *stream);

void stream_receive_rtp(struct stream *stream, const uint8_t *data, size_t len, uint64_t now_us);
void stream_receive_rtcp(struct stream *stream, const uint8_t *data, size_t len, uint64_t now_us);

/* ---- viewer side ---- */

struct subscriber_slot_params {
    const struct media_track *track; /* copied; send_ssrc set */
    const char *source;              /* copied; "" = empty slot */
};

enum subscriber_event {
    SUBSCRIBER_SLOT_PLAYING,  /* first packet of a source went out, or the first after PAUSED */
    SUBSCRIBER_SLOT_EMPTY,    /* the source ended or was taken away */
    SUBSCRIBER_SLOT_NO_CODEC, /* source and viewer have no codec in common: the slot stays empty */
    SUBSCRIBER_SLOT_PAUSED    /* the viewer's line is too thin for the picture: it stands still */
};

struct subscriber_params {
    const char *lesson;                         /* copied */
    const char *cname;                          /* copied, RFC 7022; one per session */
    const struct subscriber_slot_params *slots; /* in m-line order */
    size_t slot_count;

    /* Sends one RTP packet; the pieces are the router's again after the call. Returns 0 or a negative
     * errno, -EAGAIN when the shell has no room for more now. */
    int (*send_rtp)(void *user, const struct rtp_pieces *pieces);
    void (*send_rtcp)(void *user, uint8_t *packet, size_t len);
    void (*on_event)(void *user, enum subscriber_event event, size_t slot);
    /* A call of send_rtp will come soon: fetches what it reads into the near caches, in
     * SUBSCRIBER_PREFETCH_STEPS steps from 0 on, each of which follows pointers that the one before fetched.
     * Steps may be left out or repeated. NULL is allowed. */
    void (*prefetch)(const void *user, unsigned step);
    void *user;
};

#define SUBSCRIBER_PREFETCH_STEPS 4

/* Nothing is sent before subscriber_start(), which the shell calls when the transport is connected. */
int subscriber_create(struct router *router, const struct subscriber_params *params,
    uint64_t now_us, struct subscriber **ret_subscriber);
void subscriber_start(struct subscriber *subscriber, uint64_t now_us);
void subscriber_destroy(struct subscriber *subscriber);

/* Points a slot at another source ("" = empty); switches at a keyframe. Returns 0 or -EINVAL. */
int subscriber_set_slot(
    struct subscriber *subscriber, size_t slot, const char *source, uint64_t now_us);

void subscriber_receive_rtcp(
    struct subscriber *subscriber, const uint8_t *data, size_t len, uint64_t now_us);

#endif
