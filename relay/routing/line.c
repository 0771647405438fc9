#include "relay/routing/line.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

/* A viewer that gives feedback does so by then. */
#define FIRST_WORD_US (1 * US_PER_S)
/* So long a picture is not taken away: the estimate has only begun. */
#define TRIAL_US (2 * US_PER_S)

#define SRTP_TAG_BYTES    16
#define OVERHEAD_PERMILLE 60   /* headers, and what is sent again on a fair line */
#define MOST_RESENT       0.25 /* of all, in one copy */
#define BAD_LOSS          26   /* of 256 in a report: worth looking at without better word */

/* An attempt that fails costs a round trip: over a long one the next comes too late for the picture. On a full
 * line a third copy would make a queue. */
#define LOSS_PACKETS        300 /* before so many nobody knows what is lost */
#define TWO_COPIES_RTT_US   (50 * US_PER_MS)
#define TWO_COPIES_LOSS     0.03
#define THREE_COPIES_RTT_US (200 * US_PER_MS)
#define THREE_COPIES_LOSS   0.08
#define THREE_COPIES_ROOM   120 /* percent of what is wanted */

/* Of the estimate, which is below what the line carries, or of what arrives. */
#define REPLAY_PERCENT 125

static size_t line_bytes(size_t packet_bytes)
{
    return packet_bytes + SRTP_TAG_BYTES + BANDWIDTH_HEADER_BYTES;
}

int line_init(struct line *line, bool transport_cc, uint64_t now_us)
{
    int err;

    memset(line, 0, sizeof(*line));
    err = bandwidth_estimator_init(&line->estimator, transport_cc, now_us);
    if (err < 0)
        return err;
    line->transport_cc = transport_cc;
    line->started_us = now_us;
    pacer_init(&line->pacer, bandwidth_estimator_pacing_bps(&line->estimator), now_us);
    return 0;
}

void line_finish(struct line *line)
{
    bandwidth_estimator_finish(&line->estimator);
}

void line_start(struct line *line, uint64_t now_us)
{
    line->started_us = now_us;
}

void line_sent(struct line *line, uint16_t transport_sequence, size_t bytes, uint64_t now_us)
{
    bandwidth_estimator_on_sent(&line->estimator, transport_sequence, line_bytes(bytes), now_us);
    if (line->judged)
        pacer_spend(&line->pacer, line_bytes(bytes), now_us);
}

void line_resent(struct line *line, uint16_t transport_sequence, size_t bytes, uint64_t now_us)
{
    bandwidth_estimator_on_sent(&line->estimator, transport_sequence, line_bytes(bytes), now_us);
    if (line->judged)
        pacer_spend_resend(&line->pacer, line_bytes(bytes), now_us);
}

bool line_allows(struct line *line, uint64_t now_us)
{
    return !line->judged || pacer_allows(&line->pacer, now_us);
}

bool line_allows_resend(struct line *line, uint64_t now_us)
{
    return !line->judged || pacer_allows_resend(&line->pacer, now_us);
}

/* Faster from one feedback to the next while nothing waits; less while a queue of ours is being emptied. */
static uint64_t replay_bps(const struct line *line)
{
    uint64_t bps = bandwidth_estimator_bps(&line->estimator);
    uint64_t pacing_bps = bandwidth_estimator_pacing_bps(&line->estimator);
    uint64_t carried_bps = bandwidth_estimator_carried_bps(&line->estimator);

    if (carried_bps > bps)
        return carried_bps * REPLAY_PERCENT / 100;
    bps = bps * REPLAY_PERCENT / 100;
    return bps < pacing_bps ? bps : pacing_bps;
}

static void follow(struct line *line, uint64_t now_us)
{
    pacer_set_rate(&line->pacer,
        line->replaying ? replay_bps(line) : bandwidth_estimator_pacing_bps(&line->estimator),
        now_us);
}

void line_set_replaying(struct line *line, bool replaying, uint64_t now_us)
{
    if (line->replaying == replaying)
        return;
    line->replaying = replaying;
    follow(line, now_us);
}

bool line_carries_replay(const struct line *line, size_t bytes, uint64_t media_bps)
{
    uint64_t bps = replay_bps(line);

    if (!line->judged)
        return true;
    return bps > media_bps && bytes * 8 * US_PER_S <= (bps - media_bps) * LINE_REPLAY_MAX_US;
}

/* What is lost is sent again, so many times. */
static unsigned permille_of(double share, unsigned copies)
{
    return OVERHEAD_PERMILLE + (unsigned)(fmin(share, MOST_RESENT) * copies * 1000);
}

unsigned line_copies(const struct line *line, uint64_t rtt_us)
{
    const struct loss_control *loss = &line->estimator.loss;
    bool known = !line->transport_cc || loss->told >= LOSS_PACKETS;
    double share = known ? loss->loss : fmax(loss->loss, TWO_COPIES_LOSS);

    if (rtt_us < TWO_COPIES_RTT_US || share < TWO_COPIES_LOSS)
        return 1;
    if (rtt_us < THREE_COPIES_RTT_US || share < THREE_COPIES_LOSS)
        return 2;
    /* of what three would take, so that their number does not hang on itself */
    uint64_t ample_bps = line->media_bps * (1000 + permille_of(share, 3)) / 1000;
    return bandwidth_estimator_bps(&line->estimator) >= ample_bps * THREE_COPIES_ROOM / 100 ? 3 : 2;
}

uint64_t line_rtt_us(const struct line *line)
{
    return bandwidth_estimator_rtt_us(&line->estimator);
}

bool line_take_feedback(
    struct line *line, const struct transport_feedback *feedback, uint64_t now_us)
{
    uint64_t before_bps = bandwidth_estimator_bps(&line->estimator);

    if (!line->transport_cc)
        return false;
    bandwidth_estimator_on_feedback(&line->estimator, feedback, now_us);
    line->judged = line->judged || bandwidth_estimator_has_measured(&line->estimator);
    follow(line, now_us);
    return bandwidth_estimator_bps(&line->estimator) < before_bps;
}

void line_take_remb(struct line *line, uint64_t bps, uint64_t now_us)
{
    bandwidth_estimator_on_remb(&line->estimator, bps, now_us);
    line->judged = true;
    follow(line, now_us);
}

void line_take_report(struct line *line, uint8_t fraction_lost, uint64_t now_us)
{
    bandwidth_estimator_on_report(&line->estimator, fraction_lost, now_us);
    if (!line->transport_cc && fraction_lost >= BAD_LOSS)
        line->judged = true;
    follow(line, now_us);
}

void line_tick(struct line *line, uint64_t now_us)
{
    if (!line->judged)
        return;
    bandwidth_estimator_tick(&line->estimator, now_us);
    follow(line, now_us);
}

bool line_is_calm(const struct line *line, uint64_t now_us)
{
    return !line->judged || bandwidth_estimator_is_calm(&line->estimator, now_us);
}

size_t line_padding(const struct line *line, uint64_t now_us, size_t *ret_packet_bytes)
{
    return line->judged ? bandwidth_estimator_padding(&line->estimator, now_us, ret_packet_bytes)
                        : 0;
}

bool line_choose(struct line *line, struct slot_demand *demands, struct layer_slot *slots,
    size_t count, uint64_t audio_bps, uint64_t backlog_us, uint64_t now_us)
{
    uint64_t age_us = clock_elapsed_us(now_us, line->started_us);
    struct layer_choice_input input = {
        .estimate_bps = bandwidth_estimator_bps(&line->estimator),
        .audio_bps = audio_bps,
        .overhead_permille =
            permille_of(line->estimator.loss.loss, line_copies(line, line_rtt_us(line))),
        .backlog_ms = backlog_us / US_PER_MS,
        .outage = bandwidth_estimator_is_out(&line->estimator),
    };

    uint64_t wanted_bps = layer_choice_wanted_bps(demands, count, &input);

    line->media_bps = wanted_bps * 1000 / (1000 + input.overhead_permille);
    bandwidth_estimator_set_wanted(&line->estimator, wanted_bps);
    if (!line->judged && (!line->transport_cc || age_us > FIRST_WORD_US))
        return false;
    for (size_t i = 0; i < count; i++)
        demands[i].may_pause = line->judged && age_us > TRIAL_US;
    layer_choice_update(&line->choice, demands, slots, count, &input, now_us);
    return true;
}

uint64_t line_estimate_bps(const struct line *line)
{
    return line->judged ? bandwidth_estimator_bps(&line->estimator) : 0;
}
