/*
 * One published source inside routing: its tracks with their layers, the SSRCs they are told apart
 * by, and the feedback to its publisher. Private to this folder; the public face is router.h.
 */
#ifndef DUET_RELAY_ROUTING_STREAM_H
#define DUET_RELAY_ROUTING_STREAM_H

#include "common/clock.h"
#include "relay/routing/arrival_feedback.h"
#include "relay/routing/layer.h"
#include "relay/routing/loss_summary.h"
#include "relay/routing/router_internal.h"
#include "relay/wire/rtp.h"

#define STREAM_MAX_TRACKS 2
#define STREAM_SILENT_US  (2 * US_PER_S)

struct stream_counters {
    uint64_t packets;
    uint64_t bytes;
    uint64_t malformed;
    uint64_t unknown_ssrc;
    uint64_t unknown_payload_type;
    uint64_t rtcp_malformed;
};

struct track {
    struct stream *stream;     /* borrowed */
    struct media_track params; /* as negotiated */
    struct layer layers[MEDIA_MAX_LAYERS];
    size_t layer_count;     /* those that have been initialised */
    bool ascending;         /* layers[0] is the smallest, not the best */
    struct list_node slots; /* struct slot.track_node, in sending order */
    struct fan_out_walk walk;
    uint8_t
        wanted; /* layers that viewers here have use for, bits by index; not older than 200 ms */
};

/* What viewers of another router want and lose, as it told last. */
struct peer_demand {
    uint8_t wanted[STREAM_MAX_TRACKS]; /* as struct track.wanted */
    struct loss_summary loss;          /* of the sound */
};

struct stream {
    /* borrowed */
    struct router *router;
    struct list_node router_node;
    void (*send_rtcp)(void *user, uint8_t *packet, size_t len);
    void (*on_active)(void *user, bool active);
    void *user;

    /* owned */
    struct directory_entry *entry;
    struct lesson_figures *figures;
    struct peer_demand *peers; /* by index of the router; NULL when it is alone, or for a mirror */
    struct track tracks[STREAM_MAX_TRACKS];
    size_t track_count;

    /* state */
    uint32_t id;         /* of the router that it is published at */
    bool mirrored;       /* it is published at another router: exchange.h */
    uint8_t origin;      /* index of that router */
    bool wanted;         /* a mirror's: the origin sends its packets */
    uint64_t used_us;    /* a mirror's: when it last had viewers */
    uint64_t interested; /* bits of the peers that want its packets */
    uint32_t own_ssrc;   /* of our reports */
    char cname[16];
    bool active;
    bool reported_active; /* what on_active was told */
    uint64_t last_packet_us;
    uint64_t next_report_us;
    uint64_t next_gather_us;    /* of what viewers want */
    uint64_t next_demand_us;    /* a mirror's: when the origin is told again */
    uint64_t keyframe_asked_us; /* last request for keyframes; 0 = none */
    uint8_t fir_count;
    uint32_t media_ssrc; /* one the publisher really sends, for transport feedback */
    struct publisher_clock clock;
    struct arrival_feedback feedback;
    struct stream_counters counters;
};

/* The track of that kind, or NULL. */
struct track *stream_find_track(struct stream *stream, enum media_kind kind);

/* The layers of a track from the best on. */
struct layer *track_layer(struct track *track, size_t rank);
bool layer_is_better(const struct layer *layer, const struct layer *than);

/* Layer whose media SSRC it is, or NULL. */
struct layer *stream_find_layer_by_ssrc(struct stream *stream, uint32_t ssrc);

/* Layer whose id it is, or NULL. */
struct layer *stream_find_layer_by_id(struct stream *stream, uint32_t layer_id);

/* ---- stream_demux.c ---- */

/* What the extensions of one packet say; pointers lie in the packet. */
struct stream_hints {
    const char *mid;
    size_t mid_len;
    const char *rid;
    size_t rid_len;
    const char *repaired_rid;
    size_t repaired_rid_len;
    bool has_audio_level;
    uint8_t audio_level;
    bool has_transport_sequence;
    uint16_t transport_sequence;
};

void stream_read_hints(const struct stream *stream, const uint8_t *data,
    const struct rtp_view *view, struct stream_hints *ret_hints);

/* What a payload type stands for in its track. */
struct stream_format {
    uint8_t codec; /* index */
    bool rtx;      /* a retransmission (RFC 4588) */
    bool red;      /* the codec with redundancy around it (RFC 2198) */
};

/* Finds layer and format; learns a new SSRC when it may be learned. NULL and a counter for what was not
 * negotiated. */
struct layer *stream_demultiplex(struct stream *stream, const struct rtp_view *view,
    const struct stream_hints *hints, uint64_t now_us, struct stream_format *ret_format);

/* ---- stream_feedback.c: everything sent to the publisher ---- */

/* Asks for what is missing in the layer, as far as it is due. */
void stream_send_nacks(struct stream *stream, struct layer *layer, uint64_t now_us);

/* Notes the wish; sends at once when the layer has not been asked for a while. */
void stream_want_keyframe(struct layer *layer, uint64_t now_us);

/* Keyframe requests and NACKs that became due, transport feedback, receiver reports. */
void stream_feedback_tick(struct stream *stream, uint64_t now_us);

/* Transport feedback when due. */
void stream_send_arrivals(struct stream *stream, uint64_t now_us);

/* Asks the publisher to pause the layer or to go on with it (RFC 7728). */
void stream_send_pause(struct layer *layer, enum layer_demand_action action);

/* ---- stream_demand.c: what viewers want of the layers, and what they lose ---- */

/* A slot aims at a suspended layer: it is asked for at once. */
void stream_want_layer(struct layer *layer, uint64_t now_us);

/* Every few ticks looks at what the viewers here want. True when that changed. */
bool stream_gather_demand(struct stream *stream, uint64_t now_us);

/* Pauses what nobody has wanted for a while, here or at peers, and brings back what somebody wants. */
void stream_demand_tick(struct stream *stream, uint64_t now_us);

/* A packet of a suspended layer came; before the layer receives it. */
void stream_layer_is_back(struct layer *layer, uint64_t now_us);

/* PAUSED or REFUSED from the publisher. */
void stream_take_pauses(
    struct stream *stream, const struct rtcp_feedback *feedback, uint64_t now_us);

/* Adds what viewers here reported of the track lately. */
void track_sum_loss(const struct track *track, struct loss_summary *summary, uint64_t now_us);
/* The worst that matters among all viewers of the track, also those of peers, in 1/256. */
uint8_t track_worst_loss(const struct track *track, uint64_t now_us);

/* ---- stream.c ---- */

/* The stream of another router; one that is here already under that name gives way, unless it is published
 * here. Without memory there is none. */
void stream_create_mirror(struct router *router, const struct stream_params *params,
    unsigned origin, uint32_t id, uint64_t now_us);

/* A packet that the origin's layer received. */
void stream_adopt(struct layer *layer, struct packet *packet, bool retransmitted, uint64_t now_us);

/* on_active, silence; may run callbacks that destroy the stream, so it is the last thing done. */
void stream_tick(struct stream *stream, uint64_t now_us);

/* Every active layer's track has sent a report: audio and video can be put on one clock. */
bool stream_has_reports(const struct stream *stream, uint64_t now_us);

#endif
