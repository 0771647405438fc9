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
    struct packet *free;
    /* state */
    size_t max_packets;
    size_t allocated;
    size_t in_use;
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
        slab->packets[i].refs = 0;
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
    assert(pool->in_use == 0);
    while (pool->slabs != NULL) {
        struct slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
    free(pool);
}

struct packet *packet_pool_take(struct packet_pool *pool)
{
    if (pool->free == NULL && grow(pool) < 0)
        return NULL;

    struct packet *packet = pool->free;
    pool->free = packet->next_free;
    pool->in_use++;

    /* the payload's 1.5 KiB are about to be overwritten anyway */
    memset(packet, 0, offsetof(struct packet, payload));
    packet->pool = pool;
    packet->refs = 1;
    return packet;
}

size_t packet_pool_in_use(const struct packet_pool *pool)
{
    return pool->in_use;
}

size_t packet_pool_allocated(const struct packet_pool *pool)
{
    return pool->allocated;
}

struct packet *packet_ref(struct packet *packet)
{
    packet->refs++;
    return packet;
}

void packet_unref(struct packet *packet)
{
    if (packet == NULL || --packet->refs > 0)
        return;
    packet->next_free = packet->pool->free;
    packet->pool->free = packet;
    packet->pool->in_use--;
}
