#include "relay/routing/layer.h"

#include "common/clock.h"
#include "relay/wire/h264.h"
#include "relay/wire/h264_sps.h"
#include "relay/wire/rtp.h"
#include "relay/wire/vp8.h"

#include <string.h>

#define VIDEO_CACHE_PACKETS 2048
#define AUDIO_CACHE_PACKETS 256

int layer_init(struct layer *layer, struct track *track, unsigned index, enum media_kind kind,
    struct packet_pool *pool, uint32_t *next_id)
{
    memset(layer, 0, sizeof(*layer));
    layer->track = track;
    layer->pool = pool;
    layer->next_id = next_id;
    layer->index = index;
    layer->kind = kind;
    layer->id = (*next_id)++;
    return packet_cache_init(
        &layer->cache, kind == MEDIA_VIDEO ? VIDEO_CACHE_PACKETS : AUDIO_CACHE_PACKETS);
}

void layer_finish(struct layer *layer)
{
    packet_cache_finish(&layer->cache);
}

void layer_restart(struct layer *layer)
{
    layer->id = (*layer->next_id)++;
    layer->newest = 0;
    packet_cache_clear(&layer->cache);
    sequence_window_reset(&layer->window);
    reception_reset(&layer->reception);
    nack_generator_reset(&layer->nacks);
    keyframe_cache_reset(&layer->keyframe);
    live_line_reset(&layer->line);
    layer->mapping.known = false;
    layer->counters.restarts++;
}

/* Places the packet in the sequence. False when it is to be dropped. */
static bool place(struct layer *layer, const struct layer_input *input, int64_t *ret_sequence)
{
    if (input->retransmitted) {
        int32_t behind =
            seq_distance((uint16_t)layer->window.unwrapper.newest, input->sequence_number);
        if (!layer->window.unwrapper.started || behind <= 0 || behind >= SEQUENCE_WINDOW_PACKETS) {
            layer->counters.late++;
            return false;
        }
    }

    switch (sequence_window_add(&layer->window, input->sequence_number, ret_sequence)) {
    case SEQUENCE_NEW:
    case SEQUENCE_LATE:
        return true;
    case SEQUENCE_DUPLICATE:
        layer->counters.duplicates++;
        return false;
    case SEQUENCE_JUMP:
        layer->counters.late++;
        return false;
    case SEQUENCE_RESTART:
        break;
    }
    layer_restart(layer);
    sequence_window_add(&layer->window, input->sequence_number, ret_sequence);
    return true;
}

/* An IDR slice without parameter sets in its packet begins a frame only if the packet before it is
 * known and belongs to another frame; else its parameter sets may be lost or on their way. */
static bool begins_frame(const struct layer *layer, const struct packet *packet)
{
    const struct packet *before = packet_cache_get(&layer->cache, packet->sequence - 1);
    if (before == NULL)
        return !layer->cache.started;
    return before->timestamp_rtp != packet->timestamp_rtp;
}

static void learn_h264_size(struct packet *packet)
{
    struct h264_nal_iterator iterator;
    struct h264_nal nal;

    h264_nal_iterator_init(&iterator, packet->payload, packet->payload_bytes);
    while (h264_nal_iterator_next(&iterator, &nal)) {
        if (nal.type == H264_NAL_SPS && nal.start)
            h264_sps_pixels(nal.data, nal.bytes, &packet->pixels);
    }
}

static int look_into_h264(struct layer *layer, struct packet *packet)
{
    struct h264_scan scan;
    int err = h264_payload_scan(packet->payload, packet->payload_bytes, &scan);
    if (err < 0 || scan.forbidden)
        return -1;
    packet->has_keyframe = scan.has_idr;
    packet->keyframe_start =
        h264_starts_keyframe(&scan) && (scan.has_sps || begins_frame(layer, packet));
    if (scan.has_sps)
        learn_h264_size(packet);
    return 0;
}

static int look_into_vp8(struct packet *packet)
{
    struct vp8_view view;
    int err = vp8_parse(packet->payload, packet->payload_bytes, &view);
    if (err < 0)
        return err;
    packet->keyframe_start = view.keyframe_start;
    packet->has_keyframe = view.keyframe_start;
    if (view.keyframe_start)
        packet->pixels = vp8_keyframe_pixels(packet->payload, packet->payload_bytes, &view);
    packet->picture_id_offset = view.picture_id_offset;
    packet->picture_id_bits = view.picture_id_bits;
    packet->picture_id = view.picture_id;
    packet->tl0picidx_offset = view.tl0picidx_offset;
    packet->tl0picidx = view.tl0picidx;
    return 0;
}

/* False for payloads that must not be forwarded. */
static bool look_into_payload(struct layer *layer, struct packet *packet)
{
    switch (layer->codec_id) {
    case MEDIA_CODEC_H264:
        return look_into_h264(layer, packet) >= 0;
    case MEDIA_CODEC_VP8:
        return look_into_vp8(packet) >= 0;
    case MEDIA_CODEC_OPUS:
    case MEDIA_CODEC_OTHER:
        break;
    }
    return true;
}

static struct packet *take_packet(
    struct layer *layer, const struct layer_input *input, int64_t sequence, uint64_t now_us)
{
    struct packet *packet = packet_pool_take(layer->pool);
    if (packet == NULL)
        return NULL;
    packet->sequence = sequence;
    packet->arrival_us = now_us;
    packet->timestamp_rtp = input->timestamp_rtp;
    packet->payload_bytes = (uint16_t)input->payload_bytes;
    packet->codec = input->codec_index;
    packet->marker = input->marker;
    packet->has_audio_level = input->has_audio_level;
    packet->audio_level = input->audio_level;
    packet->primary_offset = input->primary_offset;
    memcpy(packet->payload, input->payload, input->payload_bytes);
    return packet;
}

static void note_arrival(struct layer *layer, const struct media_codec *codec, uint64_t now_us)
{
    layer->received = true;
    layer->last_packet_us = now_us;
    layer->codec_id = codec->id;
    layer->clock_rate = codec->clock_rate;
    layer->nack = codec->nack;
}

static void count(
    struct layer *layer, const struct layer_input *input, int64_t sequence, uint64_t now_us)
{
    note_arrival(layer, input->codec, now_us);
    layer->counters.packets++;

    if (layer->nack && !nack_generator_add(&layer->nacks, sequence, now_us))
        keyframe_requests_want(&layer->requests);
    if (input->retransmitted) {
        layer->counters.repaired++;
        return;
    }
    reception_add(&layer->reception, sequence, input->timestamp_rtp, layer->clock_rate,
        input->wire_bytes, now_us);
    /* padding carries the timestamp of an old frame: no measure of now */
    if (input->payload_bytes > 0)
        live_line_add(&layer->line, input->timestamp_rtp, layer->clock_rate, now_us);
}

/* Into the caches that viewers are served from; returns whether a new keyframe begins. */
static bool keep(struct layer *layer, struct packet *packet)
{
    if (packet->sequence > layer->newest)
        layer->newest = packet->sequence;
    if (packet->pixels != 0)
        layer->pixels = packet->pixels;
    packet_cache_add(&layer->cache, packet);
    if (!keyframe_cache_add(&layer->keyframe, packet, layer->newest))
        return false;
    layer->counters.keyframes++;
    keyframe_requests_answered(&layer->requests, packet->arrival_us);
    return true;
}

bool layer_adopt(struct layer *layer, struct packet *packet, const struct media_codec *codec,
    bool retransmitted, uint64_t now_us)
{
    /* from the origin's caches come packets of layers that have fallen silent since */
    note_arrival(layer, codec,
        packet->arrival_us > layer->last_packet_us ? packet->arrival_us : layer->last_packet_us);
    if (!retransmitted) {
        reception_count(
            &layer->reception, RTP_HEADER_BYTES + packet->payload_bytes, packet->arrival_us);
        live_line_add(&layer->line, packet->timestamp_rtp, layer->clock_rate, packet->arrival_us);
    }
    return keep(layer, packet);
}

struct packet *layer_receive(
    struct layer *layer, const struct layer_input *input, uint64_t now_us, bool *ret_keyframe)
{
    struct packet *packet = NULL;
    int64_t sequence;
    int64_t number;

    if (!place(layer, input, &sequence))
        return NULL;
    count(layer, input, sequence, now_us);

    if (input->payload_bytes == 0) {
        layer->counters.padding++;
        sequence_window_remove(&layer->window, sequence);
        return NULL;
    }
    if (!sequence_window_number(&layer->window, sequence, &number)) {
        layer->counters.late++;
        return NULL;
    }
    if (input->payload_bytes <= PACKET_PAYLOAD_BYTES)
        packet = take_packet(layer, input, number, now_us);
    if (packet == NULL) {
        layer->counters.no_buffer++;
        return NULL;
    }
    if (!look_into_payload(layer, packet)) {
        layer->counters.forbidden++;
        sequence_window_remove(&layer->window, sequence);
        packet_unref(packet);
        return NULL;
    }

    *ret_keyframe = keep(layer, packet);
    return packet;
}

bool layer_is_active(const struct layer *layer, uint64_t now_us)
{
    return layer->received && !layer->suspended &&
           clock_elapsed_us(now_us, layer->last_packet_us) <= LAYER_SILENT_US;
}

bool layer_is_available(const struct layer *layer, uint64_t now_us)
{
    return layer->suspended || layer_is_active(layer, now_us);
}

uint32_t layer_bitrate_bps(const struct layer *layer, uint64_t now_us)
{
    return layer->suspended ? layer->reception.bitrate_bps
                            : reception_steady_bps(&layer->reception, now_us);
}

bool layer_can_replay(const struct layer *layer, uint64_t now_us)
{
    return keyframe_cache_can_serve(&layer->keyframe, layer->nacks.missing_count, now_us);
}

bool layer_has_visible_keyframes(const struct layer *layer)
{
    return layer->kind == MEDIA_VIDEO &&
           (layer->codec_id == MEDIA_CODEC_H264 || layer->codec_id == MEDIA_CODEC_VP8);
}
