/* The published source: what comes in, in order of its way, and its life in the directory. */
#include "relay/routing/stream.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/routing/audio_red.h"
#include "relay/routing/figures.h"
#include "relay/routing/mirror.h"
#include "relay/routing/slot.h"
#include "relay/wire/rtcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct track *stream_find_track(struct stream *stream, enum media_kind kind)
{
    for (size_t i = 0; i < stream->track_count; i++) {
        if (stream->tracks[i].params.kind == kind)
            return &stream->tracks[i];
    }
    return NULL;
}

struct layer *track_layer(struct track *track, size_t rank)
{
    return &track->layers[track->ascending ? track->layer_count - 1 - rank : rank];
}

bool layer_is_better(const struct layer *layer, const struct layer *than)
{
    return layer->track->ascending ? layer->index > than->index : layer->index < than->index;
}

/* Publishers should list their best layer first (RFC 8853 section 5.2), but many list it last. Keyframes
 * tell. */
static void learn_order(struct track *track, const struct layer *layer)
{
    for (size_t i = 0; i < track->layer_count && layer->pixels != 0; i++) {
        const struct layer *other = &track->layers[i];
        if (other->pixels != 0 && other->pixels != layer->pixels)
            track->ascending = (other->pixels < layer->pixels) == (other->index < layer->index);
    }
}

struct layer *stream_find_layer_by_id(struct stream *stream, uint32_t layer_id)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        for (size_t i = 0; i < track->layer_count; i++) {
            if (track->layers[i].id == layer_id)
                return &track->layers[i];
        }
    }
    return NULL;
}

static int track_init(struct track *track, struct stream *stream, const struct media_track *params)
{
    struct router *router = stream->router;
    size_t layers = params->rid_count > 0 ? params->rid_count : 1;

    track->stream = stream;
    track->params = *params;
    list_init(&track->slots);
    fan_out_walk_init(&track->walk);
    for (size_t i = 0; i < layers; i++) {
        struct layer *layer = &track->layers[i];
        int err = layer_init(
            layer, track, (unsigned)i, params->kind, router->pool, &router->next_layer_id);
        if (err < 0)
            return err;
        track->layer_count++;
    }
    if (params->rid_count == 0 && params->ssrc != 0) {
        track->layers[0].has_ssrc = true;
        track->layers[0].ssrc = params->ssrc;
    }
    if (params->rid_count == 0 && params->rtx_ssrc != 0) {
        track->layers[0].has_rtx_ssrc = true;
        track->layers[0].rtx_ssrc = params->rtx_ssrc;
    }
    return 0;
}

static bool params_are_valid(const struct stream_params *params)
{
    if (params->track_count == 0 || params->track_count > STREAM_MAX_TRACKS)
        return false;
    for (size_t i = 0; i < params->track_count; i++) {
        const struct media_track *track = &params->tracks[i];
        if (track->codec_count > MEDIA_MAX_CODECS || track->rid_count > MEDIA_MAX_LAYERS)
            return false;
        if (i > 0 && track->kind == params->tracks[0].kind)
            return false;
    }
    return true;
}

static void stream_free(struct stream *stream)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        fan_out_forget_track(&stream->tracks[t]);
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++)
            layer_finish(&stream->tracks[t].layers[i]);
    }
    directory_release(stream->router->directory, stream->entry);
    lesson_figures_release(&stream->router->lessons, stream->figures, stream->router->now_us);
    free(stream->peers);
    free(stream);
}

static void attach_waiting_slots(struct stream *stream, uint64_t now_us)
{
    list_for_each(node, &stream->entry->slots)
        slot_attach(list_entry(node, struct slot, entry_node), stream, now_us);
}

/* Without a place in the directory's entry yet. */
static int make_stream(struct router *router, const struct stream_params *params, uint64_t now_us,
    struct stream **ret_stream)
{
    if (!params_are_valid(params))
        return -EINVAL;
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return -ENOMEM;

    stream->router = router;
    list_init(&stream->router_node);
    stream->send_rtcp = params->send_rtcp;
    stream->on_active = params->on_active;
    stream->user = params->user;
    stream->active = params->was_active;
    stream->reported_active = params->was_active;
    stream->last_packet_us = now_us;
    stream->own_ssrc = random_u32();
    random_text(stream->cname, sizeof(stream->cname) - 1);

    int err = directory_acquire(router->directory, params->lesson, params->source, &stream->entry);
    for (size_t i = 0; err == 0 && i < params->track_count; i++) {
        stream->track_count++;
        err = track_init(&stream->tracks[i], stream, &params->tracks[i]);
    }
    if (err < 0) {
        stream_free(stream);
        return err;
    }
    *ret_stream = stream;
    return 0;
}

static int make_peers(struct stream *stream)
{
    unsigned count = stream->router->exchange.count;

    if (count < 2)
        return 0;
    stream->peers = calloc(count, sizeof(stream->peers[0]));
    return stream->peers != NULL ? 0 : -ENOMEM;
}

static void replace_mirror(struct stream *mirror)
{
    if (mirror == NULL)
        return;
    mirror_leave(mirror);
    stream_destroy(mirror);
}

int stream_create(struct router *router, const struct stream_params *params, uint64_t now_us,
    struct stream **ret_stream)
{
    struct stream *stream;

    int err = make_stream(router, params, now_us, &stream);
    if (err < 0)
        return err;
    err = lesson_figures_acquire(&router->lessons, params->lesson, &stream->figures);
    if (err == 0)
        err = make_peers(stream);
    if (err == 0 && stream->entry->stream != NULL && !stream->entry->stream->mirrored)
        err = -EEXIST;
    if (err < 0) {
        stream_free(stream);
        return err;
    }
    replace_mirror(stream->entry->stream);
    stream->id = router->next_stream_id++;
    stream->entry->stream = stream;
    list_insert_before(&router->streams, &stream->router_node);
    mirror_announce(stream);
    attach_waiting_slots(stream, now_us);
    *ret_stream = stream;
    return 0;
}

void stream_create_mirror(struct router *router, const struct stream_params *params,
    unsigned origin, uint32_t id, uint64_t now_us)
{
    struct stream *stream;

    if (make_stream(router, params, now_us, &stream) < 0)
        return;
    if (stream->entry->stream != NULL && !stream->entry->stream->mirrored) {
        stream_free(stream);
        return;
    }
    replace_mirror(stream->entry->stream);
    stream->mirrored = true;
    stream->origin = (uint8_t)origin;
    stream->id = id;
    stream->used_us = now_us;
    stream->entry->stream = stream;
    list_insert_before(mirror_bucket(router, origin, id), &stream->router_node);
    attach_waiting_slots(stream, now_us);
}

void stream_destroy(struct stream *stream)
{
    if (stream == NULL)
        return;
    list_for_each(node, &stream->entry->slots)
        slot_stream_ended(list_entry(node, struct slot, entry_node));
    router_forget(stream->router, &stream->router_node);
    stream->entry->stream = NULL;
    if (!stream->mirrored) {
        mirror_end(stream);
        figures_add_stream(stream, stream->figures->ended);
    }
    stream_free(stream);
}

/* What fills a hole behind those who went on without it goes out at once, everything else in its turn. */
static void hand_on(
    struct layer *layer, const struct packet *packet, bool keyframe, uint64_t now_us)
{
    struct track *track = layer->track;

    if (keyframe)
        learn_order(track, layer);
    if (packet->sequence < layer->newest) {
        list_for_each(node, &track->slots)
            slot_receive_late(list_entry(node, struct slot, track_node), layer, packet, now_us);
    }
    fan_out_mark(&track->stream->router->fan_out, track);
}

void stream_adopt(struct layer *layer, struct packet *packet, bool retransmitted, uint64_t now_us)
{
    struct stream *stream = layer->track->stream;
    const struct media_codec *codec = &layer->track->params.codecs[packet->codec];

    stream->active = true;
    stream->last_packet_us = packet->arrival_us;
    hand_on(layer, packet, layer_adopt(layer, packet, codec, retransmitted, now_us), now_us);
}

/* RFC 4588 section 4: the original sequence number stands before the original payload. False when
 * nothing is inside. */
static bool unwrap_rtx(struct layer_input *input)
{
    if (input->payload_bytes <= 2)
        return false; /* padding, sent to probe the line */
    input->sequence_number = bytes_get_u16(input->payload);
    input->payload += 2;
    input->payload_bytes -= 2;
    input->retransmitted = true;
    return true;
}

static void receive_media(struct stream *stream, const uint8_t *data, size_t len,
    const struct rtp_view *view, const struct stream_hints *hints, uint64_t now_us)
{
    struct stream_format format;
    bool keyframe = false;

    struct layer *layer = stream_demultiplex(stream, view, hints, now_us, &format);
    if (layer == NULL)
        return;
    if (!format.rtx)
        stream->media_ssrc = view->ssrc;

    struct layer_input input = {
        .codec = &layer->track->params.codecs[format.codec],
        .codec_index = format.codec,
        .marker = view->marker,
        .has_audio_level = hints->has_audio_level,
        .audio_level = hints->audio_level,
        .sequence_number = view->sequence_number,
        .timestamp_rtp = view->timestamp,
        .payload = data + view->payload_offset,
        .payload_bytes = view->payload_bytes,
        .wire_bytes = len,
    };
    if (format.rtx && !unwrap_rtx(&input))
        return;
    if (format.red && input.payload_bytes > 0 &&
        audio_red_read(input.codec, input.payload, input.payload_bytes, &input.primary_offset) <
            0) {
        stream->counters.malformed++;
        return;
    }

    if (layer->suspended && !input.retransmitted)
        stream_layer_is_back(layer, now_us);
    struct packet *packet = layer_receive(layer, &input, now_us, &keyframe);
    if (layer->nack)
        stream_send_nacks(stream, layer, now_us);
    if (packet == NULL)
        return;
    mirror_hand_over(layer, packet, input.retransmitted);
    hand_on(layer, packet, keyframe, now_us);
    packet_unref(packet);
}

void stream_receive_rtp(struct stream *stream, const uint8_t *data, size_t len, uint64_t now_us)
{
    struct rtp_view view;
    struct stream_hints hints;

    if (rtp_parse(data, len, &view) < 0) {
        stream->counters.malformed++;
        return;
    }
    stream->counters.packets++;
    stream->counters.bytes += len;
    stream->active = true;
    stream->last_packet_us = now_us;

    stream_read_hints(stream, data, &view, &hints);
    if (hints.has_transport_sequence)
        arrival_feedback_add(&stream->feedback, hints.transport_sequence, now_us);
    receive_media(stream, data, len, &view, &hints, now_us);
    stream_send_arrivals(stream, now_us);
}

struct layer *stream_find_layer_by_ssrc(struct stream *stream, uint32_t ssrc)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        for (size_t i = 0; i < track->layer_count; i++) {
            if (track->layers[i].has_ssrc && track->layers[i].ssrc == ssrc)
                return &track->layers[i];
        }
    }
    return NULL;
}

static void receive_sender_report(
    struct stream *stream, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_sender_info info;
    if (rtcp_parse_sender_info(packet, &info) < 0) {
        stream->counters.rtcp_malformed++;
        return;
    }
    struct layer *layer = stream_find_layer_by_ssrc(stream, info.ssrc);
    if (layer == NULL)
        return; /* of an RTX stream, or before its first packet */
    reception_sender_report(&layer->reception, info.ntp, now_us);
    publisher_clock_report(&stream->clock, &layer->mapping, info.ntp, info.timestamp_rtp, now_us);
    mirror_report(layer);
}

static void receive_bye(struct stream *stream, const struct rtcp_packet *packet, uint64_t now_us)
{
    uint32_t ssrcs[RTCP_MAX_BLOCKS];
    size_t count;

    if (rtcp_parse_bye(packet, ssrcs, &count) < 0) {
        stream->counters.rtcp_malformed++;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct layer *layer = stream_find_layer_by_ssrc(stream, ssrcs[i]);
        /* silent from now on: viewers of this layer take another at their next tick */
        if (layer != NULL && layer_is_active(layer, now_us) && now_us > LAYER_SILENT_US)
            layer->last_packet_us = now_us - LAYER_SILENT_US - 1;
    }
}

static void receive_feedback(
    struct stream *stream, const struct rtcp_packet *packet, uint64_t now_us)
{
    struct rtcp_feedback feedback;

    if (rtcp_parse_feedback(packet, &feedback) < 0)
        stream->counters.rtcp_malformed++;
    else if (feedback.format == RTCP_RTPFB_PAUSE)
        stream_take_pauses(stream, &feedback, now_us);
}

void stream_receive_rtcp(struct stream *stream, const uint8_t *data, size_t len, uint64_t now_us)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type == RTCP_SR)
            receive_sender_report(stream, &packet, now_us);
        else if (packet.type == RTCP_BYE)
            receive_bye(stream, &packet, now_us);
        else if (packet.type == RTCP_RTPFB)
            receive_feedback(stream, &packet, now_us);
    }
    if (iterator.failed)
        stream->counters.rtcp_malformed++;
}

bool stream_has_reports(const struct stream *stream, uint64_t now_us)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        const struct track *track = &stream->tracks[t];
        bool active = false;
        bool known = false;
        for (size_t i = 0; i < track->layer_count; i++) {
            active = active || layer_is_active(&track->layers[i], now_us);
            known = known || track->layers[i].mapping.known;
        }
        if (active && !known)
            return false;
    }
    return true;
}

void stream_tick(struct stream *stream, uint64_t now_us)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++)
            packet_cache_expire(&stream->tracks[t].layers[i].cache, now_us);
    }
    stream_demand_tick(stream, now_us);
    stream_feedback_tick(stream, now_us);

    if (stream->active && clock_elapsed_us(now_us, stream->last_packet_us) >= STREAM_SILENT_US)
        stream->active = false;
    if (stream->active == stream->reported_active)
        return;
    stream->reported_active = stream->active;
    if (stream->on_active != NULL)
        stream->on_active(stream->user, stream->active);
}
