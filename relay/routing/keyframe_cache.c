#include "relay/routing/keyframe_cache.h"

#include "common/clock.h"

#include <string.h>

void keyframe_cache_reset(struct keyframe_cache *cache)
{
    memset(cache, 0, sizeof(*cache));
}

static void begin(struct keyframe_cache *cache, const struct packet *packet, int64_t newest)
{
    cache->started = true;
    cache->first = packet->sequence;
    cache->timestamp_rtp = packet->timestamp_rtp;
    cache->arrival_us = packet->arrival_us;
    cache->newest = newest > packet->sequence ? newest : packet->sequence;
    /* a beginning overtaken by its followers: they came before */
    cache->packets = (uint64_t)(cache->newest - cache->first);
    cache->bytes = 0;
}

bool keyframe_cache_add(struct keyframe_cache *cache, const struct packet *packet, int64_t newest)
{
    bool same_frame = cache->started && packet->timestamp_rtp == cache->timestamp_rtp;
    bool fresh = packet->keyframe_start && !same_frame &&
                 (!cache->started || packet->sequence > cache->first);
    bool earlier = packet->keyframe_start && same_frame && packet->sequence < cache->first;

    if (packet->has_keyframe) {
        cache->has_picture = true;
        cache->picture_timestamp_rtp = packet->timestamp_rtp;
    }
    if (fresh || earlier)
        begin(cache, packet, newest);
    if (!cache->started || packet->sequence < cache->first)
        return false;

    if (packet->sequence > cache->newest)
        cache->newest = packet->sequence;
    cache->packets++;
    cache->bytes += packet->payload_bytes;
    return fresh;
}

bool keyframe_cache_can_serve(
    const struct keyframe_cache *cache, size_t recoverable, uint64_t now_us)
{
    if (!cache->started || !cache->has_picture ||
        cache->picture_timestamp_rtp != cache->timestamp_rtp)
        return false;
    if (clock_elapsed_us(now_us, cache->arrival_us) > KEYFRAME_CACHE_AGE_US ||
        cache->bytes > KEYFRAME_CACHE_BYTES)
        return false;
    uint64_t expected = (uint64_t)(cache->newest - cache->first) + 1;
    return expected <= cache->packets + recoverable;
}
