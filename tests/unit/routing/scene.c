#include "tests/unit/routing/scene.h"

#include "relay/wire/rtcp_pause.h"
#include "relay/wire/transport_feedback.h"

#include <stdlib.h>
#include <string.h>

#define TICK_US (10 * US_PER_MS)
#define WALL_US (UINT64_C(1790000000) * US_PER_S)

void scene_init_with(struct scene *scene, const struct router_exchange *exchange)
{
    memset(scene, 0, sizeof(*scene));
    scene->now_us = SCENE_START_US;
    scene->wall_us = WALL_US;
    if (router_create(exchange, &scene->router) != 0)
        abort();
    router_tick(scene->router, scene->now_us, scene->wall_us);
}

void scene_init(struct scene *scene)
{
    scene_init_with(scene, NULL);
}

void scene_finish(struct scene *scene)
{
    router_destroy(scene->router);
}

void scene_fan_out(struct scene *scene)
{
    if (!scene->holds_back && router_fan_out(scene->router, SIZE_MAX, scene->now_us))
        abort();
    if (scene->on_turn != NULL)
        scene->on_turn(scene->user, scene);
}

void scene_advance(struct scene *scene, uint64_t us)
{
    while (us > 0) {
        uint64_t step = us < TICK_US ? us : TICK_US;
        scene->now_us += step;
        scene->wall_us += step;
        us -= step;
        router_tick(scene->router, scene->now_us, scene->wall_us);
        scene_fan_out(scene);
    }
}

struct media_track scene_track(enum media_kind kind, const struct media_codec *codec)
{
    static const struct media_extensions extensions = {
        .mid = SCENE_MID_ID,
        .rid = SCENE_RID_ID,
        .repaired_rid = SCENE_REPAIRED_RID_ID,
        .transport_cc = SCENE_TRANSPORT_ID,
        .abs_send_time = SCENE_ABS_SEND_ID,
        .audio_level = SCENE_LEVEL_ID,
    };
    struct media_track track = shape_track(kind, codec, &extensions);

    if (kind != MEDIA_AUDIO)
        track.extensions.audio_level = 0;
    return track;
}

/* ---- publisher ---- */

static void note_nacks(struct publisher *publisher, const struct rtcp_feedback *feedback)
{
    struct rtcp_nack_iterator iterator;
    uint16_t seq;

    publisher->nack_packets++;
    rtcp_nack_iterator_init(&iterator, feedback);
    while (rtcp_nack_iterator_next(&iterator, &seq)) {
        if (publisher->nacked_count < SCENE_MAX_NACKS)
            publisher->nacked[publisher->nacked_count++] = seq;
    }
}

static void note_pauses(struct publisher *publisher, const struct rtcp_feedback *feedback)
{
    struct rtcp_pause_iterator iterator;
    struct rtcp_pause_entry entry;

    rtcp_pause_iterator_init(&iterator, feedback);
    while (rtcp_pause_iterator_next(&iterator, &entry)) {
        uint64_t bit = UINT64_C(1) << (entry.target_ssrc & 63);

        publisher->last_pause_id = entry.pause_id;
        if (entry.type == RTCP_PAUSE) {
            publisher->pauses++;
            publisher->paused |= bit;
        } else {
            publisher->resumes++;
            publisher->paused &= ~bit;
            publisher->last_resume_us = publisher->scene->now_us;
        }
    }
    if (iterator.failed)
        abort();
}

static void note_feedback(struct publisher *publisher, const struct rtcp_packet *packet)
{
    struct rtcp_feedback feedback;
    struct transport_feedback transport;

    if (rtcp_parse_feedback(packet, &feedback) < 0)
        abort();
    if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_NACK) {
        note_nacks(publisher, &feedback);
    } else if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_TRANSPORT_CC) {
        if (transport_feedback_parse(&feedback, &transport) < 0)
            abort();
        publisher->feedbacks++;
        publisher->feedback_media_ssrc = feedback.media_ssrc;
    } else if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_PAUSE) {
        note_pauses(publisher, &feedback);
    } else if (feedback.format == RTCP_PSFB_PLI) {
        publisher->plis++;
        publisher->last_keyframe_request_us = publisher->scene->now_us;
        publisher->last_keyframe_ssrc = feedback.media_ssrc;
    } else if (feedback.format == RTCP_PSFB_FIR) {
        publisher->firs++;
        publisher->last_keyframe_request_us = publisher->scene->now_us;
        publisher->last_keyframe_ssrc = rtcp_fir_get(&feedback, 0).ssrc;
    }
}

static void on_publisher_rtcp(void *user, uint8_t *data, size_t len)
{
    struct publisher *publisher = user;
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    size_t count;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type == RTCP_RR) {
            if (rtcp_parse_report_blocks(&packet, blocks, &count) < 0)
                abort();
            if (count > 0) {
                publisher->received_reports++;
                publisher->last_block = blocks[0];
                publisher->last_of_blocks = blocks[count - 1];
            }
        } else if (packet.type == RTCP_RTPFB || packet.type == RTCP_PSFB) {
            note_feedback(publisher, &packet);
        }
    }
    if (iterator.failed)
        abort();
    memset(data, 0xee, len + 32); /* it is ours now: encryption would do the like */
}

static void on_publisher_active(void *user, bool active)
{
    struct publisher *publisher = user;
    publisher->active = active;
    publisher->active_events++;
}

int publisher_create(struct publisher *publisher, struct scene *scene, const char *source,
    const struct media_track *tracks, size_t track_count)
{
    memset(publisher, 0, sizeof(*publisher));
    publisher->scene = scene;
    struct stream_params params = {
        .lesson = "lesson",
        .source = source,
        .tracks = tracks,
        .track_count = track_count,
        .send_rtcp = on_publisher_rtcp,
        .on_active = on_publisher_active,
        .user = publisher,
    };
    return stream_create(scene->router, &params, scene->now_us, &publisher->stream);
}

void publisher_destroy(struct publisher *publisher)
{
    stream_destroy(publisher->stream);
    publisher->stream = NULL;
}

static void add_text(struct rtp_extension_builder *builder, uint8_t id, const char *text)
{
    if (text == NULL)
        return;
    uint8_t *value = rtp_extension_add(builder, id, strlen(text));
    if (value == NULL)
        abort();
    memcpy(value, text, strlen(text));
}

void publisher_send(struct publisher *publisher, const struct scene_rtp *rtp)
{
    uint8_t data[1600];
    struct rtp_extension_builder builder;
    struct rtp_header header = {
        .payload_type = rtp->payload_type,
        .marker = rtp->marker,
        .has_extension = true,
        .sequence_number = rtp->sequence_number,
        .timestamp = rtp->timestamp_rtp,
        .ssrc = rtp->ssrc,
    };

    rtp_write_header(data, &header);
    rtp_extension_begin(&builder, data + RTP_HEADER_BYTES, 100);
    uint8_t *value = rtp_extension_add(&builder, SCENE_TRANSPORT_ID, 2);
    bytes_put_u16(value, publisher->transport_sequence++);
    add_text(&builder, SCENE_MID_ID, rtp->mid);
    add_text(&builder, SCENE_RID_ID, rtp->rid);
    add_text(&builder, SCENE_REPAIRED_RID_ID, rtp->repaired_rid);
    if (rtp->has_level)
        *rtp_extension_add(&builder, SCENE_LEVEL_ID, 1) = rtp->level;
    size_t len = RTP_HEADER_BYTES + rtp_extension_end(&builder);
    if (rtp->payload_bytes > 0)
        memcpy(data + len, rtp->payload, rtp->payload_bytes);
    len += rtp->payload_bytes;
    if (rtp->padding_bytes > 0) {
        memset(data + len, 0, rtp->padding_bytes);
        len += rtp->padding_bytes;
        data[len - 1] = rtp->padding_bytes;
        data[0] |= 0x20;
    }
    stream_receive_rtp(publisher->stream, data, len, publisher->scene->now_us);
    scene_fan_out(publisher->scene);
}

void publisher_report(
    struct publisher *publisher, uint32_t ssrc, uint64_t ntp, uint32_t timestamp_rtp)
{
    uint8_t data[200];
    struct byte_writer writer;
    struct rtcp_sender_info info = {.ssrc = ssrc, .ntp = ntp, .timestamp_rtp = timestamp_rtp};

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_sr(&writer, &info, NULL, 0);
    rtcp_write_sdes(&writer, &ssrc, 1, "publisher");
    stream_receive_rtcp(publisher->stream, data, writer.len, publisher->scene->now_us);
}

void publisher_answer_pause(struct publisher *publisher, uint32_t ssrc, bool refused)
{
    uint8_t data[100];
    struct byte_writer writer;
    struct rtcp_pause_entry entry = {.target_ssrc = ssrc,
        .type = refused ? RTCP_REFUSED : RTCP_PAUSED,
        .pause_id = publisher->last_pause_id};

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, ssrc, NULL, 0);
    rtcp_write_pause(&writer, ssrc, &entry);
    stream_receive_rtcp(publisher->stream, data, writer.len, publisher->scene->now_us);
}

/* ---- encoder ---- */

#define PAYLOAD_BYTES 200

static void encoder_packet(struct encoder *encoder, uint8_t *payload, unsigned index, bool marker)
{
    bytes_put_u32(payload + PAYLOAD_BYTES - 6, encoder->frame);
    bytes_put_u16(payload + PAYLOAD_BYTES - 2, (uint16_t)index);
    struct scene_rtp rtp = {
        .payload_type = encoder->payload_type,
        .marker = marker,
        .sequence_number = encoder->sequence_number++,
        .timestamp_rtp = encoder->timestamp_rtp,
        .ssrc = encoder->ssrc,
        .mid = encoder->mid,
        .rid = encoder->rid,
        .payload = payload,
        .payload_bytes = PAYLOAD_BYTES,
    };
    if (index < encoder->first_loss || index >= encoder->last_loss)
        publisher_send(encoder->publisher, &rtp);
}

static void h264_frame(struct encoder *encoder, bool keyframe, unsigned packets)
{
    uint8_t payload[PAYLOAD_BYTES] = {0};
    unsigned index = 0;

    if (keyframe) {
        payload[0] = 0x67;
        encoder_packet(encoder, payload, index++, false);
        payload[0] = 0x68;
        encoder_packet(encoder, payload, index++, false);
    }
    for (unsigned i = 0; i < packets; i++) {
        payload[0] = 0x7c; /* FU-A */
        payload[1] = (uint8_t)((keyframe ? 5 : 1) | (i == 0 ? 0x80 : 0) |
                               (i == packets - 1 && packets > 1 ? 0x40 : 0));
        payload[2] = i == 0 ? 0x88 : 0x00;
        encoder_packet(encoder, payload, index++, i == packets - 1);
    }
}

static void vp8_frame(struct encoder *encoder, bool keyframe, unsigned packets)
{
    for (unsigned i = 0; i < packets; i++) {
        uint8_t payload[PAYLOAD_BYTES] = {
            (uint8_t)(0x80 | (i == 0 ? 0x10 : 0)), 0x80 /* picture id */};
        bytes_put_u16(payload + 2, 0x8000 | encoder->picture_id);
        payload[4] = keyframe ? 0x10 : 0x11; /* P bit */
        if (keyframe && i == 0) {
            static const uint8_t start[] = {0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01};
            memcpy(payload + 7, start, sizeof(start));
            if (encoder->width != 0) {
                payload[10] = (uint8_t)encoder->width;
                payload[11] = (uint8_t)(encoder->width >> 8);
            }
        }
        encoder_packet(encoder, payload, i, i == packets - 1);
    }
    encoder->picture_id = (encoder->picture_id + 1) & 0x7fff;
}

void encoder_frame(struct encoder *encoder, bool keyframe, unsigned packets, uint32_t ticks)
{
    uint8_t opus[PAYLOAD_BYTES] = {0x78};

    switch (encoder->codec) {
    case MEDIA_CODEC_H264:
        h264_frame(encoder, keyframe, packets);
        break;
    case MEDIA_CODEC_VP8:
        vp8_frame(encoder, keyframe, packets);
        break;
    default:
        encoder_packet(encoder, opus, 0, false);
        break;
    }
    encoder->first_loss = 0;
    encoder->last_loss = 0;
    encoder->frame++;
    encoder->timestamp_rtp += ticks;
}

void encoder_run(struct encoder *encoder, bool keyframe, uint64_t us)
{
    struct scene *scene = encoder->publisher->scene;
    uint64_t end_us = scene->now_us + us;
    uint64_t start_us = scene->now_us;

    for (uint64_t i = 0; start_us + i * US_PER_S / 30 < end_us; i++) {
        uint64_t at_us = start_us + i * US_PER_S / 30;
        scene_advance(scene, at_us - scene->now_us);
        encoder_frame(encoder, keyframe && i == 0, keyframe && i == 0 ? 10 : 3, 3000);
    }
    scene_advance(scene, end_us - scene->now_us);
}
