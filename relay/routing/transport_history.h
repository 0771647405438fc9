/*
 * What was sent to one viewer under each transport-wide sequence number, so that its feedback
 * (relay/wire/transport_feedback.h) turns into packets with a size, a time of sending and a fate.
 *
 *   slot sends → transport_history_add()            eight bytes in one cache line, every packet
 *   feedback   → transport_history_take()           once per status
 *
 * A ring by sequence number, allocated once. A packet that was reported lost and then received is given
 * out twice, first as lost, then as late; a repeated report is not given out again.
 * Part of struct bandwidth_estimator; pure; the thread of the viewer.
 */
#ifndef DUET_RELAY_ROUTING_TRANSPORT_HISTORY_H
#define DUET_RELAY_ROUTING_TRANSPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORT_HISTORY_MAX_BYTES   2047
#define TRANSPORT_HISTORY_MAX_CLUSTER 3
/* Older packets are not believed: their 32-bit time of sending could have gone round. */
#define TRANSPORT_HISTORY_MAX_AGE_US 30000000

enum transport_entry_state {
    TRANSPORT_NEVER_SENT,
    TRANSPORT_IN_FLIGHT,
    TRANSPORT_LOST,
    TRANSPORT_RECEIVED,
};

struct transport_entry {
    uint32_t sent_us; /* low 32 bits */
    uint16_t sequence;
    uint16_t bytes : 11;
    uint16_t cluster : 2; /* of probing; 0 = none */
    uint16_t state : 2;   /* enum transport_entry_state */
};

struct transport_history {
    struct transport_entry *ring; /* owned; NULL when not initialised */
    uint16_t mask;                /* capacity − 1 */
};

/* capacity: a power of two up to 32768. Returns 0 or -ENOMEM. */
int transport_history_init(struct transport_history *history, size_t capacity);
void transport_history_finish(struct transport_history *history);

static inline void transport_history_add(struct transport_history *history, uint16_t sequence,
    size_t bytes, uint8_t cluster, uint64_t now_us)
{
    struct transport_entry *entry = &history->ring[sequence & history->mask];

    entry->sent_us = (uint32_t)now_us;
    entry->sequence = sequence;
    entry->bytes =
        (bytes < TRANSPORT_HISTORY_MAX_BYTES ? bytes : TRANSPORT_HISTORY_MAX_BYTES) & 0x7ff;
    entry->cluster = cluster & 3;
    entry->state = TRANSPORT_IN_FLIGHT;
}

enum transport_fate {
    TRANSPORT_FATE_NONE, /* never sent, too old, or told before */
    TRANSPORT_FATE_RECEIVED,
    TRANSPORT_FATE_LATE, /* received, after it had been reported lost */
    TRANSPORT_FATE_LOST,
};

struct transport_result {
    enum transport_fate fate;
    uint64_t sent_us; /* these three unless the fate is NONE */
    size_t bytes;
    uint8_t cluster;
};

/* One status of a feedback packet. */
struct transport_result transport_history_take(
    struct transport_history *history, uint16_t sequence, bool received, uint64_t now_us);

/* The bytes of a packet whose fate is not known yet, else 0. */
size_t transport_history_in_flight(
    const struct transport_history *history, uint16_t sequence, uint64_t now_us);

#endif
