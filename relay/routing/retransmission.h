/*
 * How much a viewer may have sent again: each packet once per round trip (in one copy or several, line.h), not after
 * a second, and within a budget of bytes that grows with the media it gets. Keeps one bad line, or one hostile
 * viewer, from costing the others. By value in struct subscriber; pure.
 */
#ifndef DUET_RELAY_ROUTING_RETRANSMISSION_H
#define DUET_RELAY_ROUTING_RETRANSMISSION_H

#include "relay/routing/sent_history.h"

#define RETRANSMISSION_AGE_MS 1000

struct retransmission {
    uint64_t budget_bytes;
    uint64_t
        rtt_us; /* smoothed, from the viewer's reports, till then from its feedback; 0 = not known */
    bool reported;
    uint64_t refilled_us;
    uint64_t refused_budget;
    uint64_t refused_repeat;
    bool copying; /* the packet that went out just now is to go out again */
};

void retransmission_init(struct retransmission *retransmission, uint64_t now_us);

/* A packet of media was sent: half of it is credit. */
void retransmission_credit(struct retransmission *retransmission, size_t bytes);

/* RTT sample in 1/65536 s from a receiver report (RFC 3550 section 6.4.1). */
void retransmission_rtt_sample(struct retransmission *retransmission, uint32_t rtt_65536);

/* May so many bytes be spent on repairing the viewer's picture? They count as spent. */
bool retransmission_take(struct retransmission *retransmission, size_t bytes, uint64_t now_us);

/* Till there is a sample: reports are rare and get lost. 0 = not known. */
void retransmission_guess_rtt(struct retransmission *retransmission, uint64_t rtt_us);

/* May sent (bytes long) go out again now? It counts as resent. */
bool retransmission_allow(
    struct retransmission *retransmission, struct sent_packet *sent, size_t bytes, uint64_t now_us);

#endif
