/*
 * Arithmetic on counters that wrap: RTP sequence numbers and timestamps (RFC 3550 appendix A.1,
 * RFC 1982). Pure; any thread; everything is inline since the hot path lives on it.
 */
#ifndef DUET_RELAY_WIRE_SEQUENCE_H
#define DUET_RELAY_WIRE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Signed distance from b to a: positive when a is newer. Exactly half the circle counts as older. */
static inline int32_t seq_distance(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline bool seq_newer(uint16_t a, uint16_t b)
{
    return seq_distance(a, b) > 0;
}

static inline int64_t timestamp_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static inline bool timestamp_newer(uint32_t a, uint32_t b)
{
    return timestamp_distance(a, b) > 0;
}

/* Extends wrapping counters to 64 bits around the newest value seen. Zero-initialise. */
struct seq_unwrapper {
    int64_t newest;
    bool started;
};

/* The 64-bit value of seq, and moves the newest forward. Older packets get their older value, which
 * is negative when it lies before the first one ever seen. */
static inline int64_t seq_unwrap(struct seq_unwrapper *unwrapper, uint16_t seq)
{
    if (!unwrapper->started) {
        unwrapper->started = true;
        unwrapper->newest = seq;
        return seq;
    }
    int64_t value = unwrapper->newest + seq_distance(seq, (uint16_t)unwrapper->newest);
    if (value > unwrapper->newest)
        unwrapper->newest = value;
    return value;
}

/* The same for 32-bit RTP timestamps. */
static inline int64_t timestamp_unwrap(struct seq_unwrapper *unwrapper, uint32_t timestamp)
{
    if (!unwrapper->started) {
        unwrapper->started = true;
        unwrapper->newest = timestamp;
        return timestamp;
    }
    int64_t value = unwrapper->newest + timestamp_distance(timestamp, (uint32_t)unwrapper->newest);
    if (value > unwrapper->newest)
        unwrapper->newest = value;
    return value;
}

#endif
