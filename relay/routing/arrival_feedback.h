/*
 * Transport-wide feedback to a publisher: remembers when each transport sequence number arrived
 * (retransmissions and padding included) and tells the sender every 50–100 ms.
 * By value in struct stream; nothing is allocated.
 */
#ifndef DUET_RELAY_ROUTING_ARRIVAL_FEEDBACK_H
#define DUET_RELAY_ROUTING_ARRIVAL_FEEDBACK_H

#include "common/bytes.h"
#include "relay/wire/sequence.h"

#define ARRIVAL_FEEDBACK_PACKETS 1024

struct arrival_feedback {
    struct seq_unwrapper unwrapper;
    uint64_t arrivals_us[ARRIVAL_FEEDBACK_PACKETS]; /* ring by sequence; 0 = not arrived */
    int64_t next;                                   /* first sequence not reported yet */
    size_t pending;                                 /* arrivals since the last report */
    uint64_t reported_us;
    uint8_t count; /* of feedback packets, for the receiver to see losses */
};

void arrival_feedback_add(struct arrival_feedback *feedback, uint16_t sequence, uint64_t now_us);

bool arrival_feedback_due(const struct arrival_feedback *feedback, uint64_t now_us);

/* Appends one feedback packet; call while it returns true. media_ssrc is one the peer sends. */
bool arrival_feedback_write(struct arrival_feedback *feedback, struct byte_writer *writer,
    uint32_t sender_ssrc, uint32_t media_ssrc, uint64_t now_us);

#endif
