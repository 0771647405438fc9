#include "relay/routing/bandwidth_estimator.h"

#include "common/clock.h"

#include <errno.h>
#include <string.h>

#define HISTORY_PACKETS        1024
#define ACKED_US               (500 * US_PER_MS)
#define ACKED_RECENT_US        (150 * US_PER_MS)
#define DRAIN_QUEUE_US         (40 * US_PER_MS)
#define DRAIN_TIME_US          (200 * US_PER_MS)
#define DRAIN_LIMIT_US         (2 * US_PER_S)
#define DRAIN_MIN_PERCENT      45
#define AFTER_DECREASE_PERCENT 120
#define PACING_PERCENT         250
#define QUEUEING_US            US_PER_S /* so long after a decrease loss is explained */
#define PROBE_MAX_QUEUE_US     (30 * US_PER_MS)
#define PROBE_MOST_QUEUE_US    (100 * US_PER_MS) /* that a probe makes */
#define PROBE_QUEUE_US         (200 * US_PER_MS)
#define MEASURED_US            (50 * US_PER_MS) /* of arrivals: less is a matter of luck */
#define CARRIED_PERCENT        95
#define CARRIED_MOST_PERCENT   150     /* of what is wanted, as for probes, */
#define CARRIED_MOST_BPS       3000000 /* or this: what new layers need is not known yet */
#define OUTAGE_MARGIN_US       (500 * US_PER_MS)
#define OUTAGE_MAX_RTT_US      (500 * US_PER_MS)
#define OUTAGE_INTERVALS       2 /* of feedback, for viewers that seldom give any */
#define OUTAGE_MAX_INTERVAL_US (5 * US_PER_S)
#define OUTAGE_STEP_US         (400 * US_PER_MS)
#define OUTAGE_FLOOR_BPS       50000
#define RESUME_PERCENT         85
#define RESUME_MAX_QUEUE_US    (100 * US_PER_MS)
#define RESUME_WAIT_US         US_PER_S /* for what was held up on the way to come through */
#define REMB_US                (5 * US_PER_S)
#define ENOUGH_PERCENT         125 /* of what is wanted: as far as trying goes */
#define MAX_HOLE_PACKETS       256
#define HOLE_PARTS             4
/* without transport-wide feedback */
#define REPORT_START_BPS      2500000
#define REPORT_HIGH_LOSS      26 /* of 256: 10% */
#define REPORT_LOW_LOSS       5  /* 2% */
#define REPORT_INTERVAL_US    (500 * US_PER_MS)
#define REPORT_GROWTH_PERCENT 8

static bool has_transport_cc(const struct bandwidth_estimator *estimator)
{
    return estimator->history.ring != NULL;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* After a decrease, while its queue may still be there. */
static bool is_draining(const struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t decreased_us = estimator->rate.decreased_us;

    return decreased_us != 0 && clock_elapsed_us(now_us, decreased_us) <= DRAIN_LIMIT_US;
}

/* A queue that we built is emptied by sending less than arrives, and what waited here meanwhile must not
 * build it anew. One that others keep up does not empty: after two seconds it is taken as it is. */
static uint64_t pacing_of(const struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t queue_us = queueing_delay_us(&estimator->queueing);
    uint64_t percent = AFTER_DECREASE_PERCENT;

    if (!is_draining(estimator, now_us))
        percent = PACING_PERCENT;
    else if (queue_us > DRAIN_QUEUE_US + DRAIN_TIME_US)
        percent = DRAIN_MIN_PERCENT;
    else if (queue_us > DRAIN_QUEUE_US)
        percent =
            larger(DRAIN_MIN_PERCENT, 100 - 100 * (queue_us - DRAIN_QUEUE_US) / DRAIN_TIME_US);
    return estimator->estimate_bps * percent / 100;
}

static void give_out(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t bps = smaller(estimator->rate.bps, estimator->loss.bound_bps);

    if (estimator->remb_us != 0 && clock_elapsed_us(now_us, estimator->remb_us) < REMB_US)
        bps = smaller(bps, estimator->remb_bps);
    estimator->estimate_bps = bps > RATE_CONTROL_MIN_BPS ? bps : RATE_CONTROL_MIN_BPS;
    /* what bounds the estimate bounds the past that is sent, too */
    if (bps < estimator->rate.bps)
        estimator->carried_bps = 0;
    estimator->pacing_bps = pacing_of(estimator, now_us);
    burst_queue_set_rate(&estimator->bursts, larger(estimator->estimate_bps, estimator->acked_bps));
}

int bandwidth_estimator_init(
    struct bandwidth_estimator *estimator, bool transport_cc, uint64_t now_us)
{
    memset(estimator, 0, sizeof(*estimator));
    if (transport_cc) {
        int err = transport_history_init(&estimator->history, HISTORY_PACKETS);
        if (err < 0)
            return err;
    }
    delay_detector_init(&estimator->detector);
    queueing_delay_init(&estimator->queueing);
    throughput_init(&estimator->throughput);
    rate_control_init(
        &estimator->rate, transport_cc ? BANDWIDTH_START_BPS : REPORT_START_BPS, now_us);
    loss_control_init(&estimator->loss, now_us);
    probing_init(&estimator->probing, now_us);
    burst_queue_init(&estimator->bursts, estimator->rate.bps, now_us);
    give_out(estimator, now_us);
    return 0;
}

void bandwidth_estimator_finish(struct bandwidth_estimator *estimator)
{
    transport_history_finish(&estimator->history);
}

void bandwidth_estimator_on_sent(
    struct bandwidth_estimator *estimator, uint16_t sequence, size_t bytes, uint64_t now_us)
{
    uint8_t cluster = 0;

    if (!has_transport_cc(estimator))
        return;
    if (estimator->probing.state == PROBING_SENDING) {
        cluster = estimator->probing.cluster;
        probing_on_sent(&estimator->probing, bytes, now_us);
    }
    transport_history_add(&estimator->history, sequence, bytes, cluster, now_us);
    burst_queue_add(&estimator->bursts, bytes, now_us);
    if (estimator->unanswered_us == 0)
        estimator->unanswered_us = now_us;
}

/* ---- feedback ---- */

/* 24 bits of 64 ms go round in twelve days. */
static int64_t unwrap_reference(struct bandwidth_estimator *estimator, int32_t reference_time)
{
    if (!estimator->has_feedback) {
        estimator->reference_us = (int64_t)reference_time * TRANSPORT_FEEDBACK_REFERENCE_US;
    } else {
        uint32_t step = ((uint32_t)reference_time - (uint32_t)estimator->reference_time) & 0xffffff;
        int32_t signed_step = step & 0x800000 ? (int32_t)step - 0x1000000 : (int32_t)step;
        estimator->reference_us += (int64_t)signed_step * TRANSPORT_FEEDBACK_REFERENCE_US;
    }
    estimator->reference_time = reference_time;
    return estimator->reference_us;
}

/* Feedback packets get lost too. The packets that such a one told of are taken as received evenly: else
 * the rate that arrives would seem to fall. */
static size_t bytes_of_hole(const struct bandwidth_estimator *estimator,
    const struct transport_feedback *feedback, uint64_t now_us)
{
    uint16_t count = (uint16_t)(feedback->base_sequence - estimator->next_sequence);
    size_t bytes = 0;

    if (!estimator->has_feedback || count > MAX_HOLE_PACKETS ||
        feedback->feedback_count == (uint8_t)(estimator->feedback_count + 1))
        return 0;
    for (uint16_t i = 0; i < count; i++)
        bytes += transport_history_in_flight(
            &estimator->history, (uint16_t)(estimator->next_sequence + i), now_us);
    return bytes;
}

static void fill_hole(struct bandwidth_estimator *estimator, size_t bytes, int64_t arrival_us)
{
    int64_t span_us = arrival_us - estimator->last_arrival_us;

    for (int i = 1; i <= HOLE_PARTS; i++)
        throughput_add(&estimator->throughput,
            estimator->last_arrival_us + span_us * i / (HOLE_PARTS + 1), bytes / HOLE_PARTS);
}

struct batch {
    size_t hole_bytes;
    int64_t received;
    int64_t lost;
    uint64_t newest_sent_us; /* of those received; 0 = none */
};

static void take_received(struct bandwidth_estimator *estimator, struct batch *batch,
    const struct transport_result *result, int64_t arrival_us)
{
    if (batch->hole_bytes > 0) {
        fill_hole(estimator, batch->hole_bytes, arrival_us);
        batch->hole_bytes = 0;
    }
    batch->received++;
    if (result->fate == TRANSPORT_FATE_LATE)
        batch->lost--;
    if (result->sent_us > batch->newest_sent_us)
        batch->newest_sent_us = result->sent_us;
    if (arrival_us > estimator->last_arrival_us)
        estimator->last_arrival_us = arrival_us;
    throughput_add(&estimator->throughput, arrival_us, result->bytes);
    queueing_delay_add(&estimator->queueing, result->sent_us, arrival_us);
    busy_period_add(&estimator->busy,
        queueing_delay_of(&estimator->queueing, result->sent_us, arrival_us), result->sent_us,
        arrival_us, result->bytes);
    delay_detector_add(&estimator->detector, result->sent_us, arrival_us);
    if (result->cluster != 0 && result->cluster == estimator->probing.cluster)
        probing_on_received(&estimator->probing, result->bytes, arrival_us);
}

static void take_statuses(struct bandwidth_estimator *estimator,
    const struct transport_feedback *feedback, struct batch *batch, uint64_t now_us)
{
    int64_t shift_us = unwrap_reference(estimator, feedback->reference_time) -
                       (int64_t)feedback->reference_time * TRANSPORT_FEEDBACK_REFERENCE_US;
    struct transport_feedback_iterator iterator;
    struct transport_feedback_status status;

    transport_feedback_iterator_init(&iterator, feedback);
    while (transport_feedback_iterator_next(&iterator, &status)) {
        struct transport_result result =
            transport_history_take(&estimator->history, status.sequence, status.received, now_us);
        if (result.fate == TRANSPORT_FATE_NONE)
            continue;
        if (status.received) {
            take_received(estimator, batch, &result, status.arrival_us + shift_us);
        } else {
            batch->lost++;
            if (result.cluster != 0 && result.cluster == estimator->probing.cluster)
                probing_on_lost(&estimator->probing);
        }
    }
    estimator->next_sequence = (uint16_t)(feedback->base_sequence + feedback->status_count);
    estimator->feedback_count = feedback->feedback_count;
    estimator->has_feedback = true;
}

static void learn_rtt(struct bandwidth_estimator *estimator, uint64_t sent_us, uint64_t now_us)
{
    uint64_t sample_us = clock_elapsed_us(now_us, sent_us);

    estimator->rtt_us =
        estimator->rtt_us == 0 ? sample_us : (7 * estimator->rtt_us + sample_us) / 8;
}

static void learn_interval(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t sample_us =
        smaller(clock_elapsed_us(now_us, estimator->feedback_us), OUTAGE_MAX_INTERVAL_US);

    if (estimator->feedback_us != 0)
        estimator->interval_us = sample_us > estimator->interval_us
                                     ? sample_us
                                     : (7 * estimator->interval_us + sample_us) / 8;
    estimator->feedback_us = now_us;
}

/* The line is back. What happened meanwhile is no measure of it; what it carried before most likely is,
 * unless it comes back with a queue that stays: the first packets may have been held up where it broke. Less than what
 * arrived then would take a picture away that went through. */
static void end_outage(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t before_bps = estimator->before_outage_bps;
    bool queued = queueing_delay_us(&estimator->queueing) >= RESUME_MAX_QUEUE_US;

    if (before_bps == 0)
        return;
    if (estimator->back_us == 0)
        estimator->back_us = now_us;
    if (queued && clock_elapsed_us(now_us, estimator->back_us) < RESUME_WAIT_US) {
        loss_control_forget(&estimator->loss, now_us);
        return;
    }
    estimator->back_us = 0;
    if (!queued)
        rate_control_raise(&estimator->rate,
            larger(before_bps * RESUME_PERCENT / 100, smaller(before_bps, estimator->acked_bps)),
            now_us);
    estimator->before_outage_bps = 0;
    delay_detector_init(&estimator->detector);
    throughput_init(&estimator->throughput);
    loss_control_forget(&estimator->loss, now_us);
    probing_cancel(&estimator->probing, now_us);
}

/* A probe may fill the line for a moment; its result says more than the short queue that it makes. */
static bool probe_explains(const struct bandwidth_estimator *estimator, uint64_t now_us)
{
    const struct probing *probing = &estimator->probing;

    if (queueing_delay_us(&estimator->queueing) > PROBE_MOST_QUEUE_US)
        return false;
    return probing->state != PROBING_IDLE ||
           clock_elapsed_us(now_us, probing->sent_us) < estimator->rtt_us + PROBE_QUEUE_US;
}

static void control_rate(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    struct rate_control_input input = {
        .usage = estimator->detector.usage,
        .acked_bps = estimator->acked_bps,
        .acked_recent_bps = throughput_bps(&estimator->throughput, ACKED_RECENT_US),
        .rtt_us = estimator->rtt_us,
        .unprobed = estimator->probing.unsent &&
                    estimator->estimate_bps < estimator->wanted_bps * ENOUGH_PERCENT / 100,
    };

    if (estimator->queueing.rises && !probe_explains(estimator, now_us))
        input.usage = DELAY_OVERUSE;
    /* Nothing waits: it was jitter. The rate stays as it is. */
    if (input.usage == DELAY_OVERUSE && !estimator->queueing.real)
        input.usage = DELAY_UNDERUSE;
    /* neither a burst nor a probe makes the line slower */
    if (busy_period_shows_less(&estimator->busy, estimator->estimate_bps, &input.acked_recent_bps))
        input.usage = DELAY_OVERUSE;
    rate_control_update(&estimator->rate, &input, now_us);
}

/* Whatever arrives while nothing waits is carried: packets of the past, and live ones of a line that is hardly
 * known, are as good a probe as padding is. */
static void learn_carried(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    const struct throughput *throughput = &estimator->throughput;
    bool lasting = throughput->last_us - throughput->first_us >= (int64_t)MEASURED_US;
    bool waits = queueing_delay_us(&estimator->queueing) > PROBE_MAX_QUEUE_US;
    uint64_t decreased_us = estimator->rate.decreased_us;

    estimator->measured = estimator->measured || lasting || waits;
    estimator->carried_bps = 0;
    if (!lasting || waits || estimator->detector.usage == DELAY_OVERUSE ||
        (decreased_us != 0 && clock_elapsed_us(now_us, decreased_us) < DRAIN_LIMIT_US))
        return;
    estimator->carried_bps = throughput_bps(throughput, ACKED_RECENT_US);
    uint64_t most_bps =
        larger(estimator->wanted_bps * CARRIED_MOST_PERCENT / 100, CARRIED_MOST_BPS);
    rate_control_raise(&estimator->rate,
        smaller(estimator->carried_bps * CARRIED_PERCENT / 100, most_bps), now_us);
}

static void control_loss(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t decreased_us = estimator->rate.decreased_us;
    uint64_t bound_bps;
    struct loss_control_input input = {
        .acked_bps = estimator->acked_bps,
        .rtt_us = estimator->rtt_us,
        .queueing = decreased_us != 0 && clock_elapsed_us(now_us, decreased_us) < QUEUEING_US,
    };

    if (loss_control_update(&estimator->loss, &input, now_us, &bound_bps) == LOSS_BY_RATE)
        rate_control_lower(&estimator->rate, bound_bps, now_us);
}

static void take_probe(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t bps;

    if (probing_result(&estimator->probing, estimator->rtt_us, estimator->loss.loss, now_us, &bps))
        rate_control_raise(&estimator->rate, bps, now_us);
}

void bandwidth_estimator_on_feedback(struct bandwidth_estimator *estimator,
    const struct transport_feedback *feedback, uint64_t now_us)
{
    struct batch batch = {0};

    if (!has_transport_cc(estimator))
        return;
    batch.hole_bytes = bytes_of_hole(estimator, feedback, now_us);
    take_statuses(estimator, feedback, &batch, now_us);
    learn_interval(estimator, now_us);
    loss_control_count(&estimator->loss, batch.received, batch.lost);
    if (batch.newest_sent_us != 0) {
        estimator->unanswered_us = 0;
        learn_rtt(estimator, batch.newest_sent_us, now_us);
        queueing_delay_judge(&estimator->queueing, burst_queue_take_us(&estimator->bursts));
        end_outage(estimator, now_us);
        estimator->acked_bps = throughput_bps(&estimator->throughput, ACKED_US);
        control_rate(estimator, now_us);
        learn_carried(estimator, now_us);
    }
    control_loss(estimator, now_us);
    take_probe(estimator, now_us);
    give_out(estimator, now_us);
}

/* ---- without transport-wide feedback ---- */

void bandwidth_estimator_on_remb(
    struct bandwidth_estimator *estimator, uint64_t bps, uint64_t now_us)
{
    estimator->remb_bps = bps;
    estimator->remb_us = now_us;
    give_out(estimator, now_us);
}

void bandwidth_estimator_on_report(
    struct bandwidth_estimator *estimator, uint8_t fraction_lost, uint64_t now_us)
{
    struct rate_control *rate = &estimator->rate;
    uint64_t elapsed_us = clock_elapsed_us(now_us, rate->updated_us);

    /* feedback tells of every packet, one report of a moment */
    if (has_transport_cc(estimator))
        return;
    estimator->loss.loss = fraction_lost / 256.0;
    if (elapsed_us < REPORT_INTERVAL_US)
        return;
    if (elapsed_us > US_PER_S)
        elapsed_us = US_PER_S;
    if (fraction_lost > REPORT_HIGH_LOSS)
        rate_control_lower(rate, rate->bps - rate->bps * fraction_lost / 512, now_us);
    else if (fraction_lost < REPORT_LOW_LOSS)
        rate_control_raise(rate,
            rate->bps + rate->bps * REPORT_GROWTH_PERCENT / 100 * elapsed_us / US_PER_S, now_us);
    give_out(estimator, now_us);
}

/* ---- time ---- */

void bandwidth_estimator_set_wanted(struct bandwidth_estimator *estimator, uint64_t wanted_bps)
{
    estimator->wanted_bps = wanted_bps;
}

static void watch_outage(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    uint64_t patience_us = OUTAGE_MARGIN_US + smaller(2 * estimator->rtt_us, OUTAGE_MAX_RTT_US) +
                           OUTAGE_INTERVALS * estimator->interval_us;

    if (!estimator->has_feedback || estimator->unanswered_us == 0 ||
        clock_elapsed_us(now_us, estimator->unanswered_us) < patience_us)
        return;
    if (estimator->before_outage_bps == 0)
        estimator->before_outage_bps = estimator->estimate_bps;
    else if (clock_elapsed_us(now_us, estimator->backed_off_us) < OUTAGE_STEP_US)
        return;
    estimator->backed_off_us = now_us;
    estimator->back_us = 0;
    estimator->carried_bps = 0;
    uint64_t bps = estimator->rate.bps / 2;
    rate_control_lower(&estimator->rate, bps > OUTAGE_FLOOR_BPS ? bps : OUTAGE_FLOOR_BPS, now_us);
}

static void probe(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    struct probing_input input = {
        .estimate_bps = estimator->estimate_bps,
        .wanted_bps = estimator->wanted_bps,
        .congested = estimator->detector.usage == DELAY_OVERUSE ||
                     estimator->before_outage_bps != 0 || estimator->loss.state == LOSS_TESTING ||
                     queueing_delay_us(&estimator->queueing) > PROBE_MAX_QUEUE_US,
        .decreased_us = estimator->rate.decreased_us,
    };

    take_probe(estimator, now_us);
    probing_start(&estimator->probing, &input, now_us);
}

void bandwidth_estimator_tick(struct bandwidth_estimator *estimator, uint64_t now_us)
{
    if (has_transport_cc(estimator)) {
        watch_outage(estimator, now_us);
        probe(estimator, now_us);
    }
    give_out(estimator, now_us);
}

bool bandwidth_estimator_is_calm(const struct bandwidth_estimator *estimator, uint64_t now_us)
{
    return estimator->probing.state == PROBING_IDLE && estimator->before_outage_bps == 0 &&
           !is_draining(estimator, now_us);
}

size_t bandwidth_estimator_padding(
    const struct bandwidth_estimator *estimator, uint64_t now_us, size_t *ret_packet_bytes)
{
    size_t bytes = probing_padding(&estimator->probing, now_us);

    *ret_packet_bytes = estimator->probing.packet_bytes;
    return bytes;
}
