/*
 * Which packets of a publisher's layer to ask for again (RFC 4585 section 6.2.1): a gap becomes due
 * after a short wait for reordering, is repeated once per round trip and given up after ten tries or
 * one second.
 *
 * The round trip is learned from how long the first answer to a request takes. By value in struct
 * layer; nothing is allocated.
 */
#ifndef DUET_RELAY_ROUTING_NACK_GENERATOR_H
#define DUET_RELAY_ROUTING_NACK_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NACK_MAX_MISSING   256
#define NACK_MAX_PER_ROUND 128

struct nack_entry {
    int64_t sequence;
    uint64_t missing_since_us;
    uint64_t asked_us; /* last time; valid when tries > 0 */
    uint8_t tries;
};

struct nack_generator {
    bool started;
    int64_t highest;
    struct nack_entry missing[NACK_MAX_MISSING]; /* ascending */
    size_t missing_count;
    uint64_t rtt_us; /* smoothed; 0 = not known yet */
    uint64_t asked_count;
    uint64_t recovered_count;
    uint64_t given_up_count;
};

/* Forgets what is missing; the counts go on (all zero in a new one). */
void nack_generator_reset(struct nack_generator *generator);

/* Each packet that arrived, by retransmission too. False when the gap before it is wider than can be
 * repaired: everything missing was given up. */
bool nack_generator_add(struct nack_generator *generator, int64_t sequence, uint64_t now_us);

/* Sequence numbers to ask for now, ascending; returns how many. *ret_given_up counts those that
 * will not come any more. Call after packets and on every tick. */
size_t nack_generator_due(struct nack_generator *generator, uint64_t now_us,
    uint16_t ret_seqs[NACK_MAX_PER_ROUND], size_t *ret_given_up);

#endif
