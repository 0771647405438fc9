/*
 * What a slot sent under each of its sequence numbers, so that a viewer's NACK finds the packet in the
 * layer's shared cache and gets it again with the very numbers of the first time. A ring of fixed
 * size per slot; holds no packets.
 */
#ifndef DUET_RELAY_ROUTING_SENT_HISTORY_H
#define DUET_RELAY_ROUTING_SENT_HISTORY_H

#include "relay/routing/rewriter.h"

struct sent_packet {
    int64_t source_sequence; /* number in the layer */
    uint32_t layer_id;
    uint32_t sent_ms;   /* first time, low 32 bits */
    uint32_t resent_ms; /* last time, low 32 bits; valid when resent */
    uint32_t abs_send_time;
    uint16_t transport_sequence;
    bool used;
    bool resent;
    struct rewritten numbers;
};

struct sent_history {
    struct sent_packet *ring; /* owned */
    size_t capacity;          /* power of two */
};

/* Returns 0 or -ENOMEM. */
int sent_history_init(struct sent_history *history, size_t capacity);
void sent_history_finish(struct sent_history *history);

/* Nothing of what was sent can be sent again. */
void sent_history_forget(struct sent_history *history);

/* The entry for that sequence number, overwritten by the caller. */
struct sent_packet *sent_history_add(struct sent_history *history, uint16_t sequence_number);

/* Where that entry stands. */
static inline struct sent_packet *sent_history_place(
    const struct sent_history *history, uint16_t sequence_number)
{
    return &history->ring[sequence_number & (history->capacity - 1)];
}

/* NULL when it was never sent or is too old. */
struct sent_packet *sent_history_find(struct sent_history *history, uint16_t sequence_number);

#endif
