#include "relay/routing/probing.h"

#include "common/clock.h"

#include <math.h>
#include <string.h>

#define CLUSTER_US        (30 * US_PER_MS)
#define LEAD_US           (10 * US_PER_MS)
#define CLUSTER_PACKETS   6
#define MIN_PACKET_BYTES  200
#define MAX_PACKET_BYTES  1200
#define FIRST_STEPS       2
#define FIRST_FACTOR      3
#define FACTOR            2
#define ENOUGH_PERCENT    125 /* of what is wanted: a little more than layer choice asks for */
#define MOST_PERCENT      150 /* of what is wanted: probed at most */
#define REST_US           (3 * US_PER_S)     /* after a decrease */
#define FIRST_INTERVAL_US (1500 * US_PER_MS) /* after one that failed, */
#define SHORT_INTERVAL_US (4 * US_PER_S)
#define LONG_INTERVAL_US  (5 * US_PER_S)
#define RETRY_US          US_PER_S /* of one that could not be sent or was not answered */
#define MAX_SENDING_US    (500 * US_PER_MS)
#define MAX_ANSWER_US     US_PER_S /* on top of the round trip */
#define SLOW              3        /* times as long as it was meant to take: nobody padded it */
#define MIN_SPAN_US       (5 * US_PER_MS)
#define MIN_ARRIVED       3
#define MAX_USUAL_LOSS    0.35
#define SATURATED_PERCENT 85 /* of the rate sent: less than that arrived */
#define SAFETY_PERCENT    95
#define PROGRESS_PERCENT  105 /* of the estimate: then the next step follows at once */

void probing_init(struct probing *probing, uint64_t now_us)
{
    memset(probing, 0, sizeof(*probing));
    probing->next_us = now_us;
}

void probing_start(struct probing *probing, const struct probing_input *input, uint64_t now_us)
{
    bool resting =
        input->decreased_us != 0 && clock_elapsed_us(now_us, input->decreased_us) < REST_US;
    bool enough = input->estimate_bps >= input->wanted_bps * ENOUGH_PERCENT / 100;

    if (probing->state != PROBING_IDLE || now_us < probing->next_us || input->congested ||
        resting || enough)
        return;
    uint64_t factor = probing->steps < FIRST_STEPS ? FIRST_FACTOR : FACTOR;
    uint64_t rate_bps = factor * input->estimate_bps;
    uint64_t most_bps = input->wanted_bps * MOST_PERCENT / 100;
    if (rate_bps > most_bps)
        rate_bps = most_bps;

    size_t bytes = (size_t)(rate_bps * CLUSTER_US / 8 / US_PER_S);
    size_t packet_bytes = bytes / CLUSTER_PACKETS;
    if (packet_bytes < MIN_PACKET_BYTES)
        packet_bytes = MIN_PACKET_BYTES;
    if (packet_bytes > MAX_PACKET_BYTES)
        packet_bytes = MAX_PACKET_BYTES;
    if (bytes < CLUSTER_PACKETS * packet_bytes)
        bytes = CLUSTER_PACKETS * packet_bytes;

    *probing = (struct probing){
        .state = PROBING_SENDING,
        .cluster = (uint8_t)(probing->cluster % 3 + 1),
        .steps = probing->steps + 1,
        .failed = probing->failed,
        .unsent = probing->unsent,
        .started_us = now_us,
        .estimate_bps = input->estimate_bps,
        .rate_bps = rate_bps,
        .target_bytes = bytes,
        .packet_bytes = packet_bytes,
    };
}

size_t probing_padding(const struct probing *probing, uint64_t now_us)
{
    if (probing->state != PROBING_SENDING)
        return 0;
    /* ahead by one coarse tick, so that the line never runs dry between two of them */
    uint64_t elapsed_us = probing->begun_us != 0 ? clock_elapsed_us(now_us, probing->begun_us) : 0;
    uint64_t due =
        probing->rate_bps * (elapsed_us + LEAD_US) / 8 / US_PER_S + probing->packet_bytes;
    if (due > probing->target_bytes)
        due = probing->target_bytes;
    return due > probing->sent_bytes ? (size_t)due - probing->sent_bytes : 0;
}

void probing_on_sent(struct probing *probing, size_t bytes, uint64_t now_us)
{
    if (probing->begun_us == 0)
        probing->begun_us = now_us;
    probing->sent_us = now_us;
    probing->sent_bytes += bytes;
    probing->sent_packets++;
    probing->last_bytes = bytes;
    if (probing->sent_bytes >= probing->target_bytes && probing->sent_packets >= CLUSTER_PACKETS) {
        /* media alone fills a cluster as well, but not in time */
        uint64_t meant_us = probing->target_bytes * 8 * US_PER_S / probing->rate_bps;
        probing->state = PROBING_WAITING;
        probing->unsent = now_us - probing->begun_us > SLOW * meant_us;
    }
}

void probing_on_received(struct probing *probing, size_t bytes, int64_t arrival_us)
{
    if (probing->received_packets == 0 || arrival_us < probing->first_arrival_us) {
        probing->first_arrival_us = arrival_us;
        probing->first_bytes = bytes;
    }
    if (probing->received_packets == 0 || arrival_us > probing->last_arrival_us)
        probing->last_arrival_us = arrival_us;
    probing->received_packets++;
    probing->reported_packets++;
    probing->received_bytes += bytes;
}

void probing_on_lost(struct probing *probing)
{
    probing->reported_packets++;
}

void probing_cancel(struct probing *probing, uint64_t now_us)
{
    if (probing->state == PROBING_IDLE)
        return;
    probing->state = PROBING_IDLE;
    probing->next_us = now_us + RETRY_US;
}

static uint64_t rate_of(size_t bytes, uint64_t span_us)
{
    return (uint64_t)bytes * 8 * US_PER_S / span_us;
}

/* What arrived, and what is lost at any rate on top: a line of radio is not slower for it. Never more
 * than was lost of the cluster itself. */
static size_t bytes_carried(const struct probing *probing, double usual_loss)
{
    double usual = (double)probing->sent_packets * (1 - fmin(usual_loss, MAX_USUAL_LOSS));
    double expected = fmax(usual, probing->received_packets);
    size_t bytes = probing->received_bytes - probing->first_bytes;

    return (size_t)((double)bytes * probing->sent_packets / expected);
}

/* The rate at which the cluster left, and the rate at which it arrived; the same when it was so short
 * that neither can be told. */
static void measure(const struct probing *probing, double usual_loss, uint64_t *ret_sent_bps,
    uint64_t *ret_arrived_bps)
{
    uint64_t sent_span_us = probing->sent_us - probing->begun_us;
    int64_t span_us = probing->last_arrival_us - probing->first_arrival_us;

    *ret_sent_bps = probing->rate_bps;
    if (sent_span_us >= MIN_SPAN_US)
        *ret_sent_bps = rate_of(probing->sent_bytes - probing->last_bytes, sent_span_us);
    if (*ret_sent_bps > probing->rate_bps)
        *ret_sent_bps = probing->rate_bps; /* media came in between: more than was asked */
    *ret_arrived_bps = *ret_sent_bps;
    if (span_us > 0)
        *ret_arrived_bps = rate_of(bytes_carried(probing, usual_loss), (uint64_t)span_us);
}

static void fail(struct probing *probing, uint64_t now_us)
{
    static const uint64_t intervals_us[] = {FIRST_INTERVAL_US, SHORT_INTERVAL_US, LONG_INTERVAL_US};

    probing->next_us = now_us + intervals_us[probing->failed];
    if (probing->failed + 1 < sizeof(intervals_us) / sizeof(intervals_us[0]))
        probing->failed++;
}

static bool evaluate(struct probing *probing, double usual_loss, uint64_t now_us, uint64_t *ret_bps)
{
    uint64_t sent_bps, arrived_bps;

    probing->state = PROBING_IDLE;
    if (probing->received_packets < MIN_ARRIVED ||
        probing->received_packets * 2 < probing->sent_packets) {
        fail(probing, now_us);
        return false;
    }
    measure(probing, usual_loss, &sent_bps, &arrived_bps);
    uint64_t bps = (arrived_bps < sent_bps ? arrived_bps : sent_bps) * SAFETY_PERCENT / 100;
    bool whole = arrived_bps >= sent_bps * SATURATED_PERCENT / 100;
    if (whole && bps > probing->estimate_bps * PROGRESS_PERCENT / 100) {
        probing->failed = 0;
        probing->next_us = now_us;
    } else {
        fail(probing, now_us);
    }
    *ret_bps = bps;
    return true;
}

bool probing_result(
    struct probing *probing, uint64_t rtt_us, double usual_loss, uint64_t now_us, uint64_t *ret_bps)
{
    if (probing->state == PROBING_SENDING &&
        clock_elapsed_us(now_us, probing->started_us) > MAX_SENDING_US) {
        probing_cancel(probing, now_us);
        probing->unsent = true;
    }
    if (probing->state != PROBING_WAITING)
        return false;
    if (probing->reported_packets < probing->sent_packets &&
        clock_elapsed_us(now_us, probing->sent_us) < rtt_us + MAX_ANSWER_US)
        return false;
    return evaluate(probing, usual_loss, now_us, ret_bps);
}
