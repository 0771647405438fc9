/*
 * One m-line of a viewer: which source and layer it shows, from which packet on, and under which
 * numbers. Private to this folder.
 *
 *   empty → waiting for the stream → waiting for a keyframe → replaying → live
 *                                          ↑ layer silent, source changed or republished ↲
 *
 * A slot is a position in its layer's packet cache: a visit (fan_out.h) sends everything from there to
 * the newest packet. It begins with a keyframe: the cached one when it joins or changes its source, else a
 * fresh one. It goes up to a better layer when that layer's keyframe comes, and down when its own has
 * been silent for a second. Audio begins with the newest packet. Members of struct subscriber, by value;
 * callbacks run from ticks only, never while packets are being distributed.
 */
#ifndef DUET_RELAY_ROUTING_SLOT_H
#define DUET_RELAY_ROUTING_SLOT_H

#include "relay/routing/extension_block.h"
#include "relay/routing/layer_choice.h"
#include "relay/routing/sent_history.h"
#include "relay/routing/stream.h"

struct subscriber;

struct slot_counters {
    uint64_t late;     /* from before a switch */
    uint64_t no_codec; /* packets in a codec the viewer does not take */
    uint64_t switches;
    uint64_t replays;
    uint64_t lost; /* by the viewer's reports; never goes back */
};

struct slot {
    /* Every packet needs these, and of hundreds of viewers none is in the near caches: they come first, in
     * as few cache lines as they take. */
    struct list_node track_node;   /* of the track while attached */
    struct subscriber *subscriber; /* borrowed */
    struct track *track;           /* borrowed; NULL while nobody publishes the source */
    struct layer *current;         /* borrowed: what it shows; NULL while it waits */
    int64_t next;                  /* number in the layer to send next */
    uint64_t
        held_us; /* since when the packet to send next has waited for the line; 0 = it has not */
    uint32_t current_id; /* layer->id when it began */
    enum media_kind kind;
    uint32_t ssrc; /* as negotiated, the next one too */
    uint32_t rtx_ssrc;
    bool replaying; /* it has not sent the newest packet since it began */
    bool resumed; /* something had been sent before it began: the viewer missed what is replayed */
    bool
        was_away; /* nothing was shown before it began: at the start, after an outage, a pause, another source */
    bool playing;     /* something of this source was sent: the event is out */
    bool paused;      /* the line is too thin for its picture: the event is out */
    bool no_codec;    /* nothing it takes is sent: the event is out */
    bool plain_audio; /* the line is too thin for redundancy (RFC 2198) */
    bool has_fir;
    uint8_t fir_sequence;        /* of the last FIR obeyed */
    uint16_t rtx_sequence;       /* of the next retransmission */
    struct sent_history history; /* owned */
    uint64_t packets;            /* sent for the first time */
    uint64_t payload_bytes;      /* of them */
    struct rewriter rewriter;
    struct extension_block extensions; /* as negotiated */
    struct media_payload_types
        payload_types[MEDIA_MAX_CODECS]; /* by index of the source's codecs */

    struct layer_slot choice; /* which layers the line carries; all until it has started */
    struct slot_counters counters;

    /* borrowed */
    struct list_node entry_node; /* of the directory entry */

    /* owned */
    struct directory_entry *entry; /* NULL = empty slot */
    struct media_codec *codecs;    /* what the viewer takes, in its order of preference */
    size_t codec_count;

    /* state */
    uint64_t begun_us;   /* when it began with this layer */
    uint32_t replay_rtp; /* source timestamp it began with */
    unsigned events;     /* bits of enum subscriber_event, given out by the next tick */
    uint64_t next_report_us;

    /* the viewer's last receiver report, for statistics */
    uint8_t fraction_lost;
    int32_t cumulative_lost;
    uint32_t jitter_rtp;
    uint64_t reported_us; /* 0 = none came */
};

/* Returns 0, -EINVAL or -ENOMEM; finish it in both cases. */
int slot_init(struct slot *slot, struct subscriber *subscriber,
    const struct subscriber_slot_params *params, uint64_t now_us);
void slot_finish(struct slot *slot);

/* Source and viewer have no codec in common: told once. */
void slot_report_no_codec(struct slot *slot);

/* Another source, or "" for none. Returns 0 or -ENOMEM (then it shows what it showed). */
int slot_set_source(struct slot *slot, const char *source, uint64_t now_us);

/* What its source's codecs are to the viewer, after the source or plain_audio changed; it has a track. */
void slot_set_payload_types(struct slot *slot);

/* The source has a stream (again). */
void slot_attach(struct slot *slot, struct stream *stream, uint64_t now_us);
/* The stream of its source ended; the slot waits for the next. */
void slot_stream_ended(struct slot *slot);

/* ---- slot_layers.c ---- */

/* The session can send: begin. */
void slot_start(struct slot *slot, uint64_t now_us);

/* Sends what is new, at most limit packets; begins or changes its layer where a keyframe came. Returns the
 * number sent. */
size_t slot_visit(struct slot *slot, size_t limit, uint64_t now_us);

/* It has not sent all there is of its layer: a replay goes its own pace. */
bool slot_is_behind(const struct slot *slot);

/* How long its oldest unsent packet has waited for the line; 0 when nothing waits. */
uint64_t slot_held_us(const struct slot *slot, uint64_t now_us);

/* A packet of the track that fills a hole: sent when the slot is past it. */
void slot_receive_late(
    struct slot *slot, const struct layer *layer, const struct packet *packet, uint64_t now_us);

/* Every 50–100 ms: better or worse layers, keyframes that are still awaited. */
void slot_choose(struct slot *slot, uint64_t now_us);

/* Bits by index of the layers that the viewer has use for: what it shows, and the best that its line carries
 * of those that come or would come. */
uint8_t slot_wanted_layers(const struct slot *slot, uint64_t now_us);

/* The viewer lost its picture (PLI, FIR). */
void slot_want_keyframe(struct slot *slot, uint64_t now_us);

/* ---- slot_send.c ---- */

/* Padding for a probe of the line: packets that were sent before, again by RTX. Returns the bytes sent, 0
 * when it has nothing to pad with. */
size_t slot_send_padding(struct slot *slot, size_t bytes, uint64_t now_us);

/* First transmission. False when the shell has no room: nothing was sent. */
bool slot_send(struct slot *slot, const struct packet *packet, uint64_t now_us);

/* Again, by RTX where negotiated, else the very same packet. */
void slot_resend(struct slot *slot, uint16_t sequence_number, uint64_t now_us);

/* Sender reports: once a second, and at once when it begins with a source. slot_write_report() appends one
 * when there is something to report on. */
bool slot_report_is_due(const struct slot *slot, uint64_t now_us);
bool slot_write_report(struct slot *slot, struct byte_writer *writer, uint64_t now_us);

#endif
