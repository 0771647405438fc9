#include "media/sender_feedback.h"

#include <gst/rtp/rtp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HIGH 0x11111111
#define LOW  0x22222222

static struct sender_feedback *make(void)
{
    struct sender_feedback *feedback = sender_feedback_new();
    sender_feedback_add(feedback, HIGH, NULL);
    sender_feedback_add(feedback, LOW, NULL);
    return feedback;
}

/* RTCP as hex text; true when a pause waits to be confirmed. */
static bool receive(struct sender_feedback *feedback, const char *text)
{
    guint8 bytes[256];
    gsize len = 0;
    unsigned value;
    int used;

    while (sscanf(text, " %2x%n", &value, &used) == 1) {
        bytes[len++] = (guint8)value;
        text += used;
    }
    g_autoptr(GstBuffer) rtcp = gst_buffer_new_memdup(bytes, len);
    return sender_feedback_receive(feedback, rtcp);
}

/* FMT 9, media SSRC 0, one entry */
#define REQUEST(ssrc, type, id) "89 cd 00 04  00 00 00 07  00 00 00 00  " ssrc " " type " 00 " id
#define PAUSE_LOW(id)           REQUEST("22222222", "00", id)
#define RESUME_LOW(id)          REQUEST("22222222", "10", id)

static void loss_is_read_per_stream_from_every_report(void **state)
{
    struct sender_feedback *feedback = make();
    uint64_t reports;

    assert_int_equal(sender_feedback_loss(feedback, HIGH, &reports), 0);
    assert_int_equal(reports, 0);
    /* an RR with blocks of a stranger and of both streams */
    receive(feedback, "83 c9 00 13  00 00 00 07"
                      "33333333 ff 000001 00000001 00000000 00000000 00000000"
                      "11111111 1a 000001 00000001 00000000 00000000 00000000"
                      "22222222 40 000001 00000001 00000000 00000000 00000000");
    assert_int_equal(sender_feedback_loss(feedback, HIGH, &reports), 0x1a);
    assert_int_equal(reports, 1);
    assert_int_equal(sender_feedback_loss(feedback, LOW, &reports), 0x40);
    assert_int_equal(sender_feedback_loss(feedback, 0x33333333, &reports), 0);
    assert_int_equal(reports, 0);
    sender_feedback_free(feedback);
}

static void a_pause_holds_until_its_resume(void **state)
{
    struct sender_feedback *feedback = make();

    assert_true(receive(feedback, PAUSE_LOW("0000")));
    assert_true(sender_feedback_is_paused(feedback, LOW));
    assert_false(sender_feedback_is_paused(feedback, HIGH));
    assert_false(receive(feedback, RESUME_LOW("0000")));
    assert_false(sender_feedback_is_paused(feedback, LOW));
    sender_feedback_free(feedback);
}

static void a_request_that_came_late_changes_nothing(void **state)
{
    struct sender_feedback *feedback = make();

    receive(feedback, PAUSE_LOW("ffff"));
    receive(feedback, RESUME_LOW("ffff"));
    receive(feedback, PAUSE_LOW("0000")); /* the next one: numbers wrap */
    receive(feedback, RESUME_LOW("ffff"));
    assert_true(sender_feedback_is_paused(feedback, LOW));
    receive(feedback, RESUME_LOW("0000"));
    receive(feedback, PAUSE_LOW("ffff"));
    assert_false(sender_feedback_is_paused(feedback, LOW));
    sender_feedback_free(feedback);
}

static void unknown_types_parameters_and_cut_entries_are_passed_over(void **state)
{
    struct sender_feedback *feedback = make();

    /* type 7 for the low layer, then a pause with a parameter word, then one that is cut */
    receive(feedback, "89 cd 00 08  00 00 00 07  00 00 00 00  22222222 70 00 0000"
                      "11111111 00 01 0000 deadbeef 22222222");
    assert_true(sender_feedback_is_paused(feedback, HIGH));
    assert_false(sender_feedback_is_paused(feedback, LOW));
    receive(feedback, "89 cd 00 04  00 00 00 07  00 00 00 00  22222222 00 ff 0000");
    assert_false(sender_feedback_is_paused(feedback, LOW));
    receive(feedback, "89 cd 00 09 00");
    sender_feedback_free(feedback);
}

static void each_pause_is_confirmed_once(void **state)
{
    struct sender_feedback *feedback = make();
    guint8 bytes[128];

    receive(feedback, PAUSE_LOW("0102"));
    for (unsigned round = 0; round < 2; round++) {
        GstRTCPBuffer buffer = GST_RTCP_BUFFER_INIT;
        GstRTCPPacket packet;
        GstBuffer *rtcp = gst_rtcp_buffer_new(sizeof bytes);

        gst_rtcp_buffer_map(rtcp, GST_MAP_READWRITE, &buffer);
        gst_rtcp_buffer_add_packet(&buffer, GST_RTCP_TYPE_RR, &packet);
        gst_rtcp_buffer_unmap(&buffer);
        sender_feedback_confirm(feedback, rtcp);
        gsize len = gst_buffer_extract(rtcp, 0, bytes, sizeof bytes);
        assert_int_equal(len, round == 0 ? 8 + 24 : 8);
        static const guint8 paused[] = {0x89, 0xcd, 0, 5, 0x22, 0x22, 0x22, 0x22, 0, 0, 0, 0, 0x22,
            0x22, 0x22, 0x22, 0x20, 1, 1, 2, 0, 0, 0, 0};
        if (round == 0)
            assert_memory_equal(bytes + 8, paused, sizeof paused);
        gst_buffer_unref(rtcp);
    }
    sender_feedback_free(feedback);
}

static void pausing_is_offered_for_video_codecs_but_not_for_their_retransmission(void **state)
{
    static const char text[] =
        "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 rtx/90000\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 OPUS/48000/2\r\n";
    GstSDPMessage *offer = NULL;

    assert_int_equal(gst_sdp_message_new_from_text(text, &offer), GST_SDP_OK);
    sender_feedback_offer_pause(offer);
    g_autofree char *after = gst_sdp_message_as_text(offer);
    assert_non_null(strstr(after, "a=rtcp-fb:96 ccm pause nowait\r\n"));
    assert_null(strstr(after, "rtcp-fb:97"));
    assert_null(strstr(after, "rtcp-fb:111"));
    gst_sdp_message_free(offer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_read_per_stream_from_every_report),
        cmocka_unit_test(a_pause_holds_until_its_resume),
        cmocka_unit_test(a_request_that_came_late_changes_nothing),
        cmocka_unit_test(unknown_types_parameters_and_cut_entries_are_passed_over),
        cmocka_unit_test(pausing_is_offered_for_video_codecs_but_not_for_their_retransmission),
        cmocka_unit_test(each_pause_is_confirmed_once),
    };

    gst_init(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
