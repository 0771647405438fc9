#include "common/clock.h"
#include "relay/wire/rtcp.h"
#include "tests/bench/load/viewer_internal.h"

#include <string.h>

#define REPORT_US       US_PER_S
#define TRANSPORT_US    (100 * US_PER_MS)
#define FIRST_PLI_US    US_PER_S
#define NEXT_PLI_US     US_PER_S
#define PACKET_BYTES    1400
#define NACK_NUMBERS    32
#define NTP_MIDDLE(ntp) ((uint32_t)((ntp) >> 16))

static void send_rtcp(struct viewer *viewer, const struct byte_writer *writer)
{
    if (!writer->failed && writer->len > 0)
        peer_client_send_rtcp(viewer->peer, writer->data, writer->len);
}

/* ---- receiver reports ---- */

void viewer_feedback_receive(void *user, const uint8_t *data, size_t len)
{
    struct viewer *viewer = user;
    struct rtcp_sender_info info;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, data, len);
    while (rtcp_iterator_next(&iterator, &packet)) {
        if (packet.type != RTCP_SR || rtcp_parse_sender_info(&packet, &info) < 0)
            continue;
        for (int i = 0; i < VIEWER_STREAMS; i++) {
            if (viewer->streams[i].arrivals.started && viewer->streams[i].ssrc == info.ssrc) {
                viewer->streams[i].last_sr = NTP_MIDDLE(info.ntp);
                viewer->streams[i].last_sr_us = viewer->now_us;
            }
        }
    }
}

/* RFC 3550 section 6.4.1 and A.3. */
static struct rtcp_report_block make_block(struct viewer_stream *stream, uint64_t now_us)
{
    const struct arrivals *arrivals = &stream->arrivals;
    uint64_t expected = (uint64_t)(arrivals->highest - arrivals->first + 1);
    uint64_t lost = arrivals_lost(arrivals);
    uint64_t expected_now = expected - stream->reported_expected;
    uint64_t lost_now = lost > stream->reported_lost ? lost - stream->reported_lost : 0;
    struct rtcp_report_block block = {
        .ssrc = stream->ssrc,
        .fraction_lost =
            expected_now > 0 && lost_now > 0 ? (uint8_t)(lost_now * 255 / expected_now) : 0,
        .cumulative_lost = (int32_t)(lost & 0x7fffff),
        .highest_seq = (uint32_t)arrivals->highest,
        .last_sr = stream->last_sr,
    };

    if (stream->last_sr != 0)
        block.delay_since_last_sr =
            (uint32_t)(clock_elapsed_us(now_us, stream->last_sr_us) * 65536 / US_PER_S);
    stream->reported_expected = expected;
    stream->reported_lost = lost;
    return block;
}

static void send_report(struct viewer *viewer, uint64_t now_us)
{
    struct rtcp_report_block blocks[VIEWER_STREAMS];
    uint8_t data[PACKET_BYTES + PEER_TRAILER_BYTES];
    struct byte_writer writer;
    size_t count = 0;

    for (int i = 0; i < VIEWER_STREAMS; i++) {
        if (viewer->streams[i].arrivals.started)
            blocks[count++] = make_block(&viewer->streams[i], now_us);
    }
    byte_writer_init(&writer, data, PACKET_BYTES);
    rtcp_write_rr(&writer, viewer->ssrc, blocks, count);
    send_rtcp(viewer, &writer);
}

/* ---- transport-wide feedback ---- */

static void send_transport(struct viewer *viewer)
{
    struct viewer_feedback *feedback = &viewer->feedback;
    uint8_t data[PACKET_BYTES + PEER_TRAILER_BYTES];
    struct byte_writer writer;

    if (!feedback->transport_started || feedback->builder.received == 0)
        return;
    byte_writer_init(&writer, data, PACKET_BYTES);
    transport_feedback_builder_write(&feedback->builder, &writer, viewer->ssrc,
        viewer->streams[VIEWER_VIDEO].ssrc, feedback->transport_count++);
    send_rtcp(viewer, &writer);
    transport_feedback_builder_init(
        &feedback->builder, transport_feedback_builder_next(&feedback->builder));
}

void viewer_feedback_note(struct viewer *viewer, uint16_t transport_sequence, uint64_t arrival_us)
{
    struct viewer_feedback *feedback = &viewer->feedback;

    if (!feedback->transport_started) {
        feedback->transport_started = true;
        transport_feedback_builder_init(&feedback->builder, transport_sequence);
    }
    if (transport_feedback_builder_add(&feedback->builder, transport_sequence, arrival_us))
        return;
    if (feedback->builder.received > 0) {
        send_transport(viewer);
    } else {
        transport_feedback_builder_init(&feedback->builder, transport_sequence);
    }
    transport_feedback_builder_add(&feedback->builder, transport_sequence, arrival_us);
}

/* ---- asking ---- */

static void send_nack(struct viewer *viewer, uint64_t now_us)
{
    struct viewer_stream *video = &viewer->streams[VIEWER_VIDEO];
    uint8_t data[PACKET_BYTES + PEER_TRAILER_BYTES];
    uint16_t numbers[NACK_NUMBERS];
    struct byte_writer writer;
    size_t count = arrivals_take_nacks(&video->arrivals, now_us, numbers, NACK_NUMBERS);

    if (count == 0)
        return;
    viewer->now.nacks += count;
    byte_writer_init(&writer, data, PACKET_BYTES);
    rtcp_write_nack(&writer, viewer->ssrc, video->ssrc, numbers, count);
    send_rtcp(viewer, &writer);
}

static void send_pli(struct viewer *viewer)
{
    uint8_t data[PACKET_BYTES + PEER_TRAILER_BYTES];
    struct byte_writer writer;

    viewer->now.plis++;
    byte_writer_init(&writer, data, PACKET_BYTES);
    rtcp_write_pli(&writer, viewer->ssrc, viewer->streams[VIEWER_VIDEO].ssrc);
    send_rtcp(viewer, &writer);
}

void viewer_feedback_tick(struct viewer *viewer, uint64_t now_us)
{
    struct viewer_feedback *feedback = &viewer->feedback;

    if (feedback->next_report_us == 0) {
        /* Spread over their periods by the random SSRC, as separate machines would be. */
        feedback->next_report_us = now_us + viewer->ssrc % REPORT_US;
        feedback->next_transport_us = now_us + viewer->ssrc % TRANSPORT_US;
        feedback->next_pli_us = now_us + FIRST_PLI_US;
    }
    send_nack(viewer, now_us);
    if (now_us >= feedback->next_transport_us) {
        feedback->next_transport_us = now_us + TRANSPORT_US;
        send_transport(viewer);
    }
    if (now_us >= feedback->next_report_us) {
        feedback->next_report_us = now_us + REPORT_US;
        send_report(viewer, now_us);
    }
    if (viewer->figures.first_frame_us == 0 && viewer->streams[VIEWER_VIDEO].arrivals.started &&
        now_us >= feedback->next_pli_us) {
        feedback->next_pli_us = now_us + NEXT_PLI_US;
        send_pli(viewer);
    }
}
