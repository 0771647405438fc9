/*
 * What came and what did not of one SSRC, by sequence numbers: counts for the figures, the index for
 * SRTP, and which numbers a real viewer would ask for again (RFC 4585 section 6.2.1). Pure.
 */
#ifndef DUET_TESTS_BENCH_LOAD_ARRIVALS_H
#define DUET_TESTS_BENCH_LOAD_ARRIVALS_H

#include "relay/wire/sequence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRIVALS_MAX_MISSING 64 /* waited for; what is beyond is only counted as lost */
#define ARRIVALS_NACK_MAX    3  /* times that one packet is asked for */

struct missing_packet {
    int64_t index;
    uint64_t next_ask_us;
    unsigned asked;
};

struct arrivals {
    struct seq_unwrapper unwrapper;
    int64_t first;
    int64_t highest;
    uint64_t received; /* each index once */
    uint64_t repeated; /* came again, or so late that nobody waited any more */
    struct missing_packet missing[ARRIVALS_MAX_MISSING];
    size_t missing_count;
    bool started;
};

/* Where a sequence number stands; changes nothing. Negative before the first packet. */
int64_t arrivals_index(const struct arrivals *arrivals, uint16_t sequence_number);

/* True for a packet that is new. */
bool arrivals_add(struct arrivals *arrivals, uint16_t sequence_number, uint64_t now_us);

/* Between the first and the newest packet. */
uint64_t arrivals_lost(const struct arrivals *arrivals);

/* Numbers to ask for now, ascending, at most max. A hole is asked for after 10 ms and then every
 * 50 ms; who was asked for ARRIVALS_NACK_MAX times is no longer waited for. */
size_t arrivals_take_nacks(
    struct arrivals *arrivals, uint64_t now_us, uint16_t *ret_numbers, size_t max);

#endif
