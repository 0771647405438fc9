/* What a viewer's RTCP says and asks for. */
#include "common/clock.h"
#include "relay/routing/subscriber.h"
#include "relay/wire/rtcp.h"

static struct slot *find_slot(struct subscriber *subscriber, uint32_t ssrc)
{
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        if (subscriber->slots[i].ssrc == ssrc)
            return &subscriber->slots[i];
    }
    return NULL;
}

/* RFC 3550 section 6.4.1: arrival − LSR − DLSR, all in 1/65536 s. */
static void learn_rtt(
    struct subscriber *subscriber, const struct rtcp_report_block *block, uint64_t now_us)
{
    if (block->last_sr == 0 || !subscriber->router->has_wall)
        return;
    uint32_t arrival = (uint32_t)(router_ntp(subscriber->router, now_us) >> 16);
    uint32_t rtt = arrival - block->last_sr - block->delay_since_last_sr;
    if ((int32_t)rtt >= 0) /* rounding can bring a loopback below zero */
        retransmission_rtt_sample(&subscriber->retransmission, rtt);
}

static int receive_report(
    struct subscriber *subscriber, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    size_t count;

    int err = rtcp_parse_report_blocks(packet, blocks, &count);
    if (err < 0)
        return err;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = find_slot(subscriber, blocks[i].ssrc);
        if (slot == NULL)
            continue;
        slot->fraction_lost = blocks[i].fraction_lost;
        if (blocks[i].cumulative_lost > slot->cumulative_lost)
            slot->counters.lost += (uint64_t)(blocks[i].cumulative_lost - slot->cumulative_lost);
        slot->cumulative_lost = blocks[i].cumulative_lost;
        slot->jitter_rtp = blocks[i].jitter_rtp;
        slot->reported_us = now_us;
        learn_rtt(subscriber, &blocks[i], now_us);
        if (slot->kind == MEDIA_VIDEO)
            line_take_report(&subscriber->line, blocks[i].fraction_lost, now_us);
    }
    return 0;
}

static void resend(struct slot *slot, uint16_t sequence_number, unsigned copies, uint64_t now_us)
{
    struct subscriber *subscriber = slot->subscriber;
    uint64_t resent = subscriber->counters.resent;

    slot_resend(slot, sequence_number, now_us);
    if (subscriber->counters.resent == resent)
        return;
    subscriber->retransmission.copying = true;
    while (--copies > 0)
        slot_resend(slot, sequence_number, now_us);
    subscriber->retransmission.copying = false;
}

static void receive_nack(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    struct slot *slot = find_slot(subscriber, feedback->media_ssrc);
    struct rtcp_nack_iterator iterator;
    uint16_t sequence_number;

    if (slot == NULL || !subscriber->started)
        return;
    unsigned copies = line_copies(&subscriber->line, subscriber->retransmission.rtt_us);
    rtcp_nack_iterator_init(&iterator, feedback);
    while (rtcp_nack_iterator_next(&iterator, &sequence_number)) {
        subscriber->counters.nacked++;
        resend(slot, sequence_number, copies, now_us);
    }
}

static void want_keyframe(struct subscriber *subscriber, struct slot *slot, uint64_t now_us)
{
    if (slot == NULL || slot->kind != MEDIA_VIDEO || !subscriber->started)
        return;
    subscriber->counters.keyframe_requests++;
    slot_want_keyframe(slot, now_us);
}

static void receive_fir(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    for (size_t i = 0; i < rtcp_fir_count(feedback); i++) {
        struct rtcp_fir_entry entry = rtcp_fir_get(feedback, i);
        struct slot *slot = find_slot(subscriber, entry.ssrc);
        if (slot == NULL || (slot->has_fir && slot->fir_sequence == entry.sequence_number))
            continue;
        slot->has_fir = true;
        slot->fir_sequence = entry.sequence_number;
        want_keyframe(subscriber, slot, now_us);
    }
}

static int receive_arrivals(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    struct transport_feedback arrivals;

    int err = transport_feedback_parse(feedback, &arrivals);
    if (err < 0)
        return err;
    /* less than it was taken to be: the next tick sees to it */
    if (line_take_feedback(&subscriber->line, &arrivals, now_us)) {
        subscriber->next_choice_us = now_us;
        subscriber_wake(subscriber);
    }
    retransmission_guess_rtt(&subscriber->retransmission, line_rtt_us(&subscriber->line));
    return 0;
}

static int receive_transport_feedback(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    if (feedback->format == RTCP_RTPFB_NACK)
        receive_nack(subscriber, feedback, now_us);
    else if (feedback->format == RTCP_RTPFB_TRANSPORT_CC)
        return receive_arrivals(subscriber, feedback, now_us);
    return 0;
}

static void receive_remb(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    struct rtcp_remb remb;

    if (rtcp_parse_remb(feedback, &remb) < 0)
        return;
    subscriber->remb_bps = remb.bitrate_bps > UINT32_MAX ? UINT32_MAX : (uint32_t)remb.bitrate_bps;
    line_take_remb(&subscriber->line, remb.bitrate_bps, now_us);
}

static int receive_feedback(
    struct subscriber *subscriber, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_feedback feedback;

    int err = rtcp_parse_feedback(packet, &feedback);
    if (err < 0)
        return err;
    if (feedback.type == RTCP_RTPFB)
        return receive_transport_feedback(subscriber, &feedback, now_us);
    switch (feedback.format) {
    case RTCP_PSFB_PLI:
        want_keyframe(subscriber, find_slot(subscriber, feedback.media_ssrc), now_us);
        break;
    case RTCP_PSFB_FIR:
        receive_fir(subscriber, &feedback, now_us);
        break;
    case RTCP_PSFB_AFB:
        receive_remb(subscriber, &feedback, now_us);
        break;
    default:
        break;
    }
    return 0;
}

void subscriber_receive_rtcp(
    struct subscriber *subscriber, const uint8_t *data, size_t len, uint64_t now_us)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        int err = 0;
        if (packet.type == RTCP_SR || packet.type == RTCP_RR)
            err = receive_report(subscriber, &packet, now_us);
        else if (packet.type == RTCP_RTPFB || packet.type == RTCP_PSFB)
            err = receive_feedback(subscriber, &packet, now_us);
        if (err < 0)
            subscriber->counters.rtcp_malformed++;
    }
    if (iterator.failed)
        subscriber->counters.rtcp_malformed++;
}
