/*
 * What a receiver report says about one SSRC (RFC 3550 sections 6.4.1, A.3 and A.8): expected and
 * lost packets, jitter, the last sender report; and its bitrate. By value in struct layer.
 */
#ifndef DUET_RELAY_ROUTING_RECEPTION_H
#define DUET_RELAY_ROUTING_RECEPTION_H

#include "relay/wire/rtcp.h"

#define RECEPTION_WINDOWS 4 /* of half a second */

struct reception {
    bool started;
    int64_t first_sequence;
    int64_t highest_sequence;
    uint64_t received;
    uint64_t expected_prior;
    uint64_t received_prior;

    bool has_transit;
    int64_t last_transit;
    uint32_t last_timestamp_rtp;
    uint32_t jitter_16; /* ticks × 16 */

    uint32_t last_sr; /* middle 32 bits */
    uint64_t last_sr_arrival_us;

    uint64_t bytes;
    uint64_t bitrate_bytes; /* in the window in progress */
    uint64_t bitrate_start_us;
    uint32_t bitrate_bps;
    uint32_t windows_bps[RECEPTION_WINDOWS]; /* ring; the next one at window_count */
    unsigned window_count;                   /* so far */
};

void reception_reset(struct reception *reception);

/* One packet of the SSRC itself (not what RTX brought back); clock_rate in Hz. */
void reception_add(struct reception *reception, int64_t sequence, uint32_t timestamp_rtp,
    uint32_t clock_rate, size_t bytes, uint64_t arrival_us);

void reception_sender_report(struct reception *reception, uint64_t ntp, uint64_t arrival_us);

/* Block for the next report; counts the interval since the last one. */
void reception_report(struct reception *reception, uint32_t ssrc, uint64_t now_us,
    struct rtcp_report_block *ret_block);

/* Bytes that belong to the bitrate only; reception_add() counts its own. */
void reception_count(struct reception *reception, size_t bytes, uint64_t arrival_us);

/* The bitrate before a pause stands until it has been measured anew. */
void reception_resume(struct reception *reception, uint32_t bitrate_bps, uint64_t now_us);

/* Over the last half second. */
uint32_t reception_bitrate_bps(const struct reception *reception, uint64_t now_us);
/* Over the last two seconds: what the source costs a line, with its keyframes evened out. */
uint32_t reception_steady_bps(const struct reception *reception, uint64_t now_us);

#endif
