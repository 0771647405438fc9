/*
 * The loss of a source's viewers as one figure for its encoder: the worst that matters. It goes into
 * the receiver report to the publisher, whose Opus encoder prepares for it (in-band FEC).
 *
 * Preparing costs every viewer quality, so a viewer with a hopeless line must not decide:
 *  - who loses more than a quarter is left out: in-band FEC does not repair that;
 *  - among the others the worst counts that is no outlier. With three viewers or more a loss must be
 *    shared by two of them, in a large lesson by one in twenty; with one or two viewers there is no
 *    majority that could tell who the odd one is, and the worst counts.
 *
 *   per report to the publisher: init → add for each slot with a fresh report → worst
 *
 * A histogram by value, so that any number of viewers costs the same and the figures of several
 * workers can be added up. Pure; one thread at a time.
 */
#ifndef DUET_RELAY_ROUTING_LOSS_SUMMARY_H
#define DUET_RELAY_ROUTING_LOSS_SUMMARY_H

#include <stdint.h>

#define LOSS_SUMMARY_USABLE   64                /* in 256: a quarter */
#define LOSS_SUMMARY_FRESH_US UINT64_C(5000000) /* a viewer's report older than this says nothing */

struct loss_summary {
    uint32_t viewers[LOSS_SUMMARY_USABLE + 1]; /* by fraction lost */
    uint32_t count;
};

void loss_summary_init(struct loss_summary *summary);

/* fraction_lost as in a report block: 256 is everything. */
void loss_summary_add(struct loss_summary *summary, uint8_t fraction_lost);
void loss_summary_merge(struct loss_summary *summary, const struct loss_summary *other);

/* The worst that matters, as fraction lost; 0 without viewers. */
uint8_t loss_summary_worst(const struct loss_summary *summary);

#endif
