#include "relay/routing/queueing_delay.h"

#include "common/clock.h"

#include <string.h>

#define RECENT_US     ((int64_t)(25 * US_PER_MS))
#define BASE_US       ((int64_t)(10 * US_PER_S))
#define REAL_US       20000 /* above what is usual and explained, */
#define REAL_STEPS    2     /* and so many usual changes of it */
#define RISE_US       20000
#define RISE_STEPS    3
#define MIN_STEP_US   10000 /* more than at the last feedback: it grows */
#define USUAL_PART    16
#define FIRST_STEP_US 20000 /* until it is learned */
#define STEP_PART     8
#define STEP_TIMES    2 /* the usual change and a little more: what is learned of one at most */
#define STEP_MORE_US  2000

void queueing_delay_init(struct queueing_delay *delay)
{
    memset(delay, 0, sizeof(*delay));
    delay->recent.span_us = RECENT_US;
    delay->base.span_us = BASE_US;
    delay->step_us = FIRST_STEP_US;
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

int64_t queueing_delay_of(const struct queueing_delay *delay, uint64_t sent_us, int64_t arrival_us)
{
    int64_t waited_us = arrival_us - (int64_t)sent_us - least_of(&delay->base);

    return waited_us - delay->usual_us - REAL_STEPS * delay->step_us;
}

uint64_t queueing_delay_us(const struct queueing_delay *delay)
{
    int64_t us = least_of(&delay->recent) - least_of(&delay->base);

    return us > 0 ? (uint64_t)us : 0;
}

/* The first large change may be the queue that the next one makes certain. */
static void learn_step(struct queueing_delay *delay, int64_t change_us)
{
    int64_t most_us = STEP_TIMES * delay->step_us + STEP_MORE_US;

    delay->step_us += ((change_us < most_us ? change_us : most_us) - delay->step_us) / STEP_PART;
}

void queueing_delay_judge(struct queueing_delay *delay, uint64_t explained_us)
{
    int64_t seen_us = (int64_t)queueing_delay_us(delay);
    int64_t change_us = seen_us - delay->seen_us;
    int64_t more_us = seen_us - delay->usual_us - (int64_t)explained_us;

    delay->real = more_us > REAL_US + REAL_STEPS * delay->step_us;
    delay->rises = more_us > RISE_US + RISE_STEPS * delay->step_us && change_us > MIN_STEP_US;
    delay->seen_us = seen_us;
    /* what is new becomes usual in some seconds, so that a queue of others starves nobody */
    delay->usual_us += (seen_us - delay->usual_us) / USUAL_PART;
    if (!delay->rises)
        learn_step(delay, change_us < 0 ? -change_us : change_us);
}
