/*
 * The queue that our own bursts would make on a line of the rate that we know it has: a keyframe leaves
 * faster than the line carries it, waits there for a moment, and is no sign of congestion. What waits
 * on the real line beyond this is. Bounded, since whoever sends too much for long makes no bursts. Part of struct bandwidth_estimator; the hot half is inline; pure.
 */
#ifndef DUET_RELAY_ROUTING_BURST_QUEUE_H
#define DUET_RELAY_ROUTING_BURST_QUEUE_H

#include "common/clock.h"

#include <stddef.h>
#include <stdint.h>

#define BURST_QUEUE_MAX_US (250 * US_PER_MS)

struct burst_queue {
    uint64_t rate_bps;
    uint64_t updated_us;
    uint64_t bits;
    uint64_t peak_bits;      /* since the last feedback */
    uint64_t last_peak_bits; /* between the two before */
};

/* rate_bps > 0. */
static inline void burst_queue_init(struct burst_queue *queue, uint64_t rate_bps, uint64_t now_us)
{
    *queue = (struct burst_queue){.rate_bps = rate_bps, .updated_us = now_us};
}

static inline void burst_queue_set_rate(struct burst_queue *queue, uint64_t rate_bps)
{
    queue->rate_bps = rate_bps;
}

/* Every packet. */
static inline void burst_queue_add(struct burst_queue *queue, size_t bytes, uint64_t now_us)
{
    uint64_t drained = clock_elapsed_us(now_us, queue->updated_us) * queue->rate_bps / US_PER_S;

    queue->bits = queue->bits > drained ? queue->bits - drained : 0;
    queue->bits += bytes * 8;
    if (queue->bits > queue->rate_bps * BURST_QUEUE_MAX_US / US_PER_S)
        queue->bits = queue->rate_bps * BURST_QUEUE_MAX_US / US_PER_S;
    queue->updated_us = now_us;
    if (queue->bits > queue->peak_bits)
        queue->peak_bits = queue->bits;
}

/* Once per feedback: the longest wait that bursts explain lately. */
static inline uint64_t burst_queue_take_us(struct burst_queue *queue)
{
    uint64_t bits =
        queue->peak_bits > queue->last_peak_bits ? queue->peak_bits : queue->last_peak_bits;

    queue->last_peak_bits = queue->peak_bits;
    queue->peak_bits = queue->bits;
    uint64_t wait_us = bits * US_PER_S / queue->rate_bps;
    return wait_us < BURST_QUEUE_MAX_US ? wait_us : BURST_QUEUE_MAX_US;
}

#endif
