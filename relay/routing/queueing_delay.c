#include "relay/routing/queueing_delay.h"

#include "common/clock.h"

#include <string.h>

#define RECENT_US ((int64_t)(60 * US_PER_MS))
#define BASE_US   ((int64_t)(10 * US_PER_S))

void queueing_delay_init(struct queueing_delay *delay)
{
    memset(delay, 0, sizeof(*delay));
    delay->recent.span_us = RECENT_US;
    delay->base.span_us = BASE_US;
}

static void least_add(struct least_delay *least, int64_t delay_us, int64_t arrival_us)
{
    int64_t passed_us = arrival_us - least->since_us;

    if (!least->started || passed_us >= 2 * least->span_us || passed_us < -least->span_us) {
        least->started = true;
        least->since_us = arrival_us;
        least->current_us = delay_us;
        least->last_us = delay_us;
    } else if (passed_us >= least->span_us) {
        least->since_us = arrival_us;
        least->last_us = least->current_us;
        least->current_us = delay_us;
    } else if (delay_us < least->current_us) {
        least->current_us = delay_us;
    }
}

static int64_t least_of(const struct least_delay *least)
{
    return least->current_us < least->last_us ? least->current_us : least->last_us;
}

void queueing_delay_add(struct queueing_delay *delay, uint64_t sent_us, int64_t arrival_us)
{
    int64_t delay_us = arrival_us - (int64_t)sent_us;

    least_add(&delay->recent, delay_us, arrival_us);
    least_add(&delay->base, delay_us, arrival_us);
}

uint64_t queueing_delay_us(const struct queueing_delay *delay)
{
    int64_t us = least_of(&delay->recent) - least_of(&delay->base);

    return us > 0 ? (uint64_t)us : 0;
}
