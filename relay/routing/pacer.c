#include "relay/routing/pacer.h"

#include "common/clock.h"

#include <string.h>

#define BURST_US        (40 * US_PER_MS)
#define MIN_BURST_BITS  (10 * 1200 * 8)
#define MAX_DEBT_US     (200 * US_PER_MS) /* audio alone must not stop a picture for ever */
#define RESEND_PERCENT  30
#define RESEND_BURST_US (100 * US_PER_MS)
#define MIN_RESEND_BITS (3 * 1200 * 8)

static int64_t bits_in(uint64_t rate_bps, uint64_t span_us)
{
    return (int64_t)(rate_bps * span_us / US_PER_S);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t burst_bits(const struct pacer *pacer)
{
    return larger(bits_in(pacer->rate_bps, BURST_US), MIN_BURST_BITS);
}

static int64_t resend_burst_bits(const struct pacer *pacer)
{
    return larger(
        bits_in(pacer->rate_bps, RESEND_BURST_US) * RESEND_PERCENT / 100, MIN_RESEND_BITS);
}

void pacer_init(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us)
{
    memset(pacer, 0, sizeof(*pacer));
    pacer->rate_bps = rate_bps;
    pacer->updated_us = now_us;
    pacer->budget_bits = burst_bits(pacer);
    pacer->resend_bits = resend_burst_bits(pacer);
}

static void refill(struct pacer *pacer, uint64_t now_us)
{
    uint64_t elapsed_us = clock_elapsed_us(now_us, pacer->updated_us);

    if (elapsed_us > US_PER_S) {
        elapsed_us = US_PER_S;
        pacer->updated_us = now_us - US_PER_S;
    }
    int64_t earned = bits_in(pacer->rate_bps, elapsed_us);
    /* the time that whole bits took, so that short steps add up */
    pacer->updated_us += (uint64_t)earned * US_PER_S / pacer->rate_bps;
    pacer->budget_bits += earned;
    if (pacer->budget_bits > burst_bits(pacer))
        pacer->budget_bits = burst_bits(pacer);
    pacer->resend_bits += earned * RESEND_PERCENT / 100;
    if (pacer->resend_bits > resend_burst_bits(pacer))
        pacer->resend_bits = resend_burst_bits(pacer);
}

void pacer_set_rate(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us)
{
    refill(pacer, now_us);
    pacer->rate_bps = rate_bps;
}

bool pacer_allows(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    return pacer->budget_bits > 0;
}

bool pacer_allows_resend(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    return pacer->resend_bits > 0;
}

void pacer_spend(struct pacer *pacer, size_t bytes, uint64_t now_us)
{
    refill(pacer, now_us);
    pacer->budget_bits =
        larger(pacer->budget_bits - (int64_t)bytes * 8, -bits_in(pacer->rate_bps, MAX_DEBT_US));
}

void pacer_spend_resend(struct pacer *pacer, size_t bytes, uint64_t now_us)
{
    pacer_spend(pacer, bytes, now_us);
    pacer->resend_bits -= (int64_t)bytes * 8;
}

uint64_t pacer_next_us(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    if (pacer->budget_bits > 0)
        return now_us;
    return now_us + (uint64_t)(1 - pacer->budget_bits) * US_PER_S / pacer->rate_bps + 1;
}
