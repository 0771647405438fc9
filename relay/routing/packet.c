#include "relay/routing/packet.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLAB_PACKETS 64

struct slab {
    struct slab *next;
    struct packet packets[SLAB_PACKETS];
};

struct packet_pool {
    /* owned */
    struct slab *slabs;
    struct packet *free;               /* the taking thread's own */
    _Atomic(struct packet *) returned; /* given back by anybody since they were last taken over */
    /* state */
    size_t max_packets;
    size_t allocated;
    atomic_size_t in_use;
};

static int grow(struct packet_pool *pool)
{
    if (pool->allocated + SLAB_PACKETS > pool->max_packets)
        return -ENOBUFS;

    struct slab *slab = malloc(sizeof(*slab));
    if (slab == NULL)
        return -ENOMEM;

    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->allocated += SLAB_PACKETS;
    for (size_t i = 0; i < SLAB_PACKETS; i++) {
        slab->packets[i].pool = pool;
        slab->packets[i].next_free = pool->free;
        pool->free = &slab->packets[i];
    }
    return 0;
}

int packet_pool_create(size_t max_packets, struct packet_pool **ret_pool)
{
    struct packet_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL)
        return -ENOMEM;

    pool->max_packets = max_packets < SLAB_PACKETS ? SLAB_PACKETS : max_packets;
    int err = grow(pool);
    if (err < 0) {
        packet_pool_destroy(pool);
        return err;
    }

    *ret_pool = pool;
    return 0;
}

void packet_pool_destroy(struct packet_pool *pool)
{
    if (pool == NULL)
        return;
    assert(atomic_load(&pool->in_use) == 0);
    while (pool->slabs != NULL) {
        struct slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
    free(pool);
}

struct packet *packet_pool_take(struct packet_pool *pool)
{
    if (pool->free == NULL)
        pool->free = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    if (pool->free == NULL && grow(pool) < 0)
        return NULL;

    struct packet *packet = pool->free;
    pool->free = packet->next_free;
    atomic_fetch_add_explicit(&pool->in_use, 1, memory_order_relaxed);

    /* the payload's 1.5 KiB are about to be overwritten anyway */
    memset(packet, 0, offsetof(struct packet, payload));
    packet->pool = pool;
    atomic_init(&packet->refs, 1);
    return packet;
}

size_t packet_pool_in_use(const struct packet_pool *pool)
{
    return atomic_load_explicit(&pool->in_use, memory_order_relaxed);
}

size_t packet_pool_allocated(const struct packet_pool *pool)
{
    return pool->allocated;
}

struct packet *packet_ref(struct packet *packet)
{
    atomic_fetch_add_explicit(&packet->refs, 1, memory_order_relaxed);
    return packet;
}

void packet_unref(struct packet *packet)
{
    struct packet_pool *pool;
    struct packet *first;

    /* whoever is last must see what the others did before they let go */
    if (packet == NULL || atomic_fetch_sub_explicit(&packet->refs, 1, memory_order_acq_rel) > 1)
        return;
    pool = packet->pool;
    first = atomic_load_explicit(&pool->returned, memory_order_relaxed);
    do {
        packet->next_free = first;
    } while (!atomic_compare_exchange_weak_explicit(
        &pool->returned, &first, packet, memory_order_release, memory_order_relaxed));
    atomic_fetch_sub_explicit(&pool->in_use, 1, memory_order_relaxed);
}
