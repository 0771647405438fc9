#include "relay/parcel_ring.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#define CACHE_LINE 64
#define MASK       (PARCEL_RING_CAPACITY - 1)

struct parcel_ring {
    alignas(CACHE_LINE) atomic_size_t written;
    size_t read_seen; /* the writer's: read was at least so far */
    alignas(CACHE_LINE) atomic_size_t read;
    size_t written_seen; /* the reader's */
    alignas(CACHE_LINE) struct router_parcel parcels[PARCEL_RING_CAPACITY];
};

int parcel_ring_create(struct parcel_ring **ret_ring)
{
    struct parcel_ring *ring = aligned_alloc(CACHE_LINE, sizeof(*ring));

    if (ring == NULL)
        return -ENOMEM;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    ring->read_seen = 0;
    ring->written_seen = 0;
    *ret_ring = ring;
    return 0;
}

void parcel_ring_destroy(struct parcel_ring *ring)
{
    struct router_parcel parcel;

    if (ring == NULL)
        return;
    while (parcel_ring_pop(ring, &parcel))
        packet_unref(parcel.packet);
    free(ring);
}

bool parcel_ring_push(struct parcel_ring *ring, const struct router_parcel *parcel)
{
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

    if (written - ring->read_seen == PARCEL_RING_CAPACITY) {
        ring->read_seen = atomic_load_explicit(&ring->read, memory_order_acquire);
        if (written - ring->read_seen == PARCEL_RING_CAPACITY)
            return false;
    }
    ring->parcels[written & MASK] = *parcel;
    atomic_store_explicit(&ring->written, written + 1, memory_order_release);
    return true;
}

bool parcel_ring_pop(struct parcel_ring *ring, struct router_parcel *ret_parcel)
{
    size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);

    if (read == ring->written_seen) {
        ring->written_seen = atomic_load_explicit(&ring->written, memory_order_acquire);
        if (read == ring->written_seen)
            return false;
    }
    *ret_parcel = ring->parcels[read & MASK];
    atomic_store_explicit(&ring->read, read + 1, memory_order_release);
    return true;
}
