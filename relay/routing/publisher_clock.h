/*
 * The publisher's wall clock against ours, and each layer's RTP clock against that (RFC 3550 section
 * 6.4.1): sender reports become (our time, RTP timestamp) pairs, from which the reports to viewers
 * are made, so that sound and picture of one source stay together through every rewriting.
 *
 * The offset between the clocks is fixed by the first sender report of the stream and then kept, since
 * audio and video must share it to the tick; only a jump of the publisher's clock moves it. By value:
 * one publisher_clock per stream, one report_mapping per layer.
 */
#ifndef DUET_RELAY_ROUTING_PUBLISHER_CLOCK_H
#define DUET_RELAY_ROUTING_PUBLISHER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct publisher_clock {
    bool anchored;
    int64_t offset_us; /* our monotonic time − publisher's NTP time */
};

struct report_mapping {
    bool known;
    int64_t our_us; /* monotonic moment of the report */
    uint32_t timestamp_rtp;
};

/* A sender report that arrived at now_us. NTP 0 ("no wall clock") maps nothing. */
void publisher_clock_report(struct publisher_clock *clock, struct report_mapping *mapping,
    uint64_t ntp, uint32_t timestamp_rtp, uint64_t now_us);

/* RTP timestamp of the layer at now_us; mapping->known must hold. */
uint32_t report_mapping_at(
    const struct report_mapping *mapping, uint32_t clock_rate, uint64_t now_us);

#endif
