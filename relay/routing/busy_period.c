#include "relay/routing/busy_period.h"

#include "common/clock.h"

#define WAITS_US      ((int64_t)(20 * US_PER_MS))
#define LEAST_US      ((int64_t)(80 * US_PER_MS))
#define MOST_US       ((int64_t)(300 * US_PER_MS)) /* what was before says little of now */
#define LEAST_PACKETS 10
#define LESS_PERCENT  70

void busy_period_add(struct busy_period *period, int64_t waited_us, uint64_t sent_us,
    int64_t arrival_us, size_t bytes)
{
    if (waited_us < WAITS_US) {
        period->started = false;
        return;
    }
    if (!period->started || arrival_us - period->first_arrival_us > MOST_US) {
        *period = (struct busy_period){.started = true,
            .first_sent_us = sent_us,
            .last_sent_us = sent_us,
            .first_arrival_us = arrival_us,
            .last_arrival_us = arrival_us};
        return;
    }
    period->bytes += bytes;
    period->packets++;
    if (sent_us > period->last_sent_us)
        period->last_sent_us = sent_us;
    if (arrival_us > period->last_arrival_us)
        period->last_arrival_us = arrival_us;
}

bool busy_period_shows_less(const struct busy_period *period, uint64_t known_bps, uint64_t *ret_bps)
{
    int64_t took_us = period->last_arrival_us - period->first_arrival_us;
    int64_t sent_in_us = (int64_t)(period->last_sent_us - period->first_sent_us);

    if (!period->started || period->packets < LEAST_PACKETS || took_us < LEAST_US ||
        sent_in_us * 100 > took_us * LESS_PERCENT)
        return false;
    uint64_t bps = period->bytes * 8 * US_PER_S / (uint64_t)took_us;
    if (bps * 100 > known_bps * LESS_PERCENT)
        return false;
    *ret_bps = bps;
    return true;
}
