#include "relay/routing/pacer.h"

#include "common/clock.h"

#include <string.h>

#define BURST_US         (40 * US_PER_MS)
#define MIN_BURST_BYTES  (10 * 1200)
#define MAX_DEBT_US      (200 * US_PER_MS) /* audio alone must not stop a picture for ever */
#define RESEND_PERCENT   30
#define RESEND_BURST_US  (100 * US_PER_MS)
#define MIN_RESEND_BYTES (3 * 1200)

/* Budgets are in millionths of a bit, so that a rate times microseconds needs no rounding at any step. */
static int64_t earned_in(const struct pacer *pacer, uint64_t span_us)
{
    return (int64_t)(pacer->rate_bps * span_us);
}

static int64_t cost_of(size_t bytes)
{
    return (int64_t)(bytes * 8 * US_PER_S);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t burst_of(const struct pacer *pacer)
{
    return larger(earned_in(pacer, BURST_US), cost_of(MIN_BURST_BYTES));
}

static int64_t resend_burst_of(const struct pacer *pacer)
{
    return larger(
        earned_in(pacer, RESEND_BURST_US) * RESEND_PERCENT / 100, cost_of(MIN_RESEND_BYTES));
}

void pacer_init(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us)
{
    memset(pacer, 0, sizeof(*pacer));
    pacer->rate_bps = rate_bps;
    pacer->updated_us = now_us;
    pacer->budget = burst_of(pacer);
    pacer->resend_budget = resend_burst_of(pacer);
}

static void refill(struct pacer *pacer, uint64_t now_us)
{
    uint64_t elapsed_us = clock_elapsed_us(now_us, pacer->updated_us);

    if (elapsed_us == 0)
        return;
    if (elapsed_us > US_PER_S)
        elapsed_us = US_PER_S;
    int64_t earned = earned_in(pacer, elapsed_us);
    pacer->updated_us = now_us;
    pacer->budget = smaller(pacer->budget + earned, burst_of(pacer));
    pacer->resend_budget =
        smaller(pacer->resend_budget + earned * RESEND_PERCENT / 100, resend_burst_of(pacer));
}

void pacer_set_rate(struct pacer *pacer, uint64_t rate_bps, uint64_t now_us)
{
    refill(pacer, now_us);
    pacer->rate_bps = rate_bps;
    /* a debt of faster times would take a slow line minutes to pay */
    pacer->budget = larger(pacer->budget, -earned_in(pacer, MAX_DEBT_US));
}

bool pacer_allows(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    return pacer->budget > 0;
}

bool pacer_allows_resend(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    return pacer->resend_budget > 0;
}

void pacer_spend(struct pacer *pacer, size_t bytes, uint64_t now_us)
{
    refill(pacer, now_us);
    pacer->budget = larger(pacer->budget - cost_of(bytes), -earned_in(pacer, MAX_DEBT_US));
}

void pacer_spend_resend(struct pacer *pacer, size_t bytes, uint64_t now_us)
{
    pacer_spend(pacer, bytes, now_us);
    pacer->resend_budget -= cost_of(bytes);
}

uint64_t pacer_next_us(struct pacer *pacer, uint64_t now_us)
{
    refill(pacer, now_us);
    if (pacer->budget > 0)
        return now_us;
    return now_us + (uint64_t)-pacer->budget / pacer->rate_bps + 1;
}
