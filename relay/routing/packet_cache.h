/*
 * The last packets of a layer, a ring by number, shared by all its viewers: for retransmission and
 * for replaying from a keyframe. Holds one reference per packet and lets go of what is older than
 * PACKET_CACHE_AGE_US.
 */
#ifndef DUET_RELAY_ROUTING_PACKET_CACHE_H
#define DUET_RELAY_ROUTING_PACKET_CACHE_H

#include "relay/routing/packet.h"

/* A replay of the last 2 s, and a second in which a viewer may ask for any of it again. */
#define PACKET_CACHE_AGE_US UINT64_C(3000000)

struct packet_cache {
    struct packet **ring; /* owned, with one reference per entry */
    size_t capacity;      /* power of two */
    int64_t oldest;       /* nothing is kept before this number */
    int64_t newest;
    bool started;
};

/* Returns 0 or -ENOMEM. */
int packet_cache_init(struct packet_cache *cache, size_t capacity);
void packet_cache_finish(struct packet_cache *cache);

void packet_cache_clear(struct packet_cache *cache);

/* Takes a reference of its own. False when the packet is older than the ring or there already. */
bool packet_cache_add(struct packet_cache *cache, struct packet *packet);

/* Borrowed; NULL when it never came or is gone. */
struct packet *packet_cache_get(const struct packet_cache *cache, int64_t sequence);

/* Releases packets that arrived more than PACKET_CACHE_AGE_US before now_us. */
void packet_cache_expire(struct packet_cache *cache, uint64_t now_us);

#endif
