/*
 * How fast packets may leave to one viewer: a budget of bytes that fills at the pacing rate. Where the
 * packets wait meanwhile is the caller's business (a slot's position in its layer's cache).
 *
 *   control, audio    go at once, and are counted        pacer_spend()
 *   retransmissions   before media, by a budget of       pacer_allows_resend(), pacer_spend_resend()
 *                     their own
 *   media, padding    while there is budget              pacer_allows(), pacer_spend()
 *
 * The last packet may overdraw the budget. What an idle line saves up is bounded: 40 ms of the rate
 * or ten packets, so that a frame leaves at once and a queue stays short. Members by value; pure.
 */
#ifndef DUET_RELAY_ROUTING_PACER_H
#define DUET_RELAY_ROUTING_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pacer {
    uint64_t rate_bps;
    uint64_t updated_us;
    int64_t budget; /* millionths of a bit */
    int64_t resend_budget;
};

void pacer_init(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us);

/* From bandwidth_estimator_pacing_bps(), after each feedback and tick. rate_bps > 0. */
void pacer_set_rate(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us);

bool pacer_allows(struct pacer *pacer, uint64_t now_us);
bool pacer_allows_resend(struct pacer *pacer, uint64_t now_us);

/* bytes: as for the bandwidth estimator. */
void pacer_spend(struct pacer *pacer, size_t bytes, uint64_t now_us);
void pacer_spend_resend(struct pacer *pacer, size_t bytes, uint64_t now_us);

/* When media may go on; now_us when it may now. */
uint64_t pacer_next_us(struct pacer *pacer, uint64_t now_us);

#endif
