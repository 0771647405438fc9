/* What viewers want of a stream's layers and lose of it, here and at peers; layers that nobody wants rest. */
#include "common/clock.h"
#include "relay/routing/mirror.h"
#include "relay/routing/slot.h"
#include "relay/wire/rtcp_pause.h"

/* Every slot is looked at: not in each tick. What a slot wants of a suspended layer does not wait for it. */
#define GATHER_US (200 * US_PER_MS)

/* ---- what is wanted ---- */

static uint8_t gather(const struct track *track, uint64_t now_us)
{
    unsigned wanted = 0;

    if (track->params.kind != MEDIA_VIDEO)
        return 0;
    list_for_each(node, &track->slots) wanted |=
        slot_wanted_layers(list_entry(node, struct slot, track_node), now_us);
    return (uint8_t)wanted;
}

bool stream_gather_demand(struct stream *stream, uint64_t now_us)
{
    bool changed = false;

    if (now_us < stream->next_gather_us)
        return false;
    stream->next_gather_us = now_us + GATHER_US;
    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        uint8_t wanted = gather(track, now_us);

        changed = changed || wanted != track->wanted;
        track->wanted = wanted;
    }
    return changed;
}

static unsigned wanted_anywhere(const struct track *track)
{
    const struct stream *stream = track->stream;
    unsigned wanted = track->wanted;

    for (uint64_t peers = stream->interested; peers != 0; peers &= peers - 1)
        wanted |= stream->peers[__builtin_ctzll(peers)].wanted[track - stream->tracks];
    return wanted;
}

/* ---- what rests ---- */

static void set_suspended(struct layer *layer, bool suspended, uint64_t now_us)
{
    if (layer->suspended == suspended)
        return;
    layer->suspended = suspended;
    if (!suspended)
        reception_resume(&layer->reception, layer->reception.bitrate_bps, now_us);
    mirror_tell_rest(layer);
}

void stream_layer_is_back(struct layer *layer, uint64_t now_us)
{
    set_suspended(layer, false, now_us);
}

static bool can_pause(const struct layer *layer)
{
    const struct media_track *params = &layer->track->params;

    for (size_t i = 0; layer->has_ssrc && layer->received && i < params->codec_count; i++) {
        if (params->codecs[i].id == layer->codec_id && params->codecs[i].pause)
            return true;
    }
    return false;
}

static const struct layer *lowest_available(struct track *track, uint64_t now_us)
{
    for (size_t rank = track->layer_count; rank-- > 0;) {
        const struct layer *layer = track_layer(track, rank);

        if (layer_is_available(layer, now_us))
            return layer;
    }
    return NULL;
}

static void step(struct layer *layer, bool wanted, bool lowest, uint64_t now_us)
{
    struct layer_demand_input input = {
        .negotiated = can_pause(layer),
        .lowest = lowest,
        .wanted = wanted,
        .last_packet_us = layer->last_packet_us,
    };
    enum layer_demand_action action = layer_demand_step(&layer->demand, &input, now_us);

    if (action != LAYER_DEMAND_NOTHING)
        stream_send_pause(layer, action);
    if (action == LAYER_DEMAND_RESUME)
        keyframe_requests_want(&layer->requests); /* should the one that it begins with be lost */
    set_suspended(layer,
        layer_demand_is_paused(&layer->demand) &&
            clock_elapsed_us(now_us, layer->last_packet_us) >= LAYER_DEMAND_SILENT_US,
        now_us);
}

static void step_track(struct track *track, uint64_t now_us)
{
    const struct layer *lowest = lowest_available(track, now_us);
    unsigned wanted = wanted_anywhere(track);

    for (size_t i = 0; i < track->layer_count; i++) {
        struct layer *layer = &track->layers[i];

        step(layer, (wanted & 1U << i) != 0, layer == lowest, now_us);
    }
}

void stream_demand_tick(struct stream *stream, uint64_t now_us)
{
    stream_gather_demand(stream, now_us);
    for (size_t t = 0; t < stream->track_count; t++) {
        if (stream->tracks[t].layer_count > 1)
            step_track(&stream->tracks[t], now_us);
    }
}

void stream_want_layer(struct layer *layer, uint64_t now_us)
{
    struct track *track = layer->track;
    uint8_t bit = (uint8_t)(1U << layer->index);

    if (track->wanted & bit)
        return;
    track->wanted |= bit;
    if (track->stream->mirrored)
        mirror_tell_demand(track->stream, now_us);
    else
        step_track(track, now_us);
}

void stream_take_pauses(
    struct stream *stream, const struct rtcp_feedback *feedback, uint64_t now_us)
{
    struct rtcp_pause_iterator iterator;
    struct rtcp_pause_entry entry;

    rtcp_pause_iterator_init(&iterator, feedback);
    while (rtcp_pause_iterator_next(&iterator, &entry)) {
        struct layer *layer = stream_find_layer_by_ssrc(stream, entry.target_ssrc);

        if (layer != NULL && (entry.type == RTCP_PAUSED || entry.type == RTCP_REFUSED))
            layer_demand_told(&layer->demand, entry.type == RTCP_PAUSED, entry.pause_id, now_us);
    }
    if (iterator.failed)
        stream->counters.rtcp_malformed++;
}

/* ---- what is lost ---- */

void track_sum_loss(const struct track *track, struct loss_summary *summary, uint64_t now_us)
{
    list_for_each(node, &track->slots)
    {
        const struct slot *slot = list_entry(node, struct slot, track_node);

        if (slot->reported_us != 0 &&
            clock_elapsed_us(now_us, slot->reported_us) < LOSS_SUMMARY_FRESH_US)
            loss_summary_add(summary, slot->fraction_lost);
    }
}

uint8_t track_worst_loss(const struct track *track, uint64_t now_us)
{
    const struct stream *stream = track->stream;
    struct loss_summary summary;

    loss_summary_init(&summary);
    track_sum_loss(track, &summary, now_us);
    for (uint64_t peers = stream->interested; peers != 0; peers &= peers - 1)
        loss_summary_merge(&summary, &stream->peers[__builtin_ctzll(peers)].loss);
    return loss_summary_worst(&summary);
}
