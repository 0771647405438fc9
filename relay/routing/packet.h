/*
 * One received media packet, kept once and read by every viewer: payload and what was parsed of it,
 * without RTP header, which differs per viewer. Counted references; immutable once shared, also with the
 * routers of other workers: references are counted atomically.
 *
 *   stream (parse) → packet_pool_take → layer caches → slots copy the payload behind their header
 *
 * A pool grows by slabs to a hard limit and gives nothing back before it is destroyed, so that the
 * packet path never meets the allocator in steady state. One pool per router: its thread alone takes,
 * any thread gives back, without a lock.
 */
#ifndef DUET_RELAY_ROUTING_PACKET_H
#define DUET_RELAY_ROUTING_PACKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_PAYLOAD_BYTES 1488 /* a datagram of 1500 without the fixed RTP header */

struct packet_pool;

struct packet {
    struct packet_pool *pool; /* borrowed */
    struct packet *next_free;
    atomic_uint refs;

    int64_t sequence; /* numbering of the layer: no holes but losses (see sequence_window.h) */
    uint64_t arrival_us;
    uint32_t timestamp_rtp;
    uint16_t payload_bytes;
    uint8_t codec; /* index into the codecs of the publisher's track */
    bool marker;
    bool keyframe_start; /* a decoder can begin here */
    bool has_keyframe;   /* carries a part of a keyframe's picture data */
    bool has_audio_level;
    uint8_t audio_level; /* as on the wire, RFC 6464 */

    uint16_t primary_offset; /* audio with redundancy: where its own frame begins; else 0 */

    /* VP8 only: where picture id and TL0PICIDX stand; 0 = absent */
    uint8_t picture_id_offset;
    uint8_t picture_id_bits;
    uint8_t tl0picidx_offset;
    uint8_t tl0picidx;
    uint16_t picture_id;

    uint32_t pixels; /* of the pictures from here on; 0 = it does not say */

    uint8_t payload[PACKET_PAYLOAD_BYTES];
};

/* max_packets is the hard limit; the first slab is allocated at once. Returns 0 or -ENOMEM. */
int packet_pool_create(size_t max_packets, struct packet_pool **ret_pool);
/* Every packet must have been given back. */
void packet_pool_destroy(struct packet_pool *pool);

/* A packet with one reference and all state zero but the payload's bytes. NULL at the limit. */
struct packet *packet_pool_take(struct packet_pool *pool);

size_t packet_pool_in_use(const struct packet_pool *pool);
size_t packet_pool_allocated(const struct packet_pool *pool);

struct packet *packet_ref(struct packet *packet);
/* NULL is allowed. */
void packet_unref(struct packet *packet);

#endif
