/*
 * A publisher and a viewer that are authenticated and hostile: any RTP and RTCP from either, in any
 * order and time. The input is a list of steps: one byte what, two bytes length, then that many bytes
 * (for a step of time: milliseconds in place of the length).
 *
 *   0 RTP, 1 RTCP of the publisher, 2 RTCP of the viewer, 3 time, 4 another source, 5 published anew
 */
#include "common/bytes.h"
#include "common/clock.h"
#include "relay/routing/router.h"

#include <stdlib.h>
#include <string.h>

#define STEPS      6
#define MAX_STEPS  2000
#define MAX_PACKET 1500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stage {
    struct router *router;
    struct stream *stream;
    struct subscriber *subscriber;
    struct media_track tracks[2];
    uint64_t now_us;
};

static uint8_t mix(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum ^= data[i];
    return sum;
}

/* Every byte is read and counts, so that an uninitialised or foreign one is found. */
static int send_rtp(void *user, const struct rtp_pieces *pieces)
{
    uint8_t sum = mix(pieces->header, pieces->header_bytes) ^
                  mix(pieces->prefix, pieces->prefix_bytes) ^
                  mix(pieces->payload, pieces->payload_bytes);
    bool sound = pieces->header[0] == 0x80 || pieces->header[0] == 0x90;

    return sound && sum != 0xa5 ? 0 : -1;
}

static void send_rtcp(void *user, uint8_t *packet, size_t len)
{
    memset(packet, 0xaa, len + 32);
}

static void on_event(void *user, enum subscriber_event event, size_t slot)
{
}

static void on_active(void *user, bool active)
{
}

static void make_tracks(struct media_track tracks[2])
{
    memset(tracks, 0, 2 * sizeof(tracks[0]));
    tracks[0] = (struct media_track){
        .kind = MEDIA_VIDEO,
        .mid = "1",
        .codec_count = 2,
        .extensions = {1, 2, 3, 4, 5, 0},
        .rids = {"h", "l"},
        .rid_count = 2,
        .send_ssrc = 1,
        .send_rtx_ssrc = 2,
        .codecs = {{.id = MEDIA_CODEC_H264,
                       .name = "H264",
                       .clock_rate = 90000,
                       .payload_type = 96,
                       .rtx_payload_type = 97,
                       .has_rtx = true,
                       .nack = true,
                       .pli = true,
                       .pause = true,
                       .h264_packetization_mode = 1},
            {.id = MEDIA_CODEC_VP8,
                .name = "VP8",
                .clock_rate = 90000,
                .payload_type = 98,
                .nack = true,
                .fir = true}},
    };
    tracks[1] = (struct media_track){
        .kind = MEDIA_AUDIO,
        .mid = "0",
        .codec_count = 1,
        .extensions = {1, 0, 0, 4, 5, 6},
        .ssrc = 3,
        .send_ssrc = 4,
        .codecs = {{.id = MEDIA_CODEC_OPUS,
            .name = "opus",
            .clock_rate = 48000,
            .channels = 2,
            .payload_type = 111}},
    };
}

static void publish(struct stage *stage)
{
    struct stream_params params = {.lesson = "l",
        .source = "s",
        .tracks = stage->tracks,
        .track_count = 2,
        .send_rtcp = send_rtcp,
        .on_active = on_active};
    if (stream_create(stage->router, &params, stage->now_us, &stage->stream) < 0)
        abort();
}

static void open_stage(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    make_tracks(stage->tracks);
    stage->now_us = 100 * US_PER_S;
    if (router_create(NULL, &stage->router) < 0)
        abort();
    publish(stage);

    struct subscriber_slot_params slots[] = {{&stage->tracks[0], "s"}, {&stage->tracks[1], "s"}};
    struct subscriber_params params = {.lesson = "l",
        .cname = "c",
        .slots = slots,
        .slot_count = 2,
        .send_rtp = send_rtp,
        .send_rtcp = send_rtcp,
        .on_event = on_event};
    if (subscriber_create(stage->router, &params, stage->now_us, &stage->subscriber) < 0)
        abort();
    subscriber_start(stage->subscriber, stage->now_us);
}

static void step(struct stage *stage, unsigned what, const uint8_t *data, size_t len)
{
    switch (what) {
    case 0:
        stream_receive_rtp(stage->stream, data, len, stage->now_us);
        router_fan_out(stage->router, SIZE_MAX, stage->now_us);
        break;
    case 1:
        stream_receive_rtcp(stage->stream, data, len, stage->now_us);
        break;
    case 2:
        subscriber_receive_rtcp(stage->subscriber, data, len, stage->now_us);
        break;
    case 4:
        subscriber_set_slot(stage->subscriber, len & 1, len & 2 ? "s" : "", stage->now_us);
        break;
    default:
        stream_destroy(stage->stream);
        publish(stage);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage stage;
    struct byte_reader reader;

    open_stage(&stage);
    byte_reader_init(&reader, data, size);
    for (unsigned i = 0; i < MAX_STEPS && byte_reader_left(&reader) > 0; i++) {
        unsigned what = byte_reader_u8(&reader) % STEPS;
        uint16_t len = byte_reader_u16(&reader);
        if (what == 3) {
            stage.now_us += (uint64_t)len * US_PER_MS;
            router_tick(stage.router, stage.now_us, stage.now_us);
            continue;
        }
        size_t left = byte_reader_left(&reader);
        size_t bytes = len % (MAX_PACKET + 1) < left ? len % (MAX_PACKET + 1) : left;
        const uint8_t *packet = byte_reader_bytes(&reader, bytes);
        step(&stage, what, packet, what < 3 ? bytes : len);
    }
    json_decref(router_stats(stage.router, 10, stage.now_us));
    subscriber_destroy(stage.subscriber);
    stream_destroy(stage.stream);
    router_destroy(stage.router);
    return 0;
}
