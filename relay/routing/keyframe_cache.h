/*
 * Whether a new viewer can be given the last keyframe and everything after it out of the packet
 * cache, or must wait for a fresh keyframe: at most 2 s and 2 MB, and no loss in between that will
 * not be repaired. An index only; the packets are in packet_cache.h. By value in struct layer.
 */
#ifndef DUET_RELAY_ROUTING_KEYFRAME_CACHE_H
#define DUET_RELAY_ROUTING_KEYFRAME_CACHE_H

#include "relay/routing/packet.h"

#define KEYFRAME_CACHE_AGE_US UINT64_C(2000000)
#define KEYFRAME_CACHE_BYTES  2000000

struct keyframe_cache {
    bool started;
    int64_t first; /* number of the packet a decoder begins at */
    uint32_t timestamp_rtp;
    uint64_t arrival_us;
    int64_t newest;
    uint64_t packets; /* since first */
    uint64_t bytes;
    /* picture data came, not parameter sets alone; it may come before them */
    bool has_picture;
    uint32_t picture_timestamp_rtp;
};

void keyframe_cache_reset(struct keyframe_cache *cache);

/* Each packet of the layer once; newest is the highest number of the layer. True when a new keyframe
 * begins with this packet. */
bool keyframe_cache_add(struct keyframe_cache *cache, const struct packet *packet, int64_t newest);

/* recoverable: how many missing packets may still come. */
bool keyframe_cache_can_serve(
    const struct keyframe_cache *cache, size_t recoverable, uint64_t now_us);

#endif
