#include "tests/support/network/lesson_model.h"

#include "common/bytes.h"
#include "common/red.h"
#include "relay/wire/rtcp.h"
#include "tests/support/media_shapes.h"

#include <stdlib.h>
#include <string.h>

#define TICK_US (10 * US_PER_MS)
#define WALL_US (UINT64_C(1790000000) * US_PER_S)

#define MID_ID           1
#define RID_ID           2
#define VIDEO_TYPE       96
#define VIDEO_RTX_TYPE   97
#define OPUS_TYPE        111
#define OPUS_RTX_TYPE    112
#define RED_TYPE         63
#define AUDIO_SSRC       7
#define VIDEO_SSRC       11 /* + rank */
#define KEYFRAME_WEIGHT  5
#define KEYFRAME_FRAMES  60 /* from one to the next */
#define OPUS_FRAME_BYTES (LESSON_MODEL_AUDIO_BPS / 8 / 50)

const char *const lesson_model_rids[LESSON_MODEL_LAYERS] = {"h", "m", "l"};
const uint32_t lesson_model_layer_bps[LESSON_MODEL_LAYERS] = {1800000, 600000, 180000};

static struct media_codec h264(void)
{
    struct media_codec codec = shape_h264(VIDEO_TYPE, VIDEO_RTX_TYPE, 0x42e01f);

    codec.transport_cc = true;
    return codec;
}

static struct media_codec opus(void)
{
    struct media_codec codec = shape_opus(OPUS_TYPE);

    codec.rtx_payload_type = OPUS_RTX_TYPE;
    codec.has_rtx = true;
    codec.red_payload_type = RED_TYPE;
    codec.has_red = true;
    codec.nack = true;
    codec.transport_cc = true;
    return codec;
}

struct media_track lesson_model_viewer_track(enum media_kind kind)
{
    static const struct media_extensions extensions = {
        .mid = MID_ID, .transport_cc = LESSON_MODEL_TRANSPORT_ID};
    struct media_codec codec = kind == MEDIA_VIDEO ? h264() : opus();

    return shape_track(kind, &codec, &extensions);
}

static struct media_track publisher_track(enum media_kind kind, size_t layers)
{
    struct media_track track = lesson_model_viewer_track(kind);

    track.extensions = (struct media_extensions){.mid = MID_ID};
    if (kind == MEDIA_AUDIO)
        return track;
    track.extensions.rid = RID_ID;
    track.rid_count = layers;
    for (size_t i = 0; i < layers; i++)
        strcpy(track.rids[i], lesson_model_rids[i]);
    return track;
}

/* ---- what the relay asks for ---- */

static void want_keyframe(struct lesson_model *lesson, uint32_t ssrc)
{
    if (ssrc < VIDEO_SSRC || ssrc >= VIDEO_SSRC + LESSON_MODEL_LAYERS)
        return;
    lesson->layers[ssrc - VIDEO_SSRC].keyframe_wanted = true;
    lesson->keyframe_requests++;
}

static void on_rtcp(void *user, uint8_t *data, size_t len)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_feedback feedback;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type != RTCP_PSFB || rtcp_parse_feedback(&packet, &feedback) < 0)
            continue;
        if (feedback.format == RTCP_PSFB_PLI)
            want_keyframe(user, feedback.media_ssrc);
        else if (feedback.format == RTCP_PSFB_FIR)
            want_keyframe(user, rtcp_fir_get(&feedback, 0).ssrc);
    }
}

static void on_active(void *user, bool active)
{
    (void)user;
    (void)active;
}

/* ---- packets ---- */

static uint32_t next_random(struct lesson_model *lesson)
{
    lesson->random ^= lesson->random << 13;
    lesson->random ^= lesson->random >> 7;
    lesson->random ^= lesson->random << 17;
    return (uint32_t)(lesson->random >> 32);
}

static void add_text(struct rtp_extension_builder *builder, uint8_t id, const char *text)
{
    uint8_t *value = rtp_extension_add(builder, id, strlen(text));

    if (value == NULL)
        abort();
    memcpy(value, text, strlen(text));
}

static void send(struct lesson_model *lesson, const struct rtp_header *header, const char *rid,
    const uint8_t *payload, size_t payload_bytes)
{
    uint8_t data[1500];
    struct rtp_extension_builder builder;

    rtp_write_header(data, header);
    rtp_extension_begin(&builder, data + RTP_HEADER_BYTES, 100);
    add_text(&builder, MID_ID, rid != NULL ? "1" : "0");
    if (rid != NULL)
        add_text(&builder, RID_ID, rid);
    size_t len = RTP_HEADER_BYTES + rtp_extension_end(&builder);
    memcpy(data + len, payload, payload_bytes);
    stream_receive_rtp(lesson->stream, data, len + payload_bytes, lesson->now_us);
}

static void send_video(struct lesson_model *lesson, size_t rank, const uint8_t *payload,
    size_t payload_bytes, bool marker)
{
    struct lesson_model_layer *layer = &lesson->layers[rank];
    struct rtp_header header = {
        .payload_type = VIDEO_TYPE,
        .marker = marker,
        .has_extension = true,
        .sequence_number = layer->sequence_number++,
        .timestamp = layer->timestamp_rtp,
        .ssrc = VIDEO_SSRC + (uint32_t)rank,
    };

    send(lesson, &header, lesson_model_rids[rank], payload, payload_bytes);
}

static void send_parameter_sets(struct lesson_model *lesson, size_t rank)
{
    static const uint8_t sps[] = {0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16};
    static const uint8_t pps[] = {0x68, 0xce, 0x3c, 0x80};

    send_video(lesson, rank, sps, sizeof(sps), false);
    send_video(lesson, rank, pps, sizeof(pps), false);
}

/* FU-A fragments (RFC 6184 section 5.8) of one slice. */
static void send_slice(struct lesson_model *lesson, size_t rank, bool keyframe, size_t bytes)
{
    uint8_t payload[LESSON_MODEL_PAYLOAD_BYTES] = {0x7c};
    bool start = true;

    while (bytes > 0) {
        size_t part = bytes < sizeof(payload) - 2 ? bytes : sizeof(payload) - 2;

        bytes -= part;
        payload[1] = (uint8_t)((keyframe ? 5 : 1) | (start ? 0x80 : 0) | (bytes == 0 ? 0x40 : 0));
        payload[2] = start ? 0x88 : 0x00; /* first macroblock 0 */
        send_video(lesson, rank, payload, part + 2, bytes == 0);
        start = false;
    }
}

/* 70 to 130% of the mean, a keyframe five times of it; the bitrate holds over two seconds. */
static void send_frame(struct lesson_model *lesson, size_t rank)
{
    struct lesson_model_layer *layer = &lesson->layers[rank];
    uint64_t period_bytes =
        (uint64_t)lesson_model_layer_bps[rank] / 8 * KEYFRAME_FRAMES / LESSON_MODEL_FPS;
    size_t bytes = period_bytes / (KEYFRAME_FRAMES - 1 + KEYFRAME_WEIGHT) *
                   (70 + next_random(lesson) % 61) / 100;
    bool keyframe = layer->keyframe_wanted || layer->frames_since_keyframe + 1 >= KEYFRAME_FRAMES;

    layer->frames_since_keyframe = keyframe ? 0 : layer->frames_since_keyframe + 1;
    layer->keyframe_wanted = false;
    if (keyframe)
        send_parameter_sets(lesson, rank);
    send_slice(lesson, rank, keyframe, keyframe ? bytes * KEYFRAME_WEIGHT : bytes);
    layer->timestamp_rtp += 90000 / LESSON_MODEL_FPS;
}

/* One earlier frame in front (RFC 2198). */
static void send_audio(struct lesson_model *lesson)
{
    uint8_t frame[OPUS_FRAME_BYTES] = {0x78};
    uint8_t payload[2 * OPUS_FRAME_BYTES + 16];
    struct red_source primary = {.data = frame, .bytes = sizeof(frame)};
    struct red_source earlier = primary;
    struct rtp_header header = {
        .payload_type = RED_TYPE,
        .has_extension = true,
        .sequence_number = lesson->audio_sequence++,
        .timestamp = lesson->audio_timestamp_rtp,
        .ssrc = AUDIO_SSRC,
    };

    earlier.timestamp_offset = LESSON_MODEL_AUDIO_TICKS;
    int bytes = red_write(OPUS_TYPE, &earlier, 1, &primary, payload, sizeof(payload));
    if (bytes < 0)
        abort();
    send(lesson, &header, NULL, payload, (size_t)bytes);
    lesson->audio_timestamp_rtp += LESSON_MODEL_AUDIO_TICKS;
}

/* ---- the clock ---- */

static void fan_out(struct lesson_model *lesson)
{
    if (router_fan_out(lesson->router, SIZE_MAX, lesson->now_us))
        abort();
}

void lesson_model_step(struct lesson_model *lesson)
{
    bool sent = false;

    lesson->now_us += LESSON_MODEL_STEP_US;
    if (lesson->now_us >= lesson->next_audio_us) {
        send_audio(lesson);
        lesson->next_audio_us += 20 * US_PER_MS;
        sent = true;
    }
    if (lesson->now_us >= lesson->next_frame_us) {
        for (size_t rank = 0; rank < lesson->layer_count; rank++)
            send_frame(lesson, rank);
        lesson->frames++;
        lesson->next_frame_us =
            LESSON_MODEL_START_US + lesson->frames * US_PER_S / LESSON_MODEL_FPS;
        sent = true;
    }
    if (sent)
        fan_out(lesson);
    if (lesson->now_us >= lesson->next_tick_us) {
        router_tick(lesson->router, lesson->now_us, WALL_US + lesson->now_us);
        fan_out(lesson);
        lesson->next_tick_us += TICK_US;
    }
}

void lesson_model_init_with(struct lesson_model *lesson, size_t layers, uint64_t seed)
{
    struct media_track tracks[] = {
        publisher_track(MEDIA_AUDIO, 0), publisher_track(MEDIA_VIDEO, layers)};
    struct stream_params params = {
        .lesson = LESSON_MODEL_NAME,
        .source = LESSON_MODEL_SOURCE,
        .tracks = tracks,
        .track_count = 2,
        .send_rtcp = on_rtcp,
        .on_active = on_active,
        .user = lesson,
    };

    memset(lesson, 0, sizeof(*lesson));
    lesson->layer_count = layers;
    lesson->now_us = lesson->next_frame_us = lesson->next_audio_us = LESSON_MODEL_START_US;
    lesson->next_tick_us = LESSON_MODEL_START_US;
    lesson->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < LESSON_MODEL_LAYERS; i++)
        lesson->layers[i].keyframe_wanted = true;
    if (router_create(NULL, &lesson->router) < 0 ||
        stream_create(lesson->router, &params, lesson->now_us, &lesson->stream) < 0)
        abort();
    router_tick(lesson->router, lesson->now_us, WALL_US + lesson->now_us);
}

void lesson_model_init(struct lesson_model *lesson, uint64_t seed)
{
    lesson_model_init_with(lesson, LESSON_MODEL_LAYERS, seed);
}

void lesson_model_finish(struct lesson_model *lesson)
{
    stream_destroy(lesson->stream);
    router_destroy(lesson->router);
}
