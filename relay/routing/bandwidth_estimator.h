/*
 * How much one viewer's line carries, judged by the sender from transport-wide feedback; by REMB and
 * receiver reports for viewers that give none. docs/congestion.md has the picture.
 *
 *   every packet to the viewer     bandwidth_estimator_on_sent()
 *   its feedback                   bandwidth_estimator_on_feedback()   → delay, loss, probes
 *   every tick (5 to 10 ms)        bandwidth_estimator_tick(), then bandwidth_estimator_padding()
 *   what to send by                bandwidth_estimator_bps()           → layer_choice
 *                                  bandwidth_estimator_pacing_bps()    → pacer
 *
 * Bytes are those of the line: the RTP packet with SRTP's tag and BANDWIDTH_HEADER_BYTES for UDP and
 * IP. By value in its owner, one allocation at the start; pure; the thread of the viewer.
 */
#ifndef DUET_RELAY_ROUTING_BANDWIDTH_ESTIMATOR_H
#define DUET_RELAY_ROUTING_BANDWIDTH_ESTIMATOR_H

#include "relay/routing/burst_queue.h"
#include "relay/routing/busy_period.h"
#include "relay/routing/delay_detector.h"
#include "relay/routing/loss_control.h"
#include "relay/routing/probing.h"
#include "relay/routing/queueing_delay.h"
#include "relay/routing/rate_control.h"
#include "relay/routing/throughput.h"
#include "relay/routing/transport_history.h"
#include "relay/wire/transport_feedback.h"

#define BANDWIDTH_HEADER_BYTES 28
#define BANDWIDTH_START_BPS    500000

struct bandwidth_estimator {
    /* every packet */
    struct transport_history history; /* owned; no ring without transport-wide feedback */
    uint64_t unanswered_us;           /* first packet since the last feedback; 0 = none */
    struct burst_queue bursts;
    struct probing probing;

    struct delay_detector detector;
    struct queueing_delay queueing;
    struct busy_period busy;
    struct throughput throughput;
    struct rate_control rate;
    struct loss_control loss;

    bool has_feedback; /* any, ever */
    uint8_t feedback_count;
    uint16_t next_sequence;  /* behind the newest one reported */
    int32_t reference_time;  /* of the last feedback, as it was sent */
    int64_t reference_us;    /* the same, unwrapped */
    int64_t last_arrival_us; /* newest packet reported */
    uint64_t rtt_us;         /* smoothed; 0 = not known yet */
    uint64_t feedback_us;    /* when the last feedback came; 0 = never */
    uint64_t interval_us;    /* between two; a longer one counts at once */
    uint64_t acked_bps;      /* over half a second; 0 = not known */
    bool measured;           /* feedback has told enough to judge the line by */
    uint64_t carried_bps;    /* arrives, and nothing waits; 0 = something does */
    uint64_t wanted_bps;
    uint64_t remb_bps;
    uint64_t remb_us; /* last one; 0 = never */

    /* an outage: no feedback while packets are sent */
    uint64_t before_outage_bps; /* 0 = there is none */
    uint64_t backed_off_us;
    uint64_t back_us; /* first feedback again, while a queue is waited for; 0 = none came */

    /* given out */
    uint64_t estimate_bps;
    uint64_t pacing_bps;
};

/* transport_cc: negotiated with this viewer. Returns 0 or -ENOMEM; finish it only after 0. */
int bandwidth_estimator_init(
    struct bandwidth_estimator *estimator, bool transport_cc, uint64_t now_us);
void bandwidth_estimator_finish(struct bandwidth_estimator *estimator);

/* A packet went out under that transport-wide number (audio, video, RTX and padding alike). Also counts
 * for the probe that is running. */
void bandwidth_estimator_on_sent(
    struct bandwidth_estimator *estimator, uint16_t sequence, size_t bytes, uint64_t now_us);

void bandwidth_estimator_on_feedback(struct bandwidth_estimator *estimator,
    const struct transport_feedback *feedback, uint64_t now_us);

/* The viewer's own estimate: an upper bound for 5 s. */
void bandwidth_estimator_on_remb(
    struct bandwidth_estimator *estimator, uint64_t bps, uint64_t now_us);

/* Loss in 1/256 by a receiver report, of the slot with most packets. Counts only without
 * transport-wide feedback. */
void bandwidth_estimator_on_report(
    struct bandwidth_estimator *estimator, uint8_t fraction_lost, uint64_t now_us);

/* What the viewer could use now: the best layers of all its slots, audio and overhead. Probing goes so
 * far and no further. */
void bandwidth_estimator_set_wanted(struct bandwidth_estimator *estimator, uint64_t wanted_bps);

/* Outages, probes. Every 5 to 10 ms, while it is calm every 50 ms. */
void bandwidth_estimator_tick(struct bandwidth_estimator *estimator, uint64_t now_us);

/* Nothing changes by time alone: no probe, no queue to be emptied, no outage. Ticks every 50 ms will do. */
bool bandwidth_estimator_is_calm(const struct bandwidth_estimator *estimator, uint64_t now_us);

/* Bytes of padding (RTX of packets sent before, or empty RTX) that a probe needs now, 0 = none; in
 * packets of about *ret_packet_bytes. It stays due until it was sent. */
size_t bandwidth_estimator_padding(
    const struct bandwidth_estimator *estimator, uint64_t now_us, size_t *ret_packet_bytes);

/* What the line carries, for choosing layers. Never 0. */
static inline uint64_t bandwidth_estimator_bps(const struct bandwidth_estimator *estimator)
{
    return estimator->estimate_bps;
}

/* At which rate packets may leave: well above the estimate on a good line, below while a queue that was
 * built up empties. Never 0. */
static inline uint64_t bandwidth_estimator_pacing_bps(const struct bandwidth_estimator *estimator)
{
    return estimator->pacing_bps;
}

/* Feedback has told enough to judge the line by; until then the estimate is a guess. */
static inline bool bandwidth_estimator_has_measured(const struct bandwidth_estimator *estimator)
{
    return estimator->measured;
}

/* What arrives at the moment while nothing waits on the line: so much it carries at least, for now. 0 = packets
 * wait, or it is not known. */
/* Packets go out and no feedback comes: the estimate is a precaution, no measure. */
static inline bool bandwidth_estimator_is_out(const struct bandwidth_estimator *estimator)
{
    return estimator->before_outage_bps != 0;
}

static inline uint64_t bandwidth_estimator_carried_bps(const struct bandwidth_estimator *estimator)
{
    return estimator->carried_bps;
}

/* Round trip by feedback, with the time that the viewer holds it back; 0 = not known yet. */
static inline uint64_t bandwidth_estimator_rtt_us(const struct bandwidth_estimator *estimator)
{
    return estimator->rtt_us;
}

/* Time that packets wait on the line. */
static inline uint64_t bandwidth_estimator_queue_us(const struct bandwidth_estimator *estimator)
{
    return queueing_delay_us(&estimator->queueing);
}

/* Share of packets lost lately, 0 to 1. */
static inline double bandwidth_estimator_loss(const struct bandwidth_estimator *estimator)
{
    return estimator->loss.loss;
}

#endif
