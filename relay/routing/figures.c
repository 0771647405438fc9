#include "relay/routing/figures.h"

#include <string.h>

static void add_layer(const struct layer *layer, uint64_t counts[LESSON_COUNTS])
{
    const struct layer_counters *counters = &layer->counters;

    counts[LESSON_LOST_IN] += layer->nacks.given_up_count;
    counts[LESSON_NACKS_OUT] += layer->nacks.asked_count;
    counts[LESSON_REPAIRED_IN] += counters->repaired;
    counts[LESSON_KEYFRAMES_IN] += counters->keyframes;
    counts[LESSON_KEYFRAME_REQUESTS_OUT] += layer->requests.asked_count;
    counts[LESSON_DROP_DUPLICATE] += counters->duplicates;
    counts[LESSON_DROP_LATE] += counters->late;
    counts[LESSON_DROP_FORBIDDEN] += counters->forbidden;
    counts[LESSON_DROP_NO_BUFFER] += counters->no_buffer;
}

void figures_add_stream(const struct stream *stream, uint64_t counts[LESSON_COUNTS])
{
    const struct stream_counters *counters = &stream->counters;

    counts[LESSON_RTP_IN_PACKETS] += counters->packets;
    counts[LESSON_RTP_IN_BYTES] += counters->bytes;
    counts[LESSON_DROP_MALFORMED] += counters->malformed + counters->rtcp_malformed;
    counts[LESSON_DROP_UNKNOWN_SSRC] += counters->unknown_ssrc;
    counts[LESSON_DROP_UNKNOWN_PAYLOAD_TYPE] += counters->unknown_payload_type;
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++)
            add_layer(&stream->tracks[t].layers[i], counts);
    }
}

void figures_add_subscriber(const struct subscriber *subscriber, uint64_t counts[LESSON_COUNTS])
{
    const struct subscriber_counters *counters = &subscriber->counters;
    const struct retransmission *again = &subscriber->retransmission;

    counts[LESSON_RTP_OUT_PACKETS] += counters->packets;
    counts[LESSON_RTP_OUT_BYTES] += counters->bytes;
    counts[LESSON_NACKS_IN] += counters->nacked;
    counts[LESSON_RTX_OUT_PACKETS] += counters->resent;
    counts[LESSON_PADDING_OUT_PACKETS] += counters->padding;
    counts[LESSON_RTX_REFUSED] += again->refused_budget + again->refused_repeat;
    counts[LESSON_RTX_MISSING] += counters->missing;
    counts[LESSON_KEYFRAME_REQUESTS_IN] += counters->keyframe_requests;
    counts[LESSON_DROP_MALFORMED] += counters->rtcp_malformed;
    counts[LESSON_DROP_SEND_FAILED] += counters->send_failed;
    for (size_t i = 0; i < subscriber->slot_count; i++) {
        const struct slot_counters *slot = &subscriber->slots[i].counters;

        counts[LESSON_LOST_OUT] += slot->lost;
        counts[LESSON_LAYER_SWITCHES] += slot->switches;
        counts[LESSON_REPLAYS] += slot->replays;
        counts[LESSON_DROP_LATE] += slot->late;
        counts[LESSON_DROP_NO_CODEC] += slot->no_codec;
    }
}

static void gauge_stream(const struct stream *stream, struct lesson_gauges *gauges, uint64_t now_us)
{
    gauges->sources++;
    gauges->active_sources += stream->active ? 1 : 0;
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++)
            gauges->bitrate_in_bps +=
                reception_bitrate_bps(&stream->tracks[t].layers[i].reception, now_us);
    }
}

static void gauge_slot(const struct slot *slot, struct lesson_gauges *gauges)
{
    const struct layer *layer = slot->current;

    if (slot->kind != MEDIA_VIDEO || slot->track == NULL)
        return;
    if (layer == NULL)
        gauges->waiting += slot->track->stream->active ? 1 : 0;
    else
        gauges->pictures[layer->track->ascending ? layer->track->layer_count - 1 - layer->index
                                                 : layer->index]++;
}

static void gauge_subscriber(const struct subscriber *subscriber, struct lesson_gauges *gauges)
{
    uint64_t rtt_us = subscriber->retransmission.rtt_us;

    gauges->viewers++;
    if (line_estimate_bps(&subscriber->line) > 0) {
        if (gauges->estimates == 0 ||
            line_estimate_bps(&subscriber->line) < gauges->estimate_min_bps)
            gauges->estimate_min_bps = line_estimate_bps(&subscriber->line);
        gauges->estimates++;
        gauges->estimate_sum_bps += line_estimate_bps(&subscriber->line);
    }
    if (rtt_us > 0) {
        gauges->round_trips++;
        gauges->rtt_sum_us += rtt_us;
        if (rtt_us > gauges->rtt_max_us)
            gauges->rtt_max_us = rtt_us;
    }
    for (size_t i = 0; i < subscriber->slot_count; i++)
        gauge_slot(&subscriber->slots[i], gauges);
}

void figures_collect(struct router *router, uint64_t now_us)
{
    list_for_each(node, &router->lessons.lessons)
    {
        struct lesson_figures *figures = list_entry(node, struct lesson_figures, node);

        memcpy(figures->now, figures->ended, sizeof(figures->now));
        memset(&figures->gauges, 0, sizeof(figures->gauges));
    }
    list_for_each(node, &router->streams)
    {
        const struct stream *stream = list_entry(node, struct stream, router_node);

        figures_add_stream(stream, stream->figures->now);
        gauge_stream(stream, &stream->figures->gauges, now_us);
    }
    list_for_each(node, &router->subscribers)
    {
        const struct subscriber *subscriber = list_entry(node, struct subscriber, router_node);

        figures_add_subscriber(subscriber, subscriber->figures->now);
        gauge_subscriber(subscriber, &subscriber->figures->gauges);
    }
}
