#include "capture/expected_loss.h"

#include "common/clock.h"

/* Weight of the newest report, and a report that needs no second one. */
#define NEWEST_WEIGHT   0.25
#define CLEARLY_PERCENT 8.0
#define ON_PERCENT      2.0
#define OFF_PERCENT     1.0
/* libopus spends bits on it from 6% on in the mode for any kind of sound; more than 25% of loss is not
 * repaired by it anyway. */
#define LEAST_PERCENT 10
#define MOST_PERCENT  25
#define STEP_PERCENT  5

/* Rounded up to a step, so that small changes change nothing. */
static unsigned prepared_for(double percent)
{
    unsigned steps = (unsigned)(percent / STEP_PERCENT) + 1;
    unsigned prepared = steps * STEP_PERCENT;

    if (prepared < LEAST_PERCENT)
        return LEAST_PERCENT;
    return prepared > MOST_PERCENT ? MOST_PERCENT : prepared;
}

static unsigned choose(struct expected_loss *loss, double newest_percent, uint64_t now_us)
{
    double percent = loss->mean_percent;

    if (newest_percent >= CLEARLY_PERCENT && newest_percent > percent)
        percent = newest_percent;
    unsigned wanted =
        percent >= (loss->percent > 0 ? OFF_PERCENT : ON_PERCENT) ? prepared_for(percent) : 0;
    if (wanted >= loss->percent) {
        loss->calm_since_us = now_us;
        return wanted;
    }
    return clock_elapsed_us(now_us, loss->calm_since_us) >= EXPECTED_LOSS_CALM_US ? wanted
                                                                                  : loss->percent;
}

bool expected_loss_report(struct expected_loss *loss, uint8_t fraction_lost, uint64_t now_us)
{
    double newest_percent = fraction_lost * 100.0 / 256;

    loss->mean_percent += NEWEST_WEIGHT * (newest_percent - loss->mean_percent);
    unsigned percent = choose(loss, newest_percent, now_us);
    if (percent == loss->percent)
        return false;
    loss->percent = percent;
    loss->calm_since_us = now_us;
    return true;
}
