#include "relay/routing/packet_cache.h"

#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int packet_cache_init(struct packet_cache *cache, size_t capacity)
{
    memset(cache, 0, sizeof(*cache));
    cache->ring = calloc(capacity, sizeof(struct packet *));
    if (cache->ring == NULL)
        return -ENOMEM;
    cache->capacity = capacity;
    return 0;
}

void packet_cache_finish(struct packet_cache *cache)
{
    if (cache->ring == NULL)
        return;
    packet_cache_clear(cache);
    free(cache->ring);
    cache->ring = NULL;
}

static struct packet **entry_of(const struct packet_cache *cache, int64_t sequence)
{
    return &cache->ring[(uint64_t)sequence & (cache->capacity - 1)];
}

static void drop_before(struct packet_cache *cache, int64_t oldest)
{
    for (; cache->oldest < oldest; cache->oldest++) {
        struct packet **entry = entry_of(cache, cache->oldest);
        packet_unref(*entry);
        *entry = NULL;
    }
}

void packet_cache_clear(struct packet_cache *cache)
{
    for (size_t i = 0; i < cache->capacity; i++) {
        packet_unref(cache->ring[i]);
        cache->ring[i] = NULL;
    }
    cache->started = false;
}

bool packet_cache_add(struct packet_cache *cache, struct packet *packet)
{
    int64_t sequence = packet->sequence;
    int64_t capacity = (int64_t)cache->capacity;

    if (!cache->started || sequence - cache->newest >= capacity) {
        packet_cache_clear(cache);
        cache->started = true;
        /* what comes out of order right at the start still finds its place */
        cache->oldest = sequence - capacity + 1;
        cache->newest = sequence;
    }
    if (sequence < cache->oldest)
        return false;
    if (sequence > cache->newest) {
        drop_before(cache, sequence - capacity + 1);
        cache->newest = sequence;
    }

    struct packet **entry = entry_of(cache, sequence);
    if (*entry != NULL)
        return false;
    *entry = packet_ref(packet);
    return true;
}

struct packet *packet_cache_get(const struct packet_cache *cache, int64_t sequence)
{
    if (!cache->started || sequence < cache->oldest || sequence > cache->newest)
        return NULL;
    return *entry_of(cache, sequence);
}

void packet_cache_expire(struct packet_cache *cache, uint64_t now_us)
{
    if (!cache->started)
        return;
    while (cache->oldest <= cache->newest) {
        const struct packet *packet = *entry_of(cache, cache->oldest);
        if (packet != NULL && clock_elapsed_us(now_us, packet->arrival_us) <= PACKET_CACHE_AGE_US)
            return;
        drop_before(cache, cache->oldest + 1);
    }
}
