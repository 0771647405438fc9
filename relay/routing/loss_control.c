#include "relay/routing/loss_control.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

#define WINDOW_US       (250 * US_PER_MS)
#define WINDOW_PACKETS  20
#define LONG_WINDOW_US  US_PER_S /* with fewer packets */
#define MEMORY_PACKETS  300.0    /* of the smoothed share */
#define MAX_WEIGHT      0.6
#define TRIGGER         0.12   /* above the inherent share */
#define LOW_BPS         350000 /* so low a test would stop the picture: */
#define LOW_TRIGGER     0.30   /* only for loss that stops it anyway */
#define FELL            0.4    /* of the loss before, less of it is left: it was the rate */
#define MAX_INHERENT    0.35   /* a line that loses more is no line */
#define FORGET_INHERENT 0.02   /* of the difference, per window with less loss */
#define SETTLED         1.05   /* times the bound */
#define SETTLING_US     (200 * US_PER_MS)
#define MAX_SETTLING_US (3 * US_PER_S)
#define TEST_PACKETS    150
#define TEST_US         (500 * US_PER_MS)
#define MAX_TEST_US     (2 * US_PER_S)
#define REST_US         (5 * US_PER_S) /* between verdicts */

void loss_control_init(struct loss_control *control, uint64_t now_us)
{
    memset(control, 0, sizeof(*control));
    control->bound_bps = LOSS_CONTROL_UNBOUND;
    control->window_us = now_us;
}

static void begin_window(struct loss_control *control, uint64_t now_us)
{
    control->received = 0;
    control->lost = 0;
    control->window_us = now_us;
}

static void open_up(struct loss_control *control, uint64_t now_us)
{
    control->state = LOSS_OPEN;
    control->bound_bps = LOSS_CONTROL_UNBOUND;
    control->settled_us = 0;
    begin_window(control, now_us);
}

void loss_control_forget(struct loss_control *control, uint64_t now_us)
{
    open_up(control, now_us);
}

void loss_control_count(struct loss_control *control, int64_t received, int64_t lost)
{
    if (received + lost > 0)
        control->told += (uint64_t)(received + lost);
    control->received += received;
    control->lost += lost;
}

static double share_of_window(const struct loss_control *control, int64_t *ret_packets)
{
    int64_t lost = control->lost > 0 ? control->lost : 0;

    *ret_packets = control->received + lost;
    return *ret_packets > 0 ? (double)lost / (double)*ret_packets : 0;
}

static bool smooth(struct loss_control *control, uint64_t now_us)
{
    uint64_t elapsed_us = clock_elapsed_us(now_us, control->window_us);
    int64_t packets;
    double share = share_of_window(control, &packets);

    if (elapsed_us < WINDOW_US || (packets < WINDOW_PACKETS && elapsed_us < LONG_WINDOW_US))
        return false;
    double weight = fmin((double)packets / ((double)packets + MEMORY_PACKETS), MAX_WEIGHT);
    control->loss += weight * (share - control->loss);
    if (control->loss < control->inherent)
        control->inherent += FORGET_INHERENT * (control->loss - control->inherent);
    begin_window(control, now_us);
    return true;
}

static void watch(
    struct loss_control *control, const struct loss_control_input *input, uint64_t now_us)
{
    bool rested =
        control->judged_us == 0 || clock_elapsed_us(now_us, control->judged_us) >= REST_US;

    double trigger = input->acked_bps < LOW_BPS ? LOW_TRIGGER : TRIGGER;

    if (!smooth(control, now_us) || !rested || input->acked_bps == 0 ||
        control->loss <= control->inherent + trigger)
        return;
    control->state = LOSS_TESTING;
    control->bound_bps = input->acked_bps;
    control->loss_before = control->loss;
    control->test_us = now_us;
    control->settled_us = 0;
}

/* The share lost at the bound, when enough was sent there to tell. A sender that does not come down to
 * the bound, one that sends but audio for example, is judged as it is. */
static bool measure(struct loss_control *control, const struct loss_control_input *input,
    uint64_t now_us, double *ret_share)
{
    int64_t packets;
    double share = share_of_window(control, &packets);

    if (control->settled_us == 0) {
        double sent_bps = (double)input->acked_bps / (1 - fmin(control->loss, 0.9));
        if (sent_bps > SETTLED * (double)control->bound_bps &&
            clock_elapsed_us(now_us, control->test_us) < MAX_SETTLING_US) {
            begin_window(control, now_us);
            return false;
        }
        control->settled_us = now_us + SETTLING_US + input->rtt_us;
    }
    if (now_us < control->settled_us) {
        begin_window(control, now_us);
        return false;
    }
    uint64_t elapsed_us = clock_elapsed_us(now_us, control->settled_us);
    if (elapsed_us < MAX_TEST_US && (packets < TEST_PACKETS || elapsed_us < TEST_US))
        return false;
    *ret_share = share;
    return true;
}

static enum loss_verdict judge(struct loss_control *control, const struct loss_control_input *input,
    uint64_t now_us, uint64_t *ret_bound_bps)
{
    enum loss_verdict verdict = LOSS_INHERENT;
    double share;

    if (!measure(control, input, now_us, &share))
        return LOSS_NO_VERDICT;
    if (share < FELL * control->loss_before || share > MAX_INHERENT) {
        verdict = LOSS_BY_RATE;
        *ret_bound_bps = control->bound_bps;
    } else {
        control->inherent = share;
    }
    control->loss = share;
    control->judged_us = now_us;
    open_up(control, now_us);
    return verdict;
}

enum loss_verdict loss_control_update(struct loss_control *control,
    const struct loss_control_input *input, uint64_t now_us, uint64_t *ret_bound_bps)
{
    if (input->queueing) {
        open_up(control, now_us);
        return LOSS_NO_VERDICT;
    }
    if (control->state == LOSS_TESTING)
        return judge(control, input, now_us, ret_bound_bps);
    watch(control, input, now_us);
    return LOSS_NO_VERDICT;
}
