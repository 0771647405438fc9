/*
 * What a forwarded packet costs without a socket: one publisher of 8 packets a frame, 1200 bytes each, N
 * viewers; routing alone, and with each profile's encryption, a key per viewer, each packet copied once
 * more as the kernel would, so that the near caches are as they are in life. The least of several rounds of processor time is printed, so that other work on the machine counts little. JSON, a line per
 * case; passes no judgement.
 */
#include "common/clock.h"
#include "common/random.h"
#include "relay/routing/router.h"
#include "relay/transport/srtp_sender.h"
#include "relay/transport/transport.h"
#include "relay/wire/rtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAME_PACKETS 8
#define PACKET_BYTES  1200
#define ROUNDS        15
#define ROUND_FRAMES  30

/* As the shell's arena: it is filled from the start again when it is full. */
static uint8_t arena[256 * 1024];
static size_t used;
/* What the kernel's packets take until they are received. */
static uint8_t kernel[8 * 1024 * 1024];
static size_t taken;
static uint64_t sent;

static uint64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* user: the viewer's srtp_sender, or NULL. */
static int take_rtp(void *user, const struct rtp_pieces *pieces)
{
    size_t len = 0;

    sent++;
    if (user == NULL)
        return 0;
    if (used + PACKET_BYTES + 200 > sizeof(arena)) {
        memcpy(kernel + taken, arena, used);
        taken = (taken + sizeof(arena)) % sizeof(kernel);
        used = 0;
    }
    if (srtp_sender_protect(user, pieces, arena + used, &len) < 0)
        abort();
    used += len;
    return 0;
}

static struct srtp_sender *make_sender(enum srtp_profile profile)
{
    struct srtp_material material = {.profile = profile};
    struct srtp_sender *sender = NULL;

    random_bytes(material.keys, sizeof(material.keys));
    if (profile != SRTP_PROFILE_NONE && srtp_sender_create(&material, &sender) < 0)
        abort();
    return sender;
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
        .transport_cc = true,
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

static double measure(struct router *router, struct stream *stream)
{
    static unsigned frame;
    static uint64_t now_us = 100 * US_PER_S;
    double least = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start_ns = cpu_ns();
        double ns;

        sent = 0;
        for (unsigned i = 0; i < ROUND_FRAMES; i++, frame++) {
            now_us += US_PER_S / 30;
            send_frame(stream, frame, now_us);
            router_fan_out(router, SIZE_MAX, now_us);
            router_tick(router, now_us, now_us);
        }
        ns = (double)(cpu_ns() - start_ns) / (double)(sent > 0 ? sent : 1);
        if (round > 1 && (least == 0 || ns < least))
            least = ns;
    }
    return least;
}

static void run(unsigned viewers, enum srtp_profile profile)
{
    struct subscriber **subscribers = calloc(viewers, sizeof(subscribers[0]));
    struct srtp_sender **senders = calloc(viewers, sizeof(senders[0]));
    struct media_track track = make_track();
    struct stream_params params = {
        .lesson = "l", .source = "s", .tracks = &track, .track_count = 1};
    struct subscriber_slot_params slot = {&track, "s"};
    struct subscriber_params viewer = {.lesson = "l",
        .cname = "c",
        .slots = &slot,
        .slot_count = 1,
        .send_rtp = take_rtp,
        .send_rtcp = ignore_rtcp};
    struct router *router;
    struct stream *stream;

    if (subscribers == NULL || senders == NULL || router_create(NULL, &router) < 0 ||
        stream_create(router, &params, US_PER_S, &stream) < 0)
        abort();
    track.send_ssrc = 1;
    track.send_rtx_ssrc = 2;
    for (unsigned i = 0; i < viewers; i++) {
        senders[i] = make_sender(profile);
        viewer.user = senders[i];
        if (subscriber_create(router, &viewer, US_PER_S, &subscribers[i]) < 0)
            abort();
        subscriber_start(subscribers[i], US_PER_S);
    }
    printf("{\"viewers\": %u, \"profile\": \"%s\", \"ns_per_packet\": %.0f}\n", viewers,
        srtp_profile_name(profile), measure(router, stream));
    fflush(stdout);

    for (unsigned i = 0; i < viewers; i++) {
        subscriber_destroy(subscribers[i]);
        srtp_sender_destroy(senders[i]);
    }
    stream_destroy(stream);
    router_destroy(router);
    free(subscribers);
    free(senders);
}

int main(void)
{
    static const unsigned viewers[] = {10, 300, 750};
    static const enum srtp_profile profiles[] = {
        SRTP_PROFILE_NONE, SRTP_PROFILE_AEAD_AES_128_GCM, SRTP_PROFILE_AES128_CM_SHA1_80};

    for (size_t i = 0; i < sizeof(viewers) / sizeof(viewers[0]); i++) {
        for (size_t p = 0; p < sizeof(profiles) / sizeof(profiles[0]); p++)
            run(viewers[i], profiles[p]);
    }
    return 0;
}
