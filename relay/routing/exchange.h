/*
 * Between the routers of one relay, one per worker: a source is published at one of them, and viewers of
 * it may be at all. Each other router keeps a mirror of the stream: the same directory entry, layers and
 * caches, filled with the very packets that the origin received.
 *
 *   origin ── announce, end, reports, ─▶ mirror        messages: a few a second, by the shell's mail
 *             layers that rest                         (any order but per sender; never lost)
 *          ◀─ interest, keyframe wanted ─
 *             layers wanted, losses
 *          ══ packets ══════════════════▶              parcels: by a ring of the shell's, may be lost
 *
 * A mirror without viewers gets no packets. When the first one comes the origin sends all that is in its
 * caches, so that the picture is there at once. Messages and parcels are made by one router, carried by
 * the shell and taken by another on that one's thread; nothing else is shared but the packets.
 */
#ifndef DUET_RELAY_ROUTING_EXCHANGE_H
#define DUET_RELAY_ROUTING_EXCHANGE_H

#include "relay/routing/packet.h"

#define ROUTER_MAX_PEERS 64 /* bits of struct stream.interested */

/* One packet, by value. */
struct router_parcel {
    struct packet *packet; /* one reference */
    uint32_t stream;       /* of the origin */
    uint32_t run;          /* of sequence numbers: another one is a layer that started anew */
    uint8_t origin;
    uint8_t track;
    uint8_t layer;
    bool retransmitted;
};

struct router_message;

/* How a router reaches its peers; NULL functions when it is alone. On the router's thread. */
struct router_exchange {
    unsigned index; /* of this router */
    unsigned count; /* of routers, this one included; at most ROUTER_MAX_PEERS */
    /* Takes the message: it reaches router_take_message() of that peer, in order. */
    void (*post)(void *user, unsigned peer, struct router_message *message);
    /* False when the peer has no room: the reference stays with the caller. */
    bool (*hand_over)(void *user, unsigned peer, const struct router_parcel *parcel);
    void *user;
};

struct router;

/* Takes the message; router NULL only frees it. */
void router_take_message(struct router *router, struct router_message *message, uint64_t now_us);
/* Takes the parcel's reference. */
void router_take_parcel(struct router *router, const struct router_parcel *parcel, uint64_t now_us);

#endif
