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
/* For a viewer that just gets what comes: outages, probes to begin, reports. */
#define REST_US            (50 * US_PER_MS)
#define REPORTS_PER_PACKET 12 /* with their names they fit into ROUTER_RTCP_BYTES */

static void subscriber_free(struct subscriber *subscriber)
{
    for (size_t i = 0; i < subscriber->slot_count; i++)
        slot_finish(&subscriber->slots[i]);
    line_finish(&subscriber->line);
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

/* Transport-wide feedback is told on all m-lines of a bundle or none that matters. */
static bool gives_feedback(const struct subscriber_params *params)
{
    for (size_t i = 0; i < params->slot_count; i++) {
        const struct media_track *track = params->slots[i].track;

        for (size_t c = 0; track != NULL && c < track->codec_count; c++) {
            if (track->kind == MEDIA_VIDEO && track->extensions.transport_cc != 0 &&
                track->codecs[c].transport_cc)
                return true;
        }
    }
    return false;
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
    list_init(&subscriber->tick_node);
    subscriber->send_rtp = params->send_rtp;
    subscriber->prefetch = params->prefetch;
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
        err = line_init(&subscriber->line, gives_feedback(params), now_us);
    if (err == 0)
        err = init_slots(subscriber, params, now_us);
    if (err < 0) {
        subscriber_free(subscriber);
        return err;
    }

    list_insert_before(&router->subscribers, &subscriber->router_node);
    list_insert_before(&router->awake, &subscriber->tick_node);
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
    line_start(&subscriber->line, now_us);
    subscriber_choose(subscriber, now_us);
    subscriber->next_choice_us = now_us + CHOICE_INTERVAL_US;
    histogram_add(
        &subscriber->router->lessons.connect, clock_elapsed_us(now_us, subscriber->created_us));
    subscriber->times_join = has_picture_to_come(subscriber);
    subscriber_wake(subscriber);
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
    list_remove(&subscriber->router_node);
    list_remove(&subscriber->tick_node);
    subscriber->rest_ends_us = 0; /* no wake puts it back */
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
    static const enum subscriber_event order[] = {SUBSCRIBER_SLOT_EMPTY, SUBSCRIBER_SLOT_NO_CODEC,
        SUBSCRIBER_SLOT_PLAYING, SUBSCRIBER_SLOT_PAUSED};
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

static bool any_report_is_due(const struct subscriber *subscriber, uint64_t now_us)
{
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        if (slot_report_is_due(&subscriber->slots[i], now_us))
            return true;
    }
    return false;
}

/* Those of the slots from first on, as many as one packet holds; returns where to go on. */
static size_t send_some_reports(struct subscriber *subscriber, size_t first, uint64_t now_us)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    uint32_t ssrcs[REPORTS_PER_PACKET];
    struct byte_writer writer;
    size_t count = 0;
    size_t i;

    byte_writer_init(&writer, buffer, ROUTER_RTCP_BYTES);
    for (i = first; i < subscriber->slot_count && count < REPORTS_PER_PACKET; i++) {
        if (slot_write_report(&subscriber->slots[i], &writer, now_us))
            ssrcs[count++] = subscriber->slots[i].ssrc;
    }
    rtcp_write_sdes(&writer, ssrcs, count, subscriber->cname);
    if (count > 0 && !writer.failed)
        subscriber->send_rtcp(subscriber->user, buffer, writer.len);
    return i;
}

/* Of all slots together: one packet a second to most viewers. */
static void send_reports(struct subscriber *subscriber, uint64_t now_us)
{
    if (!any_report_is_due(subscriber, now_us))
        return;
    for (size_t i = 0; i < subscriber->slot_count;)
        i = send_some_reports(subscriber, i, now_us);
}

static void tick_slots(struct subscriber *subscriber, uint64_t now_us)
{
    bool choose = now_us >= subscriber->next_choice_us;
    bool replaying = false, behind = false;

    line_tick(&subscriber->line, now_us);
    if (choose) {
        subscriber->next_choice_us = now_us + CHOICE_INTERVAL_US;
        subscriber_choose(subscriber, now_us);
    }
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        struct slot *slot = &subscriber->slots[i];
        if (slot_is_behind(slot))
            slot_visit(slot, FAN_OUT_CHUNK_PACKETS, now_us);
        if (choose)
            follow(slot, now_us);
        replaying = replaying || slot->replaying;
        behind = behind || slot_is_behind(slot);
    }
    send_reports(subscriber, now_us);
    line_set_replaying(&subscriber->line, replaying, now_us);
    subscriber_pad(subscriber, now_us);
    if (replaying || behind || !line_is_calm(&subscriber->line, now_us))
        subscriber_wake(subscriber);
}

static void rest(struct subscriber *subscriber, uint64_t now_us)
{
    subscriber->rest_ends_us = now_us + REST_US;
    list_remove(&subscriber->tick_node);
    list_insert_before(&subscriber->router->resting, &subscriber->tick_node);
}

void subscriber_wake(struct subscriber *subscriber)
{
    if (subscriber->rest_ends_us == 0)
        return;
    subscriber->rest_ends_us = 0;
    list_remove(&subscriber->tick_node);
    list_insert_before(&subscriber->router->awake, &subscriber->tick_node);
}

void subscriber_tick(struct subscriber *subscriber, uint64_t now_us)
{
    rest(subscriber, now_us);
    if (subscriber->started)
        tick_slots(subscriber, now_us);
    give_events(subscriber);
}
