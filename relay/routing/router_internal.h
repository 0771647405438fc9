/*
 * What the modules of routing share of their router: packet buffers, names, who is to be served next and
 * the wall clock. Private to this folder.
 */
#ifndef DUET_RELAY_ROUTING_ROUTER_INTERNAL_H
#define DUET_RELAY_ROUTING_ROUTER_INTERNAL_H

#include "relay/routing/directory.h"
#include "relay/routing/exchange.h"
#include "relay/routing/fan_out.h"
#include "relay/routing/lesson_figures.h"
#include "relay/routing/packet.h"
#include "relay/routing/router.h"

#define ROUTER_RTCP_BYTES    1200
#define ROUTER_TRAILER_BYTES 32

#define MIRROR_BUCKETS 64

struct router {
    /* owned */
    struct packet_pool *pool;
    struct directory *directory;

    /* state */
    struct lesson_book lessons;   /* figures */
    uint64_t now_us;              /* of the last tick */
    struct list_node streams;     /* struct stream.router_node */
    struct list_node subscribers; /* struct subscriber.router_node */
    struct list_node awake;       /* struct subscriber.tick_node: the next tick is for these */
    struct list_node resting;     /* the same; whose rest ends first comes first */
    /* where a walk over streams goes on; moved when that member is destroyed by a callback */
    struct list_node *walk_next;
    uint32_t next_layer_id;
    uint32_t next_stream_id;
    struct router_exchange exchange;
    struct list_node mirrors[MIRROR_BUCKETS]; /* struct stream.router_node, by origin and id */
    uint64_t parcels_lost;                    /* packets that a peer had no room for */
    bool has_wall;
    int64_t wall_offset_us; /* wall − monotonic, fixed by the first tick: reports never jump */
    struct fan_out fan_out;
};

/* NTP timestamp of now_us for sender reports; router->has_wall must hold. */
uint64_t router_ntp(const struct router *router, uint64_t now_us);

static inline struct list_node *mirror_bucket(struct router *router, unsigned origin, uint32_t id)
{
    return &router->mirrors[(id + origin) % MIRROR_BUCKETS];
}

/* Takes a member out of streams or mirrors, also in the middle of a walk. */
void router_forget(struct router *router, struct list_node *node);

#endif
