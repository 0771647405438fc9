/* The viewers of a scene: they keep what they are sent, and say what viewers say. */
#include "tests/unit/routing/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void keep_packet(struct viewer *viewer, const struct rtp_pieces *pieces)
{
    size_t head = pieces->header_bytes + pieces->prefix_bytes;
    struct viewer_packet *packet;

    if (viewer->packet_count == viewer->packet_capacity) {
        viewer->packet_capacity = viewer->packet_capacity * 2 + 256;
        viewer->packets =
            realloc(viewer->packets, viewer->packet_capacity * sizeof(viewer->packets[0]));
        if (viewer->packets == NULL)
            abort();
    }
    packet = &viewer->packets[viewer->packet_count];
    packet->len = head + pieces->payload_bytes;
    if (packet->len > sizeof(packet->data))
        abort();
    memcpy(packet->data, pieces->header, pieces->header_bytes);
    memcpy(packet->data + pieces->header_bytes, pieces->prefix, pieces->prefix_bytes);
    memcpy(packet->data + head, pieces->payload, pieces->payload_bytes);
    if (rtp_parse(packet->data, packet->len, &packet->view) < 0)
        abort();
    packet->sent_us = viewer->scene->now_us;
    packet->order = viewer->scene->sent_count++;
}

static int on_viewer_rtp(void *user, const struct rtp_pieces *pieces)
{
    struct viewer *viewer = user;

    if (viewer->room != NULL && *viewer->room == 0)
        return -EAGAIN;
    if (viewer->room != NULL)
        --*viewer->room;
    if (!viewer->keep_nothing)
        keep_packet(viewer, pieces);
    viewer->packet_count++;
    return 0;
}

static void on_viewer_prefetch(const void *user, unsigned step)
{
    const struct viewer *viewer = user;
    struct viewer_fetched *fetched = viewer->fetched;

    if (viewer->subscriber == NULL)
        abort(); /* it is not there any more */
    if (fetched == NULL)
        return;
    if (fetched->count == sizeof(fetched->steps) / sizeof(fetched->steps[0]))
        abort();
    if (fetched->count == 0)
        fetched->packets_before = viewer->packet_count;
    fetched->steps[fetched->count++] = step;
}

static void on_viewer_rtcp(void *user, uint8_t *data, size_t len)
{
    struct viewer *viewer = user;
    struct rtcp_sender_info info;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type != RTCP_SR)
            continue;
        if (rtcp_parse_sender_info(&packet, &info) < 0)
            abort();
        viewer->sender_reports++;
        for (size_t i = 0; i < 2; i++) {
            if (viewer->ssrcs[i] == info.ssrc) {
                viewer->last_report[i] = info;
                viewer->last_report_us[i] = viewer->scene->now_us;
            }
        }
    }
    if (iterator.failed)
        abort();
}

static void on_viewer_event(void *user, enum subscriber_event event, size_t slot)
{
    struct viewer *viewer = user;
    viewer->playing += event == SUBSCRIBER_SLOT_PLAYING;
    viewer->empty += event == SUBSCRIBER_SLOT_EMPTY;
    viewer->no_codec += event == SUBSCRIBER_SLOT_NO_CODEC;
    viewer->paused += event == SUBSCRIBER_SLOT_PAUSED;
}

int viewer_create(struct viewer *viewer, struct scene *scene, const struct media_track *tracks,
    const char *const *sources, size_t slots)
{
    struct media_track copies[4];
    struct subscriber_slot_params slot_params[4];

    memset(viewer, 0, sizeof(*viewer));
    viewer->scene = scene;
    for (size_t i = 0; i < slots; i++) {
        copies[i] = tracks[i];
        copies[i].send_ssrc = VIEWER_SSRC + (uint32_t)i;
        if (tracks[i].codecs[0].has_rtx)
            copies[i].send_rtx_ssrc = VIEWER_RTX_SSRC + (uint32_t)i;
        if (i < 2)
            viewer->ssrcs[i] = copies[i].send_ssrc;
        slot_params[i] = (struct subscriber_slot_params){&copies[i], sources[i]};
    }
    struct subscriber_params params = {
        .lesson = "lesson",
        .cname = "relay",
        .slots = slot_params,
        .slot_count = slots,
        .send_rtp = on_viewer_rtp,
        .send_rtcp = on_viewer_rtcp,
        .on_event = on_viewer_event,
        .prefetch = on_viewer_prefetch,
        .user = viewer,
    };
    return subscriber_create(scene->router, &params, scene->now_us, &viewer->subscriber);
}

void viewer_start(struct viewer *viewer)
{
    subscriber_start(viewer->subscriber, viewer->scene->now_us);
    scene_fan_out(viewer->scene);
}

void viewer_destroy(struct viewer *viewer)
{
    subscriber_destroy(viewer->subscriber);
    free(viewer->packets);
    memset(viewer, 0, sizeof(*viewer));
}

void viewer_forget(struct viewer *viewer)
{
    viewer->packet_count = 0;
}

void viewer_nack(struct viewer *viewer, uint32_t ssrc, const uint16_t *seqs, size_t count)
{
    uint8_t data[1200];
    struct byte_writer writer;

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, 77, NULL, 0);
    rtcp_write_nack(&writer, 77, ssrc, seqs, count);
    subscriber_receive_rtcp(viewer->subscriber, data, writer.len, viewer->scene->now_us);
}

void viewer_pli(struct viewer *viewer, uint32_t ssrc)
{
    uint8_t data[100];
    struct byte_writer writer;

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, 77, NULL, 0);
    rtcp_write_pli(&writer, 77, ssrc);
    subscriber_receive_rtcp(viewer->subscriber, data, writer.len, viewer->scene->now_us);
}

void viewer_report_loss(struct viewer *viewer, uint32_t ssrc, uint8_t fraction_lost)
{
    struct rtcp_report_block block = {.ssrc = ssrc, .fraction_lost = fraction_lost};
    uint8_t data[100];
    struct byte_writer writer;

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, 77, &block, 1);
    subscriber_receive_rtcp(viewer->subscriber, data, writer.len, viewer->scene->now_us);
}

/* draft-alvestrand-rmcat-remb section 2.2, for one SSRC; the mantissa in units of 1024 bit/s. */
void viewer_remb(struct viewer *viewer, uint32_t kbps)
{
    uint8_t data[24] = {0x8f, 206, 0, 5, 0, 0, 0, 77, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1};

    bytes_put_u16(data + 18, (uint16_t)kbps);
    data[17] = (uint8_t)(10U << 2 | kbps >> 16);
    bytes_put_u32(data + 20, VIEWER_SSRC);
    subscriber_receive_rtcp(viewer->subscriber, data, sizeof(data), viewer->scene->now_us);
}

uint32_t viewer_packet_frame(const struct viewer_packet *packet)
{
    return bytes_get_u32(packet->data + packet->len - 6);
}

uint16_t viewer_packet_index(const struct viewer_packet *packet)
{
    return bytes_get_u16(packet->data + packet->len - 2);
}

const uint8_t *viewer_packet_payload(const struct viewer_packet *packet)
{
    return packet->data + packet->view.payload_offset;
}
