/*
 * Which layer an incoming packet belongs to: by its SSRC, else (RFC 8843 section 9.2, RFC 8852) by mid
 * and RID or repaired RID, else by a payload type that only one track uses. A layer has one SSRC and
 * one RTX SSRC, so there are never more than eight; a new one takes the place of the old only when the
 * old has been silent.
 */
#include "common/clock.h"
#include "relay/routing/stream.h"

#include <string.h>

#define REPLACE_AFTER_US (500 * US_PER_MS)

static bool text_is(const char *text, size_t len, const char *expected)
{
    return text != NULL && strlen(expected) == len && memcmp(text, expected, len) == 0;
}

static void read_hint(const struct media_extensions *ids,
    const struct rtp_extension_element *element, struct stream_hints *hints)
{
    if (element->id == ids->mid) {
        hints->mid = (const char *)element->value;
        hints->mid_len = element->len;
    } else if (element->id == ids->rid) {
        hints->rid = (const char *)element->value;
        hints->rid_len = element->len;
    } else if (element->id == ids->repaired_rid) {
        hints->repaired_rid = (const char *)element->value;
        hints->repaired_rid_len = element->len;
    } else if (element->id == ids->transport_cc) {
        if (element->len < RTP_TRANSPORT_SEQUENCE_BYTES)
            return;
        hints->has_transport_sequence = true;
        hints->transport_sequence = bytes_get_u16(element->value);
    } else if (element->id == ids->audio_level) {
        if (element->len < RTP_AUDIO_LEVEL_BYTES)
            return;
        hints->has_audio_level = true;
        hints->audio_level = element->value[0];
    }
}

void stream_read_hints(const struct stream *stream, const uint8_t *data,
    const struct rtp_view *view, struct stream_hints *ret_hints)
{
    struct rtp_extension_iterator iterator;
    struct rtp_extension_element element;

    memset(ret_hints, 0, sizeof(*ret_hints));
    if (!view->has_extension)
        return;
    rtp_extension_iterator_init(&iterator, data, view);
    while (rtp_extension_iterator_next(&iterator, &element)) {
        if (element.id == 0)
            continue;
        /* bundled m-lines give an id one meaning (RFC 8843 section 8), but not all have all ids */
        for (size_t i = 0; i < stream->track_count; i++)
            read_hint(&stream->tracks[i].params.extensions, &element, ret_hints);
    }
}

static bool find_codec(
    const struct track *track, uint8_t payload_type, struct stream_format *ret_format)
{
    for (size_t i = 0; i < track->params.codec_count; i++) {
        const struct media_codec *codec = &track->params.codecs[i];
        struct stream_format format = {
            .codec = (uint8_t)i,
            .rtx = codec->has_rtx && codec->rtx_payload_type == payload_type,
            .red = codec->has_red && codec->red_payload_type == payload_type,
        };
        if (format.rtx || format.red || codec->payload_type == payload_type) {
            *ret_format = format;
            return true;
        }
    }
    return false;
}

static struct layer *find_by_ssrc(struct stream *stream, uint32_t ssrc, bool *ret_rtx)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        for (size_t i = 0; i < track->layer_count; i++) {
            struct layer *layer = &track->layers[i];
            if (layer->has_ssrc && layer->ssrc == ssrc) {
                *ret_rtx = false;
                return layer;
            }
            if (layer->has_rtx_ssrc && layer->rtx_ssrc == ssrc) {
                *ret_rtx = true;
                return layer;
            }
        }
    }
    return NULL;
}

static struct track *track_by_hints(
    struct stream *stream, const struct stream_hints *hints, uint8_t payload_type)
{
    struct track *found = NULL;
    struct stream_format format;

    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        if (hints->mid != NULL) {
            if (text_is(hints->mid, hints->mid_len, track->params.mid))
                return track;
            continue;
        }
        if (!find_codec(track, payload_type, &format))
            continue;
        if (found != NULL)
            return NULL; /* both tracks use it */
        found = track;
    }
    return found;
}

static struct layer *layer_by_hints(struct track *track, const struct stream_hints *hints, bool rtx)
{
    if (track->params.rid_count == 0)
        return &track->layers[0];

    const char *rid = rtx ? hints->repaired_rid : hints->rid;
    size_t rid_len = rtx ? hints->repaired_rid_len : hints->rid_len;
    for (size_t i = 0; i < track->layer_count; i++) {
        if (text_is(rid, rid_len, track->params.rids[i]))
            return &track->layers[i];
    }
    return NULL;
}

static struct layer *learn(struct stream *stream, const struct rtp_view *view,
    const struct stream_hints *hints, uint64_t now_us)
{
    struct stream_format format;

    struct track *track = track_by_hints(stream, hints, view->payload_type);
    if (track == NULL || !find_codec(track, view->payload_type, &format))
        return NULL;
    struct layer *layer = layer_by_hints(track, hints, format.rtx);
    if (layer == NULL)
        return NULL;

    if (format.rtx) {
        /* nothing hangs on the RTX stream's own numbers: the newest wins */
        layer->has_rtx_ssrc = true;
        layer->rtx_ssrc = view->ssrc;
        return layer;
    }
    if (layer->has_ssrc && layer->received) {
        if (now_us - layer->last_packet_us < REPLACE_AFTER_US)
            return NULL;
        layer_restart(layer);
    }
    layer->has_ssrc = true;
    layer->ssrc = view->ssrc;
    return layer;
}

struct layer *stream_demultiplex(struct stream *stream, const struct rtp_view *view,
    const struct stream_hints *hints, uint64_t now_us, struct stream_format *ret_format)
{
    bool rtx_ssrc = false;

    struct layer *layer = find_by_ssrc(stream, view->ssrc, &rtx_ssrc);
    if (layer == NULL) {
        layer = learn(stream, view, hints, now_us);
        if (layer == NULL) {
            stream->counters.unknown_ssrc++;
            return NULL;
        }
        rtx_ssrc = layer->has_rtx_ssrc && layer->rtx_ssrc == view->ssrc;
    }
    if (!find_codec(layer->track, view->payload_type, ret_format) || ret_format->rtx != rtx_ssrc) {
        stream->counters.unknown_payload_type++;
        return NULL;
    }
    return layer;
}
