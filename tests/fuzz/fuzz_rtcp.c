/* A compound RTCP packet through every view. */
#include "relay/wire/rtcp.h"
#include "relay/wire/rtcp_pause.h"
#include "relay/wire/transport_feedback.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where reads go, so that none is optimised away. */
static volatile uint32_t sink;

static void read_transport_feedback(const struct rtcp_feedback *feedback)
{
    struct transport_feedback_iterator iterator;
    struct transport_feedback_status status;
    struct transport_feedback view;
    size_t count = 0;

    if (transport_feedback_parse(feedback, &view) < 0)
        return;
    transport_feedback_iterator_init(&iterator, &view);
    while (transport_feedback_iterator_next(&iterator, &status))
        count++;
    if (count != view.status_count || iterator.delta != view.end)
        abort();
}

static void read_pauses(const struct rtcp_feedback *feedback)
{
    struct rtcp_pause_iterator iterator;
    struct rtcp_pause_entry entry;
    uint8_t out[24];

    rtcp_pause_iterator_init(&iterator, feedback);
    while (rtcp_pause_iterator_next(&iterator, &entry)) {
        struct byte_writer writer;

        byte_writer_init(&writer, out, sizeof(out));
        rtcp_write_pause(&writer, feedback->sender_ssrc, &entry);
        if (writer.failed || entry.type > RTCP_REFUSED)
            abort();
        sink += entry.target_ssrc + entry.last_sequence;
    }
}

static void read_feedback(const struct rtcp_packet *packet)
{
    struct rtcp_nack_iterator nacks;
    struct rtcp_feedback feedback;
    struct rtcp_remb remb;
    uint16_t seq;

    if (rtcp_parse_feedback(packet, &feedback) < 0)
        return;
    if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_NACK) {
        rtcp_nack_iterator_init(&nacks, &feedback);
        while (rtcp_nack_iterator_next(&nacks, &seq))
            sink += seq;
    }
    if (feedback.type == RTCP_RTPFB && feedback.format == RTCP_RTPFB_PAUSE)
        read_pauses(&feedback);
    if (feedback.type == RTCP_PSFB && feedback.format == RTCP_PSFB_FIR) {
        for (size_t i = 0; i < rtcp_fir_count(&feedback); i++)
            sink += rtcp_fir_get(&feedback, i).ssrc;
    }
    if (rtcp_parse_remb(&feedback, &remb) == 0) {
        for (size_t i = 0; i < remb.ssrc_count; i++)
            sink += bytes_get_u32(remb.ssrcs + 4 * i);
    }
    read_transport_feedback(&feedback);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    uint32_t ssrcs[RTCP_MAX_BLOCKS];
    struct rtcp_sender_info info;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    size_t count;

    rtcp_iterator_init(&iterator, data, size);
    while (rtcp_iterator_next(&iterator, &packet)) {
        rtcp_parse_sender_info(&packet, &info);
        rtcp_parse_report_blocks(&packet, blocks, &count);
        rtcp_parse_bye(&packet, ssrcs, &count);
        read_feedback(&packet);
    }
    return 0;
}
