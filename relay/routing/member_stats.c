/* Counters of one stream or one viewer as JSON, for who looks at one lesson closely. Control path. */
#include "relay/routing/subscriber.h"

static json_t *layer_stats(const struct layer *layer, uint64_t now_us)
{
    const struct layer_counters *counters = &layer->counters;
    return json_pack("{s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
        "rid", layer->track->params.rids[layer->index], "active", layer_is_active(layer, now_us),
        "suspended", layer->suspended, "bitrate_bps",
        (json_int_t)reception_bitrate_bps(&layer->reception, now_us), "packets",
        (json_int_t)counters->packets, "lost", (json_int_t)layer->nacks.given_up_count, "nacked",
        (json_int_t)layer->nacks.asked_count, "repaired", (json_int_t)counters->repaired,
        "duplicates", (json_int_t)counters->duplicates, "forbidden",
        (json_int_t)counters->forbidden, "restarts", (json_int_t)counters->restarts, "keyframes",
        (json_int_t)counters->keyframes, "keyframe_requests",
        (json_int_t)layer->requests.asked_count, "no_buffer", (json_int_t)counters->no_buffer);
}

json_t *stream_stats(const struct stream *stream, uint64_t now_us)
{
    const struct stream_counters *counters = &stream->counters;
    json_t *tracks = json_array();

    for (size_t t = 0; t < stream->track_count; t++) {
        const struct track *track = &stream->tracks[t];
        json_t *layers = json_array();
        for (size_t i = 0; i < track->layer_count; i++)
            json_array_append_new(layers, layer_stats(&track->layers[i], now_us));
        json_array_append_new(
            tracks, json_pack("{s:s, s:o}", "kind",
                        track->params.kind == MEDIA_VIDEO ? "video" : "audio", "layers", layers));
    }
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "lesson",
        stream->entry->lesson, "source", stream->entry->source, "active", stream->active, "packets",
        (json_int_t)counters->packets, "bytes", (json_int_t)counters->bytes, "malformed",
        (json_int_t)(counters->malformed + counters->rtcp_malformed), "unknown_ssrc",
        (json_int_t)counters->unknown_ssrc, "unknown_payload_type",
        (json_int_t)counters->unknown_payload_type, "tracks", tracks);
}

static json_t *slot_stats(const struct slot *slot)
{
    const struct layer *layer = slot->current;
    return json_pack("{s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:i, s:I, s:I}", "kind",
        slot->kind == MEDIA_VIDEO ? "video" : "audio", "source",
        slot->entry != NULL ? slot->entry->source : "", "layer",
        layer != NULL ? layer->track->params.rids[layer->index] : "", "playing", slot->playing,
        "paused", slot->paused, "packets", (json_int_t)slot->packets, "switches",
        (json_int_t)slot->counters.switches, "replays", (json_int_t)slot->counters.replays,
        "fraction_lost", slot->fraction_lost, "lost", (json_int_t)slot->cumulative_lost,
        "jitter_rtp", (json_int_t)slot->jitter_rtp);
}

json_t *subscriber_stats(const struct subscriber *subscriber)
{
    const struct subscriber_counters *counters = &subscriber->counters;
    json_t *slots = json_array();

    for (size_t i = 0; i < subscriber->slot_count; i++)
        json_array_append_new(slots, slot_stats(&subscriber->slots[i]));
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "lesson",
        subscriber->lesson, "packets", (json_int_t)counters->packets, "bytes",
        (json_int_t)counters->bytes, "send_failed", (json_int_t)counters->send_failed, "nacked",
        (json_int_t)counters->nacked, "resent", (json_int_t)counters->resent, "missing",
        (json_int_t)counters->missing, "keyframe_requests", (json_int_t)counters->keyframe_requests,
        "malformed", (json_int_t)counters->rtcp_malformed, "rtt_us",
        (json_int_t)subscriber->retransmission.rtt_us, "remb_bps", (json_int_t)subscriber->remb_bps,
        "estimate_bps", (json_int_t)line_estimate_bps(&subscriber->line), "slots", slots);
}

unsigned subscriber_fraction_lost(const struct subscriber *subscriber)
{
    unsigned worst = 0;

    for (size_t i = 0; i < subscriber->slot_count; i++) {
        if (subscriber->slots[i].fraction_lost > worst)
            worst = subscriber->slots[i].fraction_lost;
    }
    return worst;
}
