/*
 * How much loss the Opus encoder should prepare for with its in-band forward error correction
 * (RFC 6716 section 2.1.7), from what receiver reports say. Preparing costs quality at the same bit
 * rate, so it is off on a clean line; it is on at once when a line turns bad, and off again only after
 * it was good for a while.
 *
 * Fed once per report. Pure; one thread; time is a parameter.
 */
#ifndef DUET_CAPTURE_EXPECTED_LOSS_H
#define DUET_CAPTURE_EXPECTED_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#define EXPECTED_LOSS_CALM_US UINT64_C(10000000)

struct expected_loss {
    double mean_percent; /* over some reports: one holds only 50 packets */
    unsigned percent;    /* what the encoder was told */
    uint64_t calm_since_us;
};

/* fraction_lost as in a report block: 256 is everything. True when percent changed. */
bool expected_loss_report(struct expected_loss *loss, uint8_t fraction_lost, uint64_t now_us);

#endif
