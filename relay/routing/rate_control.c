#include "relay/routing/rate_control.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

#define DECREASE           0.85
#define GROWTH_PER_S       0.08
#define PACKET_BITS        (1200 * 8)
#define RESPONSE_US        (100 * US_PER_MS) /* feedback and reaction, on top of a round trip */
#define MIN_GROWTH_BPS     4000              /* per second */
#define MAX_STEP_US        US_PER_S
#define AHEAD_OF_ACKED     1.5
#define AHEAD_UNPROBED     4.0 /* from one layer to the next */
#define AHEAD_OF_ACKED_BPS 10000
#define MIN_REPEAT_US      (150 * US_PER_MS)
#define MAX_REPEAT_US      (300 * US_PER_MS)
#define FULL_SMOOTHING     0.05
#define FIRST_DEVIATION    0.4
#define MIN_FULL_DEVIATION 0.4
#define MAX_FULL_DEVIATION 2.5

static uint64_t clamp_bps(double bps)
{
    return (uint64_t)fmin(fmax(bps, RATE_CONTROL_MIN_BPS), RATE_CONTROL_MAX_BPS);
}

void rate_control_init(struct rate_control *control, uint64_t bps, uint64_t now_us)
{
    memset(control, 0, sizeof(*control));
    control->bps = clamp_bps((double)bps);
    control->updated_us = now_us;
}

/* Three standard deviations of the rate at which the line was full. */
static double full_margin_kbps(const struct rate_control *control)
{
    return 3 * sqrt(control->full_deviation * control->full_kbps);
}

static void learn_full(struct rate_control *control, double kbps)
{
    if (control->full_kbps <= 0) {
        control->full_kbps = kbps;
        control->full_deviation = FIRST_DEVIATION;
        return;
    }
    if (fabs(kbps - control->full_kbps) > full_margin_kbps(control)) {
        control->full_kbps = kbps; /* another line, or another share of it */
        return;
    }
    double error = kbps - control->full_kbps;
    control->full_kbps += FULL_SMOOTHING * error;
    double deviation = (1 - FULL_SMOOTHING) * control->full_deviation +
                       FULL_SMOOTHING * error * error / fmax(control->full_kbps, 1);
    control->full_deviation = fmin(fmax(deviation, MIN_FULL_DEVIATION), MAX_FULL_DEVIATION);
}

/* Once per reaction time: what was sent before the last decrease still arrives. */
static bool may_decrease(
    const struct rate_control *control, const struct rate_control_input *input, uint64_t now_us)
{
    uint64_t repeat_us = input->rtt_us;

    if (control->decreased_us == 0)
        return true;
    if (input->acked_recent_bps > 0 && input->acked_recent_bps < control->bps / 2)
        repeat_us = MIN_REPEAT_US;
    if (repeat_us < MIN_REPEAT_US)
        repeat_us = MIN_REPEAT_US;
    if (repeat_us > MAX_REPEAT_US)
        repeat_us = MAX_REPEAT_US;
    return clock_elapsed_us(now_us, control->decreased_us) >= repeat_us;
}

static void decrease(
    struct rate_control *control, const struct rate_control_input *input, uint64_t now_us)
{
    double acked_bps =
        (double)(input->acked_recent_bps > 0 ? input->acked_recent_bps : control->bps);

    if (!may_decrease(control, input, now_us))
        return;
    learn_full(control, acked_bps / 1000);
    uint64_t bps = clamp_bps(DECREASE * acked_bps);
    if (bps < control->bps)
        control->bps = bps;
    control->decreased_us = now_us;
}

static void increase(
    struct rate_control *control, const struct rate_control_input *input, double elapsed_s)
{
    double bps = (double)control->bps;
    double growth_bps = bps * GROWTH_PER_S;

    if (input->acked_bps == 0)
        return;
    if (control->full_kbps > 0) {
        double margin_kbps = full_margin_kbps(control);
        if ((double)input->acked_bps / 1000 > control->full_kbps + margin_kbps) {
            control->full_kbps = 0; /* the line carries more than it did */
        } else if (bps / 1000 > control->full_kbps - margin_kbps) {
            double response_s = (double)(input->rtt_us + RESPONSE_US) / US_PER_S;
            growth_bps = fmin(growth_bps, fmax(PACKET_BITS / response_s, MIN_GROWTH_BPS));
        }
    }
    double ahead = input->unprobed ? AHEAD_UNPROBED : AHEAD_OF_ACKED;
    double limit_bps = ahead * (double)input->acked_bps + AHEAD_OF_ACKED_BPS;
    double grown_bps = fmin(bps + growth_bps * elapsed_s, limit_bps);
    if (grown_bps > bps)
        control->bps = clamp_bps(grown_bps);
}

void rate_control_update(
    struct rate_control *control, const struct rate_control_input *input, uint64_t now_us)
{
    uint64_t elapsed_us = clock_elapsed_us(now_us, control->updated_us);

    if (elapsed_us > MAX_STEP_US)
        elapsed_us = MAX_STEP_US;
    control->updated_us = now_us;
    if (input->usage == DELAY_OVERUSE)
        decrease(control, input, now_us);
    else if (input->usage == DELAY_NORMAL)
        increase(control, input, (double)elapsed_us / US_PER_S);
}

void rate_control_raise(struct rate_control *control, uint64_t bps, uint64_t now_us)
{
    if (bps <= control->bps)
        return;
    control->bps = clamp_bps((double)bps);
    control->updated_us = now_us;
    if ((double)bps / 1000 > control->full_kbps + full_margin_kbps(control))
        control->full_kbps = 0;
}

void rate_control_lower(struct rate_control *control, uint64_t bps, uint64_t now_us)
{
    if (bps >= control->bps)
        return;
    control->bps = clamp_bps((double)bps);
    control->updated_us = now_us;
}
