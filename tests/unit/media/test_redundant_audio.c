#include "media/red_packer.h"
#include "media/red_sdp.h"
#include "media/red_unpacker.h"

#include <gst/rtp/rtp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OPUS        111
#define FRAME_RTP   960
#define FRAME_TIME  (20 * GST_MSECOND)
#define FIRST       65530 /* the numbering wraps within each test */
#define START_RTP   0xfffff000u
#define MAX_PACKETS 40

/* ---- what a test sends and sees ---- */

static GstBuffer *opus_packet(unsigned index)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    GstBuffer *packet = gst_rtp_buffer_new_allocate(3, 0, 0);

    gst_rtp_buffer_map(packet, GST_MAP_READWRITE, &rtp);
    gst_rtp_buffer_set_payload_type(&rtp, OPUS);
    gst_rtp_buffer_set_seq(&rtp, (guint16)(FIRST + index));
    gst_rtp_buffer_set_timestamp(&rtp, START_RTP + index * FRAME_RTP);
    gst_rtp_buffer_set_ssrc(&rtp, 77);
    guint8 sequence_extension[] = {0x12, 0x34};
    gst_rtp_buffer_add_extension_onebyte_header(&rtp, 2, sequence_extension, 2);
    memset(gst_rtp_buffer_get_payload(&rtp), (int)index, 3);
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_DTS(packet) = GST_SECOND + index * FRAME_TIME;
    return packet;
}

/* Index of an Opus packet that is whole: number, time, frame and header belong together. */
static unsigned check_opus(GstBuffer *packet)
{
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gpointer extension;
    guint extension_bytes;

    assert_true(gst_rtp_buffer_map(packet, GST_MAP_READ, &rtp));
    unsigned index = (guint16)(gst_rtp_buffer_get_seq(&rtp) - FIRST);
    const guint8 *payload = gst_rtp_buffer_get_payload(&rtp);
    assert_int_equal(gst_rtp_buffer_get_payload_type(&rtp), OPUS);
    assert_int_equal(gst_rtp_buffer_get_ssrc(&rtp), 77);
    assert_int_equal(gst_rtp_buffer_get_timestamp(&rtp), START_RTP + index * FRAME_RTP);
    assert_int_equal(gst_rtp_buffer_get_payload_len(&rtp), 3);
    assert_int_equal(payload[0], index);
    assert_true(
        gst_rtp_buffer_get_extension_onebyte_header(&rtp, 2, 0, &extension, &extension_bytes));
    gst_rtp_buffer_unmap(&rtp);
    assert_int_equal(GST_BUFFER_DTS(packet), GST_SECOND + index * FRAME_TIME);
    return index;
}

struct receiver {
    struct red_unpacker unpacker;
    unsigned got[MAX_PACKETS]; /* indices, in order */
    unsigned count;
};

static void receive(struct receiver *receiver, GstBuffer *packet)
{
    GstBuffer *packets[RED_UNPACKER_MAX_OUT];
    bool drop;
    unsigned count =
        red_unpacker_push(&receiver->unpacker, packet, RED_PAYLOAD_TYPE, packets, &drop);

    assert_false(drop);
    if (count == 0)
        receiver->got[receiver->count++] = check_opus(packet);
    for (unsigned i = 0; i < count; i++) {
        receiver->got[receiver->count++] = check_opus(packets[i]);
        gst_buffer_unref(packets[i]);
    }
}

/* Sends a packet per letter: '.' arrives, 'x' is lost. */
static void send_all(struct receiver *receiver, unsigned distance, const char *line)
{
    struct red_packer *packer = red_packer_new(distance);

    memset(receiver, 0, sizeof *receiver);
    for (unsigned i = 0; line[i]; i++) {
        GstBuffer *packet = red_packer_pack(packer, opus_packet(i), RED_PAYLOAD_TYPE);
        if (line[i] == '.')
            receive(receiver, packet);
        gst_buffer_unref(packet);
    }
    red_packer_free(packer);
}

static void holes_no_longer_than_the_distance_are_filled_in_order(void **state)
{
    static const struct {
        unsigned distance;
        const char *line;
        unsigned missing; /* of those before the last that arrived */
    } table[] = {
        {1, "..........", 0},
        {1, "..x..x.x..", 0},
        {2, "..xx..x.xx..", 0},
        {1, "..xx......", 1},
        {2, "..xxx.....", 1},
        {2, "..xxxxxx..", 4},
    };

    for (size_t t = 0; t < sizeof table / sizeof table[0]; t++) {
        struct receiver receiver;
        unsigned sent = (unsigned)strlen(table[t].line);

        send_all(&receiver, table[t].distance, table[t].line);
        assert_int_equal(receiver.count, sent - table[t].missing);
        for (unsigned i = 1; i < receiver.count; i++)
            assert_true(receiver.got[i] > receiver.got[i - 1]);
        unsigned lost = 0;
        for (const char *at = table[t].line; *at; at++)
            lost += *at == 'x';
        assert_int_equal(receiver.unpacker.filled, lost - table[t].missing);
    }
}

static void what_came_before_the_first_packet_is_not_made_up(void **state)
{
    struct receiver receiver;

    send_all(&receiver, 1, "xxx...");
    assert_int_equal(receiver.count, 3);
    assert_int_equal(receiver.got[0], 3);
}

static void a_packet_that_was_late_changes_nothing_for_those_after_it(void **state)
{
    struct red_packer *packer = red_packer_new(1);
    struct receiver receiver = {.count = 0};
    static const unsigned order[] = {0, 1, 3, 2, 4, 6};
    GstBuffer *packets[7];

    for (unsigned i = 0; i < 7; i++)
        packets[i] = red_packer_pack(packer, opus_packet(i), RED_PAYLOAD_TYPE);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        receive(&receiver, packets[order[i]]);
    static const unsigned expected[] = {0, 1, 2, 3, 2, 4, 5, 6};
    assert_int_equal(receiver.count, 8);
    assert_memory_equal(receiver.got, expected, sizeof expected);
    for (unsigned i = 0; i < 7; i++)
        gst_buffer_unref(packets[i]);
    red_packer_free(packer);
}

static void plain_opus_between_redundant_packets_goes_on_as_it_is(void **state)
{
    struct red_packer *packer = red_packer_new(1);
    struct receiver receiver = {.count = 0};

    for (unsigned i = 0; i < 8; i++) {
        GstBuffer *packet = opus_packet(i);
        if (i >= 4)
            packet = red_packer_pack(packer, packet, RED_PAYLOAD_TYPE);
        if (i != 5)
            receive(&receiver, packet);
        gst_buffer_unref(packet);
    }
    assert_int_equal(receiver.count, 8);
    red_packer_free(packer);
}

static void a_source_that_starts_anew_leaves_no_hole_to_fill(void **state)
{
    static const unsigned indices[] = {5, 6, 1999, 2000, 2001};
    struct red_packer *packer = red_packer_new(1);
    struct red_unpacker unpacker = {.started = false};

    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        GstBuffer *packets[RED_UNPACKER_MAX_OUT];
        GstBuffer *packet = red_packer_pack(packer, opus_packet(indices[i]), RED_PAYLOAD_TYPE);
        bool drop;

        if (indices[i] != 1999) {
            assert_int_equal(
                red_unpacker_push(&unpacker, packet, RED_PAYLOAD_TYPE, packets, &drop), 1);
            gst_buffer_unref(packets[0]);
        }
        gst_buffer_unref(packet);
    }
    assert_int_equal(unpacker.filled, 0);
    red_packer_free(packer);
}

static void a_packet_that_is_malformed_or_wraps_what_looks_like_rtcp_is_dropped(void **state)
{
    static const guint8 first_bytes[] = {0xff, 72};

    for (size_t i = 0; i < sizeof first_bytes; i++) {
        struct red_unpacker unpacker = {.started = false};
        GstBuffer *packets[RED_UNPACKER_MAX_OUT];
        GstBuffer *packet = opus_packet(3);
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        bool drop = false;

        gst_rtp_buffer_map(packet, GST_MAP_READWRITE, &rtp);
        gst_rtp_buffer_set_payload_type(&rtp, RED_PAYLOAD_TYPE);
        memset(gst_rtp_buffer_get_payload(&rtp), first_bytes[i], 3);
        gst_rtp_buffer_unmap(&rtp);
        assert_int_equal(red_unpacker_push(&unpacker, packet, RED_PAYLOAD_TYPE, packets, &drop), 0);
        assert_true(drop);
        gst_buffer_unref(packet);
    }
}

/* ---- SDP ---- */

static const char offer_text[] =
    "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\na=mid:video0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 OPUS/48000/2\r\na=mid:audio1\r\n";

static GstSDPMessage *parse(const char *text)
{
    GstSDPMessage *message = NULL;

    assert_int_equal(gst_sdp_message_new_from_text(text, &message), GST_SDP_OK);
    return message;
}

static void the_offer_names_redundancy_behind_opus_only(void **state)
{
    GstSDPMessage *offer = parse(offer_text);

    red_sdp_add(offer);
    red_sdp_add(offer); /* once is enough */
    g_autofree char *text = gst_sdp_message_as_text(offer);
    assert_non_null(strstr(text, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    assert_non_null(strstr(text, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"));
    assert_non_null(strstr(text, "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"));
    gst_sdp_message_free(offer);
}

static void the_answer_loses_redundancy_and_tells_whether_it_is_preferred(void **state)
{
    static const struct {
        const char *formats, *port;
        bool named;
        enum red_sdp_answer expected;
        const char *left;
    } table[] = {
        {"111", "9", false, RED_SDP_REFUSED, "SAVPF 111\r\n"},
        {"111 63", "9", true, RED_SDP_TAKEN, "SAVPF 111\r\n"},
        {"63 111", "9", true, RED_SDP_PREFERRED, "SAVPF 111\r\n"},
        {"63 111", "0", true, RED_SDP_REFUSED, "SAVPF 63 111\r\n"},
        {"63", "9", true, RED_SDP_REFUSED, "SAVPF 63\r\n"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        g_autofree char *text =
            g_strdup_printf("v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
                            "m=audio %s UDP/TLS/RTP/SAVPF %s\r\na=rtpmap:111 OPUS/48000/2\r\n%s",
                table[i].port, table[i].formats,
                table[i].named ? "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" : "");
        GstSDPMessage *answer = parse(text);
        assert_int_equal(red_sdp_remove(answer), table[i].expected);
        g_autofree char *after = gst_sdp_message_as_text(answer);
        assert_non_null(strstr(after, table[i].left));
        assert_non_null(strstr(after, "a=rtpmap:111 OPUS/48000/2\r\n"));
        if (table[i].expected != RED_SDP_REFUSED)
            assert_null(strstr(after, ":63 "));
        gst_sdp_message_free(answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_no_longer_than_the_distance_are_filled_in_order),
        cmocka_unit_test(what_came_before_the_first_packet_is_not_made_up),
        cmocka_unit_test(a_packet_that_was_late_changes_nothing_for_those_after_it),
        cmocka_unit_test(plain_opus_between_redundant_packets_goes_on_as_it_is),
        cmocka_unit_test(a_source_that_starts_anew_leaves_no_hole_to_fill),
        cmocka_unit_test(a_packet_that_is_malformed_or_wraps_what_looks_like_rtcp_is_dropped),
        cmocka_unit_test(the_offer_names_redundancy_behind_opus_only),
        cmocka_unit_test(the_answer_loses_redundancy_and_tells_whether_it_is_preferred),
    };

    gst_init(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
