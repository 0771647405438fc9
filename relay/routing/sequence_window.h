/*
 * Order in one layer: extends sequence numbers to 64 bits, finds duplicates, packets that are too
 * old and jumps, and renumbers so that what is not forwarded (padding, forbidden payloads) leaves no
 * hole behind for viewers, while a lost packet does.
 *
 *   received  100 101 102(padding) 103(lost) 104   →   number  100 101 – 102(lost) 103
 *
 * By value in struct layer; nothing is allocated.
 */
#ifndef DUET_RELAY_ROUTING_SEQUENCE_WINDOW_H
#define DUET_RELAY_ROUTING_SEQUENCE_WINDOW_H

#include "relay/wire/sequence.h"

#define SEQUENCE_WINDOW_PACKETS 2048
#define SEQUENCE_WINDOW_REMOVED 64

/* A forward jump beyond this is a restarted sender, as in RFC 3550 appendix A.1. */
#define SEQUENCE_WINDOW_DROPOUT 3000

enum sequence_verdict {
    SEQUENCE_NEW,       /* newer than everything before */
    SEQUENCE_LATE,      /* fills a hole */
    SEQUENCE_DUPLICATE, /* or too old to know */
    SEQUENCE_JUMP,      /* far from the others: dropped; twice in a row is a restart */
    SEQUENCE_RESTART,
};

struct sequence_window {
    struct seq_unwrapper unwrapper;
    uint64_t received[SEQUENCE_WINDOW_PACKETS / 64];
    bool has_jump;
    uint16_t expected_after_jump;

    int64_t removed[SEQUENCE_WINDOW_REMOVED]; /* ring of the last ones */
    uint64_t removed_count;
};

void sequence_window_reset(struct sequence_window *window);

/* Marks seq as received. ret_sequence is written for NEW and LATE. */
enum sequence_verdict sequence_window_add(
    struct sequence_window *window, uint16_t seq, int64_t *ret_sequence);

/* Takes a received sequence number out of the numbering. False when a newer one has been numbered
 * already: then the hole stays. */
bool sequence_window_remove(struct sequence_window *window, int64_t sequence);

/* Number of a received sequence; false when it is older than what is remembered of removals. */
bool sequence_window_number(
    const struct sequence_window *window, int64_t sequence, int64_t *ret_number);

#endif
