#define _GNU_SOURCE
#include "tests/bench/load/publisher.h"

#include "common/clock.h"
#include "common/random.h"
#include "relay/transport/address.h"
#include "relay/wire/rtcp.h"
#include "relay/wire/rtp.h"
#include "tests/bench/load/check_reply.h"
#include "tests/bench/load/descriptions.h"
#include "tests/bench/load/http_poster.h"
#include "tests/bench/load/srtp_evp.h"
#include "tests/bench/load/trace.h"
#include "tests/support/peer_client.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES       1400
#define KEPT_PACKETS       1024 /* for NACKs; a power of two */
#define MAX_REQUESTS       1000 /* times kept */
#define CONNECT_TIMEOUT_US (10 * US_PER_S)
#define REPORT_US          US_PER_S
#define TICK_US            (10 * US_PER_MS)

struct kept_packet {
    size_t len; /* 0 = none */
    uint16_t sequence_number;
    uint8_t data[PACKET_BYTES];
};

struct sender {
    uint32_t ssrc;
    uint64_t index; /* of the next packet */
    uint32_t packets;
    uint32_t octets;
    uint32_t last_timestamp;
};

struct publisher {
    const struct publisher_params *params; /* borrowed */
    struct peer_context *context;          /* owned, as the next four */
    struct peer_client *peer;
    struct http_poster *poster;
    struct srtp_evp *outbound;
    char *location;

    enum srtp_evp_profile profile;
    struct trace trace;
    struct sender video, audio;
    uint64_t requests_us[MAX_REQUESTS]; /* PLI and FIR */
    uint64_t request_count;
    uint64_t nacked;
    uint64_t resent;
    uint64_t send_failed;
    uint64_t late_us; /* the furthest that a unit was sent behind its time */
    uint16_t transport_sequence;
    struct net_address remote;
    int status; /* of the POST; -1 = none yet */
    int fd;
    struct kept_packet kept[KEPT_PACKETS]; /* video, by sequence number */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void send_datagram(void *user, const uint8_t *data, size_t len)
{
    struct publisher *publisher = user;

    if (publisher->fd >= 0 && send(publisher->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        publisher->send_failed++;
}

/* ---- what the relay asks ---- */

static void resend(struct publisher *publisher, const struct rtcp_feedback *feedback)
{
    struct rtcp_nack_iterator iterator;
    uint16_t number;

    rtcp_nack_iterator_init(&iterator, feedback);
    while (rtcp_nack_iterator_next(&iterator, &number)) {
        const struct kept_packet *kept = &publisher->kept[number % KEPT_PACKETS];

        publisher->nacked++;
        if (feedback->media_ssrc != publisher->video.ssrc || kept->len == 0 ||
            kept->sequence_number != number)
            continue;
        publisher->resent++;
        send_datagram(publisher, kept->data, kept->len);
    }
}

static void receive_rtcp(void *user, const uint8_t *data, size_t len)
{
    struct publisher *publisher = user;
    struct rtcp_iterator iterator;
    struct rtcp_feedback feedback;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if ((packet.type != RTCP_PSFB && packet.type != RTCP_RTPFB) ||
            rtcp_parse_feedback(&packet, &feedback) < 0)
            continue;
        if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_NACK)
            resend(publisher, &feedback);
        if (feedback.type != RTCP_PSFB ||
            (feedback.format != RTCP_PSFB_PLI && feedback.format != RTCP_PSFB_FIR))
            continue;
        if (publisher->request_count < MAX_REQUESTS)
            publisher->requests_us[publisher->request_count] = clock_now_us();
        publisher->request_count++;
        trace_request_keyframe(&publisher->trace);
    }
}

static void receive_waiting(struct publisher *publisher)
{
    uint8_t data[2048];
    ssize_t got;

    while ((got = recv(publisher->fd, data, sizeof(data), MSG_DONTWAIT)) > 0) {
        uint8_t reply[STUN_REPLY_BYTES];
        size_t reply_len = check_reply_write(
            data, (size_t)got, peer_client_pwd(publisher->peer), &publisher->remote, reply);

        if (reply_len > 0)
            send_datagram(publisher, reply, reply_len);
        peer_client_receive(publisher->peer, data, (size_t)got, clock_now_us());
    }
}

/* ---- connecting ---- */

static int open_socket(struct publisher *publisher, const struct net_address *remote)
{
    publisher->remote = *remote;
    publisher->fd = socket(remote->u.base.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (publisher->fd < 0 || connect(publisher->fd, &remote->u.base, net_address_len(remote)) < 0)
        return -errno;
    return 0;
}

static void take_answer(void *user, const struct http_reply *reply)
{
    struct publisher *publisher = user;
    struct remote_end remote;

    publisher->status = reply->status;
    if (reply->status != 201) {
        fprintf(
            stderr, "duet-bench: the publisher was answered %d %s\n", reply->status, reply->error);
        return;
    }
    publisher->location = reply->location[0] != '\0' ? strdup(reply->location) : NULL;
    if (descriptions_read_answer(reply->body, &remote) < 0 ||
        peer_client_set_remote(publisher->peer, remote.ufrag, remote.pwd, remote.fingerprint) < 0 ||
        open_socket(publisher, &remote.address) < 0) {
        fprintf(stderr, "duet-bench: the answer to the publisher cannot be used\n");
        publisher->status = 0;
        return;
    }
    if (remote.dtls_client)
        peer_client_set_dtls_server(publisher->peer);
}

static int post_offer(struct publisher *publisher)
{
    const struct offer_params offer = {
        .ufrag = peer_client_ufrag(publisher->peer),
        .pwd = peer_client_pwd(publisher->peer),
        .fingerprint = peer_context_fingerprint(publisher->context),
        .publish = true,
        .video_ssrc = publisher->video.ssrc,
        .audio_ssrc = publisher->audio.ssrc,
    };
    char text[DESCRIPTIONS_OFFER_BYTES];
    int err = descriptions_write_offer(&offer, text);

    publisher->status = -1;
    if (err == 0)
        err = http_poster_offer(
            publisher->poster, publisher->params->url, text, take_answer, publisher);
    while (err == 0 && publisher->status == -1) {
        http_poster_run(publisher->poster);
        clock_sleep_until(clock_now_us() + US_PER_MS);
    }
    return err < 0 ? err : publisher->status == 201 ? 0 : -ECONNREFUSED;
}

static int connect_media(struct publisher *publisher)
{
    uint64_t deadline_us = clock_now_us() + CONNECT_TIMEOUT_US;
    struct peer_keys keys;

    while (peer_client_state(publisher->peer) != PEER_CONNECTED) {
        struct pollfd poller = {.fd = publisher->fd, .events = POLLIN};

        if (clock_now_us() > deadline_us || peer_client_state(publisher->peer) == PEER_CLOSED) {
            fprintf(stderr, "duet-bench: the publisher did not connect: %s\n",
                peer_client_error(publisher->peer));
            return -ETIMEDOUT;
        }
        peer_client_tick(publisher->peer, clock_now_us());
        poll(&poller, 1, 5);
        receive_waiting(publisher);
    }
    if (peer_client_export_keys(publisher->peer, &keys) < 0)
        return -EPROTO;
    publisher->profile = keys.gcm ? SRTP_EVP_GCM : SRTP_EVP_CM;
    return srtp_evp_create(
        publisher->profile, keys.local_key, keys.local_salt, SRTP_EVP_WRITE, &publisher->outbound);
}

static int set_up(struct publisher *publisher)
{
    const struct publisher_params *params = publisher->params;
    struct peer_context_params context = {0};
    struct peer_client_params peer = {
        .send = send_datagram,
        .on_rtcp = receive_rtcp,
        .user = publisher,
    };
    int err = peer_context_create(&context, &publisher->context);

    if (err < 0)
        return err;
    peer.context = publisher->context;
    err = peer_client_create(&peer, &publisher->peer);
    if (err == 0)
        err = http_poster_create(params->token, &publisher->poster);
    if (err == 0)
        err = post_offer(publisher);
    return err < 0 ? err : connect_media(publisher);
}

static void tear_down(struct publisher *publisher)
{
    uint64_t deadline_us = clock_now_us() + US_PER_S;

    if (publisher->location != NULL)
        http_poster_delete(publisher->poster, publisher->location);
    while (publisher->poster != NULL && http_poster_pending(publisher->poster) > 0 &&
           clock_now_us() < deadline_us) {
        http_poster_run(publisher->poster);
        clock_sleep_until(clock_now_us() + US_PER_MS);
    }
    http_poster_destroy(publisher->poster);
    peer_client_destroy(publisher->peer);
    peer_context_destroy(publisher->context);
    srtp_evp_destroy(publisher->outbound);
    free(publisher->location);
    if (publisher->fd >= 0)
        close(publisher->fd);
}

/* ---- sending ---- */

static size_t write_header(struct publisher *publisher, const struct sender *sender,
    const struct trace_unit *unit, bool marker, uint8_t *data)
{
    struct rtp_header header = {
        .payload_type = unit->video ? DESCRIPTIONS_VIDEO_TYPE : DESCRIPTIONS_AUDIO_TYPE,
        .marker = marker,
        .has_extension = true,
        .sequence_number = (uint16_t)sender->index,
        .timestamp = trace_timestamp_rtp(unit),
        .ssrc = sender->ssrc,
    };
    struct rtp_extension_builder builder;
    uint8_t *mid, *sequence, *send_time;

    rtp_write_header(data, &header);
    rtp_extension_begin(&builder, data + RTP_HEADER_BYTES, PACKET_BYTES - RTP_HEADER_BYTES);
    mid = rtp_extension_add(&builder, DESCRIPTIONS_MID, 1);
    sequence = rtp_extension_add(&builder, DESCRIPTIONS_TRANSPORT_CC, RTP_TRANSPORT_SEQUENCE_BYTES);
    send_time = rtp_extension_add(&builder, DESCRIPTIONS_ABS_SEND_TIME, RTP_ABS_SEND_TIME_BYTES);
    *mid = unit->video ? '0' : '1';
    bytes_put_u16(sequence, publisher->transport_sequence++);
    rtp_put_abs_send_time(send_time, clock_now_us());
    return RTP_HEADER_BYTES + rtp_extension_end(&builder);
}

static void send_packet(struct publisher *publisher, const struct trace_unit *unit, size_t packet)
{
    struct sender *sender = unit->video ? &publisher->video : &publisher->audio;
    struct kept_packet *kept = &publisher->kept[sender->index % KEPT_PACKETS];
    bool marker = unit->video && packet + 1 == unit->packet_count;
    size_t payload_bytes = trace_packet_bytes(unit, packet);
    uint8_t plain[PACKET_BYTES], cipher[PACKET_BYTES];
    uint8_t *target = unit->video ? kept->data : cipher;
    size_t header_len = write_header(publisher, sender, unit, marker, plain);
    size_t len = header_len + payload_bytes;

    trace_write_payload(unit, packet, now_ns(), plain + header_len);
    if (srtp_evp_protect(publisher->outbound, sender->index, plain, header_len, len, target) < 0) {
        publisher->send_failed++;
        return;
    }
    len += srtp_evp_tag_bytes(publisher->profile);
    send_datagram(publisher, target, len);
    if (unit->video) {
        kept->len = len;
        kept->sequence_number = (uint16_t)sender->index;
    }
    sender->index++;
    sender->packets++;
    sender->octets += (uint32_t)payload_bytes;
    sender->last_timestamp = trace_timestamp_rtp(unit);
}

static void send_report(struct publisher *publisher, const struct sender *sender, uint64_t at_us)
{
    const struct rtcp_sender_info info = {
        .ssrc = sender->ssrc,
        .ntp = clock_ntp_from_wall_us(at_us),
        .timestamp_rtp = sender->last_timestamp,
        .packet_count = sender->packets,
        .octet_count = sender->octets,
    };
    uint8_t data[256 + PEER_TRAILER_BYTES];
    struct byte_writer writer;

    byte_writer_init(&writer, data, 256);
    rtcp_write_sr(&writer, &info, NULL, 0);
    rtcp_write_sdes(&writer, &sender->ssrc, 1, "bench");
    if (!writer.failed)
        peer_client_send_rtcp(publisher->peer, writer.data, writer.len);
}

/* Waits for the unit's time, and looks after the connection meanwhile. */
static void wait_until(struct publisher *publisher, uint64_t due_us)
{
    for (uint64_t now_us = clock_now_us(); now_us < due_us; now_us = clock_now_us()) {
        receive_waiting(publisher);
        peer_client_tick(publisher->peer, now_us);
        clock_sleep_until(due_us < now_us + TICK_US ? due_us : now_us + TICK_US);
    }
    receive_waiting(publisher);
}

static void send_trace(struct publisher *publisher)
{
    uint64_t start_us = clock_now_us() + US_PER_MS;
    uint64_t end_us = (uint64_t)(publisher->params->seconds * (double)US_PER_S);
    uint64_t next_report_us = 0;
    struct trace_unit unit;

    for (trace_next(&publisher->trace, &unit); unit.at_us < end_us && !*publisher->params->stop &&
                                               peer_client_state(publisher->peer) == PEER_CONNECTED;
         trace_next(&publisher->trace, &unit)) {
        uint64_t late_us;

        wait_until(publisher, start_us + unit.at_us);
        late_us = clock_now_us() - (start_us + unit.at_us);
        if (late_us > publisher->late_us)
            publisher->late_us = late_us;
        for (size_t i = 0; i < unit.packet_count; i++)
            send_packet(publisher, &unit, i);
        if (unit.video && unit.at_us >= next_report_us) {
            next_report_us = unit.at_us + REPORT_US;
            send_report(publisher, &publisher->video, clock_wall_us());
            send_report(publisher, &publisher->audio, clock_wall_us());
        }
    }
}

static json_t *make_figures(const struct publisher *publisher)
{
    json_t *times = json_array();
    size_t kept = publisher->request_count < MAX_REQUESTS ? publisher->request_count : MAX_REQUESTS;

    for (size_t i = 0; i < kept; i++)
        json_array_append_new(times, json_integer((json_int_t)publisher->requests_us[i]));
    return json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:f, s:b}", "video_packets",
        (json_int_t)publisher->video.packets, "audio_packets", (json_int_t)publisher->audio.packets,
        "keyframe_requests", (json_int_t)publisher->request_count, "keyframe_request_times_us",
        times, "nacked", (json_int_t)publisher->nacked, "resent", (json_int_t)publisher->resent,
        "send_failed", (json_int_t)publisher->send_failed, "latest_ms",
        (double)publisher->late_us / 1e3, "ended_by_relay",
        publisher->peer != NULL && peer_client_state(publisher->peer) == PEER_CLOSED);
}

int publisher_run(const struct publisher_params *params, json_t **ret_figures)
{
    struct publisher *publisher = calloc(1, sizeof(*publisher));
    struct sched_param priority = {.sched_priority = 1};
    int err;

    if (publisher == NULL)
        return -ENOMEM;
    publisher->params = params;
    publisher->fd = -1;
    publisher->video.ssrc = random_u32();
    publisher->audio.ssrc = random_u32();
    trace_init(&publisher->trace, params->kbps);
    err = set_up(publisher);
    if (err == 0) {
        /* Without the right to it the run goes on; latest_ms tells how it went. */
        sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
        puts("ready {}");
        fflush(stdout);
        send_trace(publisher);
        *ret_figures = make_figures(publisher);
    }
    tear_down(publisher);
    free(publisher);
    return err;
}
