/*
 * What routing alone costs per forwarded packet: one 720p-like publisher (1.6 Mbit/s, 1200-byte
 * packets), N viewers, no encryption and no socket. Prints JSON; passes no judgement.
 */
#include "common/clock.h"
#include "relay/routing/router.h"
#include "relay/wire/rtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_PACKETS 6
#define PACKET_BYTES  1200

static uint64_t sent;

static int count_rtp(void *user, const struct rtp_pieces *pieces)
{
    sent++;
    return 0;
}

static void ignore_rtcp(void *user, uint8_t *packet, size_t len)
{
}

static struct media_track make_track(void)
{
    struct media_track track = {
        .kind = MEDIA_VIDEO,
        .mid = "1",
        .codec_count = 1,
        .extensions = {.mid = 1, .transport_cc = 2, .abs_send_time = 3},
    };
    track.codecs[0] = (struct media_codec){.id = MEDIA_CODEC_H264,
        .name = "H264",
        .clock_rate = 90000,
        .payload_type = 96,
        .rtx_payload_type = 97,
        .has_rtx = true,
        .nack = true,
        .pli = true,
        .h264_packetization_mode = 1,
        .h264_profile_level_id = 0x42e01f};
    return track;
}

static void send_frame(struct stream *stream, unsigned frame, uint64_t now_us)
{
    static uint16_t sequence_number;
    uint8_t data[PACKET_BYTES] = {0};

    for (unsigned i = 0; i < FRAME_PACKETS; i++) {
        struct rtp_header header = {.payload_type = 96,
            .marker = i == FRAME_PACKETS - 1,
            .sequence_number = sequence_number++,
            .timestamp = frame * 3000,
            .ssrc = 7};
        rtp_write_header(data, &header);
        data[RTP_HEADER_BYTES] = frame % 60 == 0 && i == 0 ? 0x67 : 0x41;
        data[RTP_HEADER_BYTES + 1] = 0x42;
        stream_receive_rtp(stream, data, sizeof(data), now_us);
    }
}

static double measure(struct router *router, struct stream *stream, unsigned frames)
{
    static unsigned frame;
    static uint64_t now_us = 100 * US_PER_S;
    uint64_t start_us = clock_now_us();

    sent = 0;
    for (unsigned i = 0; i < frames; i++, frame++) {
        now_us += US_PER_S / 30;
        send_frame(stream, frame, now_us);
        router_fan_out(router, SIZE_MAX, now_us);
        router_tick(router, now_us, now_us);
    }
    return (double)(clock_now_us() - start_us) * 1000.0 / (double)(sent > 0 ? sent : 1);
}

static void run(unsigned viewers, unsigned frames)
{
    struct subscriber **subscribers = calloc(viewers, sizeof(subscribers[0]));
    struct media_track track = make_track();
    struct stream_params params = {
        .lesson = "l", .source = "s", .tracks = &track, .track_count = 1};
    struct subscriber_slot_params slot = {&track, "s"};
    struct subscriber_params viewer = {.lesson = "l",
        .cname = "c",
        .slots = &slot,
        .slot_count = 1,
        .send_rtp = count_rtp,
        .send_rtcp = ignore_rtcp};
    struct router *router;
    struct stream *stream;

    if (subscribers == NULL || router_create(NULL, &router) < 0 ||
        stream_create(router, &params, US_PER_S, &stream) < 0)
        abort();
    track.send_ssrc = 1;
    track.send_rtx_ssrc = 2;
    for (unsigned i = 0; i < viewers; i++) {
        if (subscriber_create(router, &viewer, US_PER_S, &subscribers[i]) < 0)
            abort();
        subscriber_start(subscribers[i], US_PER_S);
    }
    measure(router, stream, 60);
    double ns = measure(router, stream, frames);
    printf("{\"viewers\": %u, \"packets\": %llu, \"ns_per_packet\": %.1f}\n", viewers,
        (unsigned long long)sent, ns);

    for (unsigned i = 0; i < viewers; i++)
        subscriber_destroy(subscribers[i]);
    stream_destroy(stream);
    router_destroy(router);
    free(subscribers);
}

int main(void)
{
    run(1, 20000);
    run(30, 3000);
    run(300, 600);
    run(1000, 300);
    return 0;
}
