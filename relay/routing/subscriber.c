/* A viewer's session: its slots' life and what its RTCP asks for. */
#include "relay/routing/subscriber.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/routing/figures.h"
#include "relay/wire/rtcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHOICE_INTERVAL_US (100 * US_PER_MS)

static void subscriber_free(struct subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->slot_count; i++)
        slot_finish(&subscriber->slots[i]);
    lesson_figures_release(
        &subscriber->router->lessons, subscriber->figures, subscriber->router->now_us);
    free(subscriber->slots);
    free(subscriber->lesson);
    free(subscriber->cname);
    free(subscriber);
}

static int init_slots(
    struct subscriber *subscriber, const struct subscriber_params *params, uint64_t now_us)
{
    for (size_t i = 0; i < params->slot_count; i++) {
        subscriber->slot_count++;
        int err = slot_init(&subscriber->slots[i], subscriber, &params->slots[i], now_us);
        if (err < 0)
            return err;
    }
    return 0;
}

int subscriber_create(struct router *router, const struct subscriber_params *params,
    uint64_t now_us, struct subscriber **ret_subscriber)
{
    if (params->slot_count == 0 || params->slot_count > MEDIA_MAX_SLOTS)
        return -EINVAL;
    struct subscriber *subscriber = calloc(1, sizeof(*subscriber));
    if (subscriber == NULL)
        return -ENOMEM;

    subscriber->router = router;
    subscriber->created_us = now_us;
    list_init(&subscriber->router_node);
    subscriber->send_rtp = params->send_rtp;
    subscriber->send_rtcp = params->send_rtcp;
    subscriber->on_event = params->on_event;
    subscriber->user = params->user;
    subscriber->transport_sequence = (uint16_t)random_below(32768);
    retransmission_init(&subscriber->retransmission, now_us);

    int err = -ENOMEM;
    subscriber->lesson = strdup(params->lesson);
    subscriber->cname = strdup(params->cname);
    subscriber->slots = calloc(params->slot_count, sizeof(subscriber->slots[0]));
    if (subscriber->lesson != NULL && subscriber->cname != NULL && subscriber->slots != NULL)
        err = lesson_figures_acquire(&router->lessons, params->lesson, &subscriber->figures);
    if (err == 0)
        err = init_slots(subscriber, params, now_us);
    if (err < 0) {
        subscriber_free(subscriber);
        return err;
    }

    list_insert_before(&router->subscribers, &subscriber->router_node);
    *ret_subscriber = subscriber;
    return 0;
}

/* Who comes before the teacher waits for the teacher, not for us. */
static bool has_picture_to_come(const struct subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        const struct slot *slot = &subscriber->slots[i];

        if (slot->kind == MEDIA_VIDEO && slot->track != NULL && slot->track->stream->active)
            return true;
    }
    return false;
}

void subscriber_start(struct subscriber *subscriber, uint64_t now_us)
{
    if (subscriber->started)
        return;
    subscriber->started = true;
    subscriber->next_choice_us = now_us + CHOICE_INTERVAL_US;
    histogram_add(
        &subscriber->router->lessons.connect, clock_elapsed_us(now_us, subscriber->created_us));
    subscriber->times_join = has_picture_to_come(subscriber);
    for (size_t i = 0; i < subscriber->slot_count; i++)
        slot_start(&subscriber->slots[i], now_us);
}

void subscriber_time_join(struct subscriber *subscriber, const struct slot *slot, uint64_t now_us)
{
    uint64_t took_us = clock_elapsed_us(now_us, subscriber->created_us);

    if (!subscriber->times_join || slot->kind != MEDIA_VIDEO)
        return;
    subscriber->times_join = false;
    histogram_add(&subscriber->router->lessons.join, took_us);
    subscriber->figures->ended[LESSON_JOINS]++;
    subscriber->figures->ended[LESSON_JOIN_US] += took_us;
}

void subscriber_destroy(struct subscriber *subscriber)
{
    if (subscriber == NULL)
        return;
    if (subscriber->destroyed != NULL)
        *subscriber->destroyed = true;
    router_forget(subscriber->router, &subscriber->router_node);
    figures_add_subscriber(subscriber, subscriber->figures->ended);
    subscriber_free(subscriber);
}

int subscriber_set_slot(
    struct subscriber *subscriber, size_t slot, const char *source, uint64_t now_us)
{
    if (slot >= subscriber->slot_count || source == NULL)
        return -EINVAL;
    return slot_set_source(&subscriber->slots[slot], source, now_us);
}

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
        learn_rtt(subscriber, &blocks[i], now_us);
    }
    return 0;
}

static void receive_nack(
    struct subscriber *subscriber, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    struct slot *slot = find_slot(subscriber, feedback->media_ssrc);
    struct rtcp_nack_iterator iterator;
    uint16_t sequence_number;

    if (slot == NULL || !subscriber->started)
        return;
    rtcp_nack_iterator_init(&iterator, feedback);
    while (rtcp_nack_iterator_next(&iterator, &sequence_number))
        slot_resend(slot, sequence_number, now_us);
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

static int receive_feedback(
    struct subscriber *subscriber, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_feedback feedback;
    struct rtcp_remb remb;

    int err = rtcp_parse_feedback(packet, &feedback);
    if (err < 0)
        return err;
    if (feedback.type == RTCP_RTPFB) {
        if (feedback.format == RTCP_RTPFB_NACK)
            receive_nack(subscriber, &feedback, now_us);
        return 0;
    }
    switch (feedback.format) {
    case RTCP_PSFB_PLI:
        want_keyframe(subscriber, find_slot(subscriber, feedback.media_ssrc), now_us);
        break;
    case RTCP_PSFB_FIR:
        receive_fir(subscriber, &feedback, now_us);
        break;
    case RTCP_PSFB_AFB:
        if (rtcp_parse_remb(&feedback, &remb) == 0)
            subscriber->remb_bps =
                remb.bitrate_bps > UINT32_MAX ? UINT32_MAX : (uint32_t)remb.bitrate_bps;
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

/* The line of the slot's timestamps follows the source's clock for as long as the source is there. */
static void follow(struct slot *slot, uint64_t now_us)
{
    uint32_t live_rtp;
    const struct layer *layer = slot->current;

    if (layer != NULL && slot->current_id == layer->id && layer_is_active(layer, now_us) &&
        live_line_at(&layer->line, now_us, &live_rtp))
        rewriter_follow(&slot->rewriter, live_rtp, now_us);
}

static void give_events(struct subscriber *subscriber)
{
    static const enum subscriber_event order[] = {
        SUBSCRIBER_SLOT_EMPTY, SUBSCRIBER_SLOT_NO_CODEC, SUBSCRIBER_SLOT_PLAYING};
    bool destroyed = false;

    subscriber->destroyed = &destroyed;
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        unsigned events = subscriber->slots[i].events;
        subscriber->slots[i].events = 0;
        if (events == 0 || subscriber->on_event == NULL)
            continue;
        for (size_t e = 0; e < sizeof(order) / sizeof(order[0]); e++) {
            if ((events & (1U << order[e])) == 0)
                continue;
            subscriber->on_event(subscriber->user, order[e], i);
            if (destroyed)
                return;
        }
    }
    subscriber->destroyed = NULL;
}

void subscriber_tick(struct subscriber *subscriber, uint64_t now_us)
{
    if (subscriber->started) {
        bool choose = now_us >= subscriber->next_choice_us;
        if (choose)
            subscriber->next_choice_us = now_us + CHOICE_INTERVAL_US;
        for (size_t i = 0; i < subscriber->slot_count; i++) {
            struct slot *slot = &subscriber->slots[i];
            if (slot_is_behind(slot))
                slot_visit(slot, FAN_OUT_CHUNK_PACKETS, now_us);
            if (choose) {
                slot_choose(slot, now_us);
                follow(slot, now_us);
            }
            slot_send_report(slot, now_us);
        }
    }
    give_events(subscriber);
}
