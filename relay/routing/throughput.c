#include "relay/routing/throughput.h"

#include "common/clock.h"

#include <string.h>

#define MIN_TIME_US 20000

void throughput_init(struct throughput *throughput)
{
    memset(throughput, 0, sizeof(*throughput));
}

/* Rounds down below zero too: the peer's clock may begin anywhere. */
static int64_t bucket_of(int64_t arrival_us)
{
    int64_t bucket = arrival_us / THROUGHPUT_BUCKET_US;

    return arrival_us % THROUGHPUT_BUCKET_US < 0 ? bucket - 1 : bucket;
}

static size_t index_of(int64_t bucket)
{
    return (size_t)((uint64_t)bucket % THROUGHPUT_BUCKETS);
}

void throughput_add(struct throughput *throughput, int64_t arrival_us, size_t bytes)
{
    int64_t bucket = bucket_of(arrival_us);

    if (!throughput->started) {
        throughput->started = true;
        throughput->first_us = arrival_us;
        throughput->last_us = arrival_us;
    }
    int64_t newest = bucket_of(throughput->last_us);
    if (bucket <= newest - THROUGHPUT_BUCKETS)
        return;
    int64_t clear = newest + 1;
    if (clear <= bucket - THROUGHPUT_BUCKETS)
        clear = bucket - THROUGHPUT_BUCKETS + 1;
    for (; clear <= bucket; clear++)
        throughput->bytes[index_of(clear)] = 0;
    throughput->bytes[index_of(bucket)] += (uint32_t)bytes;
    if (arrival_us > throughput->last_us)
        throughput->last_us = arrival_us;
}

uint64_t throughput_bps(const struct throughput *throughput, uint64_t window_us)
{
    int64_t newest = bucket_of(throughput->last_us);
    int64_t oldest = newest - (int64_t)(window_us / THROUGHPUT_BUCKET_US);
    uint64_t bytes = 0;

    if (!throughput->started)
        return 0;
    if (oldest <= newest - THROUGHPUT_BUCKETS)
        oldest = newest - THROUGHPUT_BUCKETS + 1;
    int64_t since_us = oldest * THROUGHPUT_BUCKET_US;
    if (since_us < throughput->first_us) {
        since_us = throughput->first_us;
        oldest = bucket_of(since_us);
    }
    if (throughput->last_us - since_us < MIN_TIME_US)
        return 0;
    for (; oldest <= newest; oldest++)
        bytes += throughput->bytes[index_of(oldest)];
    return bytes * 8 * US_PER_S / (uint64_t)(throughput->last_us - since_us);
}
