/*
 * Packets from one worker to another: a ring of parcels with one writer and one reader, without a lock.
 * Worker a has a ring to every other worker; what does not fit is not taken. Owned by the group of workers.
 */
#ifndef DUET_RELAY_PARCEL_RING_H
#define DUET_RELAY_PARCEL_RING_H

#include "relay/routing/exchange.h"

/* All that a mirror asks for when it begins, and some seconds of many lessons. */
#define PARCEL_RING_CAPACITY 16384

struct parcel_ring;

/* Returns 0 or -ENOMEM. */
int parcel_ring_create(struct parcel_ring **ret_ring);
/* Gives back the packets that are still in it; no thread uses it any more. NULL is allowed. */
void parcel_ring_destroy(struct parcel_ring *ring);

/* Writer's thread. False when it is full; else the reference has gone over. */
bool parcel_ring_push(struct parcel_ring *ring, const struct router_parcel *parcel);
/* Reader's thread. False when it is empty. */
bool parcel_ring_pop(struct parcel_ring *ring, struct router_parcel *ret_parcel);

#endif
