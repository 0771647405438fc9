/*
 * One encoding of a published track: numbering, reception statistics, repair towards the publisher,
 * the caches that viewers are served from, and the keyframes they begin at.
 *
 *   stream (demultiplexes, unwraps RTX) → layer_receive → packet → slots of the track
 *
 * Held by value in struct track; runs on the router's thread. Its fields are read by slots and
 * statistics and written here only.
 */
#ifndef DUET_RELAY_ROUTING_LAYER_H
#define DUET_RELAY_ROUTING_LAYER_H

#include "relay/routing/keyframe_cache.h"
#include "relay/routing/keyframe_requests.h"
#include "relay/routing/layer_demand.h"
#include "relay/routing/live_line.h"
#include "relay/routing/media_params.h"
#include "relay/routing/nack_generator.h"
#include "relay/routing/packet_cache.h"
#include "relay/routing/publisher_clock.h"
#include "relay/routing/reception.h"
#include "relay/routing/sequence_window.h"

#define LAYER_SILENT_US UINT64_C(1000000)

struct track;

struct layer_counters {
    uint64_t packets;
    uint64_t duplicates;
    uint64_t late; /* too late to be placed, or far from the others */
    uint64_t repaired;
    uint64_t padding;
    uint64_t forbidden; /* payloads that must not be forwarded */
    uint64_t no_buffer;
    uint64_t restarts;
    uint64_t keyframes;
};

struct layer {
    /* borrowed */
    struct track *track;
    struct packet_pool *pool;
    uint32_t *next_id; /* counter of the router */

    /* owned */
    struct packet_cache cache;

    /* state */
    unsigned index;
    enum media_kind kind;
    uint32_t id;  /* of this run of sequence numbers; a restart gets a new one */
    uint32_t run; /* a mirror's: the id that it has where it is published; 0 = nothing came yet */
    uint32_t mapping_run; /* a mirror's: the run that its mapping is of */
    bool has_ssrc;
    bool has_rtx_ssrc;
    uint32_t ssrc;
    uint32_t rtx_ssrc;
    bool received;  /* anything, ever */
    bool suspended; /* silent because we asked for it: it comes when a slot aims at it */
    uint64_t last_packet_us;
    uint32_t clock_rate;
    enum media_codec_id codec_id;
    uint32_t pixels; /* of its pictures, by its last keyframe; 0 = not known */
    bool nack;       /* the codec in use may be asked for retransmission */
    int64_t newest;  /* number of the newest packet; valid when received */
    struct sequence_window window;
    struct reception reception;
    struct nack_generator nacks;
    struct keyframe_cache keyframe;
    struct keyframe_requests requests;
    struct layer_demand demand; /* where it is published */
    struct live_line line;
    struct report_mapping mapping;
    struct layer_counters counters;
};

/* Returns 0 or -ENOMEM. pool and next_id outlive the layer. */
int layer_init(struct layer *layer, struct track *track, unsigned index, enum media_kind kind,
    struct packet_pool *pool, uint32_t *next_id);
void layer_finish(struct layer *layer);

/* Forgets everything about the sequence numbers so far: a sender that started anew. */
void layer_restart(struct layer *layer);

/* One packet of the layer, after demultiplexing and unwrapping. */
struct layer_input {
    const struct media_codec *codec;
    uint8_t codec_index;
    bool retransmitted; /* came by RTX */
    bool marker;
    bool has_audio_level;
    uint8_t audio_level;
    uint16_t sequence_number;
    uint32_t timestamp_rtp;
    const uint8_t *payload;
    size_t payload_bytes;
    uint16_t primary_offset; /* audio with redundancy: where its own frame begins; else 0 */
    size_t wire_bytes;       /* of the whole RTP packet */
};

/* The packet to forward with one reference for the caller, or NULL. *ret_keyframe: a new keyframe
 * begins with it. */
struct packet *layer_receive(
    struct layer *layer, const struct layer_input *input, uint64_t now_us, bool *ret_keyframe);

/* A packet that another worker's layer of the same source received: the same from here on. Takes no
 * reference but the cache's. Returns whether a new keyframe begins with it. */
bool layer_adopt(struct layer *layer, struct packet *packet, const struct media_codec *codec,
    bool retransmitted, uint64_t now_us);

/* Packets come. */
bool layer_is_active(const struct layer *layer, uint64_t now_us);

/* Packets come, or would for whoever wants them. */
bool layer_is_available(const struct layer *layer, uint64_t now_us);

/* Of a suspended layer what it had. */
uint32_t layer_bitrate_bps(const struct layer *layer, uint64_t now_us);

/* The last keyframe and all behind it can be given to a new viewer. */
bool layer_can_replay(const struct layer *layer, uint64_t now_us);

/* Where decoding can begin without a keyframe that we can see. */
bool layer_has_visible_keyframes(const struct layer *layer);

#endif
