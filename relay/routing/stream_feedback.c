/* What the relay says to a publisher: NACK, keyframe requests, reports, transport-wide feedback. */
#include "common/clock.h"
#include "relay/routing/mirror.h"
#include "relay/wire/rtcp_pause.h"

#include <string.h>

#define REPORT_INTERVAL_US US_PER_S
#define DEAD_US            (5 * US_PER_S) /* slides may come one a second or fewer */
#define FIRST_REPORT_US    (100 * US_PER_MS)

/* Every compound begins with a report (RFC 3550 section 6.1), empty when none is due. */
static void begin_feedback(const struct stream *stream, struct byte_writer *writer, uint8_t *buffer)
{
    byte_writer_init(writer, buffer, ROUTER_RTCP_BYTES);
    rtcp_write_rr(writer, stream->own_ssrc, NULL, 0);
}

static void send_feedback(const struct stream *stream, const struct byte_writer *writer)
{
    if (!writer->failed && stream->send_rtcp != NULL)
        stream->send_rtcp(stream->user, writer->data, writer->len);
}

void stream_send_nacks(struct stream *stream, struct layer *layer, uint64_t now_us)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    uint16_t seqs[NACK_MAX_PER_ROUND];
    struct byte_writer writer;
    size_t given_up = 0;

    size_t count = nack_generator_due(&layer->nacks, now_us, seqs, &given_up);
    if (count > 0) {
        begin_feedback(stream, &writer, buffer);
        rtcp_write_nack(&writer, stream->own_ssrc, layer->ssrc, seqs, count);
        send_feedback(stream, &writer);
    }
    /* the picture is broken for everybody from here on */
    if (given_up > 0 && layer->kind == MEDIA_VIDEO)
        stream_want_keyframe(layer, now_us);
}

static bool has_feedback(const struct layer *layer, bool *ret_fir_only)
{
    const struct media_track *params = &layer->track->params;
    bool pli = false;
    bool fir = false;

    for (size_t i = 0; i < params->codec_count; i++) {
        if (layer->received && params->codecs[i].id != layer->codec_id)
            continue;
        pli = pli || params->codecs[i].pli;
        fir = fir || params->codecs[i].fir;
    }
    *ret_fir_only = fir && !pli;
    return pli || fir;
}

/* Appends the layer's request when it has one that is due. */
static void write_request(
    struct stream *stream, struct layer *layer, struct byte_writer *writer, uint64_t now_us)
{
    bool fir_only;

    /* a dead or suspended layer begins with a keyframe when it comes back, and an SSRC must be known */
    if (!layer->has_ssrc || !layer->received || layer->suspended ||
        now_us - layer->last_packet_us > DEAD_US || !has_feedback(layer, &fir_only) ||
        !keyframe_requests_due(&layer->requests, now_us))
        return;
    if (fir_only) {
        struct rtcp_fir_entry entry = {layer->ssrc, stream->fir_count++};
        rtcp_write_fir(writer, stream->own_ssrc, &entry);
    } else {
        rtcp_write_pli(writer, stream->own_ssrc, layer->ssrc);
    }
}

/* What all layers of the source want, together. */
static void request_keyframes(struct stream *stream, uint64_t now_us)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    struct byte_writer writer;

    if (stream->keyframe_asked_us != 0 &&
        clock_elapsed_us(now_us, stream->keyframe_asked_us) < KEYFRAME_REQUEST_INTERVAL_US)
        return;
    begin_feedback(stream, &writer, buffer);
    size_t empty = writer.len;
    for (size_t t = 0; t < stream->track_count; t++) {
        for (size_t i = 0; i < stream->tracks[t].layer_count; i++)
            write_request(stream, &stream->tracks[t].layers[i], &writer, now_us);
    }
    if (writer.len == empty)
        return;
    stream->keyframe_asked_us = now_us;
    send_feedback(stream, &writer);
}

void stream_want_keyframe(struct layer *layer, uint64_t now_us)
{
    if (layer->track->stream->mirrored) {
        mirror_want_keyframe(layer, now_us);
        return;
    }
    keyframe_requests_want(&layer->requests);
    request_keyframes(layer->track->stream, now_us);
}

void stream_send_arrivals(struct stream *stream, uint64_t now_us)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    struct byte_writer writer;

    if (stream->media_ssrc == 0 || !arrival_feedback_due(&stream->feedback, now_us))
        return;
    for (;;) {
        begin_feedback(stream, &writer, buffer);
        if (!arrival_feedback_write(
                &stream->feedback, &writer, stream->own_ssrc, stream->media_ssrc, now_us))
            return;
        send_feedback(stream, &writer);
    }
}

void stream_send_pause(struct layer *layer, enum layer_demand_action action)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    struct stream *stream = layer->track->stream;
    struct byte_writer writer;
    struct rtcp_pause_entry entry = {
        .target_ssrc = layer->ssrc,
        .type = action == LAYER_DEMAND_PAUSE ? RTCP_PAUSE : RTCP_RESUME,
        .pause_id = layer->demand.pause_id,
    };

    begin_feedback(stream, &writer, buffer);
    rtcp_write_pause(&writer, stream->own_ssrc, &entry);
    send_feedback(stream, &writer);
}

static void raise_to(uint8_t *fraction_lost, uint8_t other)
{
    if (*fraction_lost < other)
        *fraction_lost = other;
}

/* Of sound the encoder prepares for the worst loss that matters, on the way in or out. Only the fraction is
 * raised: what senders judge their bandwidth by are the cumulative figures. */
static void send_report(struct stream *stream, uint64_t now_us)
{
    uint8_t buffer[ROUTER_RTCP_BYTES + ROUTER_TRAILER_BYTES];
    struct rtcp_report_block blocks[STREAM_MAX_TRACKS * MEDIA_MAX_LAYERS];
    struct byte_writer writer;
    size_t count = 0;

    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        for (size_t i = 0; i < track->layer_count; i++) {
            struct layer *layer = &track->layers[i];
            if (!layer->reception.started || !layer->has_ssrc)
                continue;
            reception_report(&layer->reception, layer->ssrc, now_us, &blocks[count]);
            if (layer->kind == MEDIA_AUDIO)
                raise_to(&blocks[count].fraction_lost, track_worst_loss(track, now_us));
            count++;
        }
    }
    if (count == 0)
        return;
    byte_writer_init(&writer, buffer, ROUTER_RTCP_BYTES);
    rtcp_write_rr(&writer, stream->own_ssrc, blocks, count);
    rtcp_write_sdes(&writer, &stream->own_ssrc, 1, stream->cname);
    send_feedback(stream, &writer);
}

void stream_feedback_tick(struct stream *stream, uint64_t now_us)
{
    for (size_t t = 0; t < stream->track_count; t++) {
        struct track *track = &stream->tracks[t];
        for (size_t i = 0; i < track->layer_count; i++) {
            if (track->layers[i].nack)
                stream_send_nacks(stream, &track->layers[i], now_us);
        }
    }
    request_keyframes(stream, now_us);
    stream_send_arrivals(stream, now_us);

    if (stream->counters.packets == 0)
        return;
    if (stream->next_report_us == 0)
        stream->next_report_us = now_us + FIRST_REPORT_US;
    if (now_us >= stream->next_report_us) {
        send_report(stream, now_us);
        stream->next_report_us = now_us + REPORT_INTERVAL_US;
    }
}
