#include "relay/wire/rtcp.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static struct rtcp_packet only_packet(const struct test_bytes *bytes)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_packet next;

    rtcp_iterator_init(&iterator, bytes->data, bytes->len);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_false(rtcp_iterator_next(&iterator, &next));
    assert_false(iterator.failed);
    return packet;
}

static struct rtcp_feedback only_feedback(const struct test_bytes *bytes)
{
    struct rtcp_packet packet = only_packet(bytes);
    struct rtcp_feedback feedback;

    assert_int_equal(rtcp_parse_feedback(&packet, &feedback), 0);
    return feedback;
}

static struct test_bytes written(const struct byte_writer *writer)
{
    struct test_bytes bytes = {.len = writer->len};

    assert_false(writer->failed);
    memcpy(bytes.data, writer->data, writer->len);
    return bytes;
}

static void walks_a_compound_packet(void **state)
{
    struct test_bytes bytes = hex("80 c9 00 01 11 11 11 11"
                                  "81 ca 00 03 11 11 11 11 01 02 61 62 00 00 00 00"
                                  "80 cc 00 02 11 11 11 11 6e 61 6d 65"
                                  "81 cb 00 01 11 11 11 11");
    static const uint8_t types[] = {RTCP_RR, RTCP_SDES, RTCP_APP, RTCP_BYE};
    static const size_t sizes[] = {4, 12, 8, 4};
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;

    rtcp_iterator_init(&iterator, bytes.data, bytes.len);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_true(rtcp_iterator_next(&iterator, &packet));
        assert_int_equal(packet.type, types[i]);
        assert_int_equal(packet.body_bytes, sizes[i]);
    }
    assert_false(rtcp_iterator_next(&iterator, &packet));
    assert_false(iterator.failed);
}

static void malformed_headers_and_lengths_end_the_walk(void **state)
{
    static const char *const packets[] = {
        "80 c9 00",                            /* short header */
        "80 c9 00 02 11 11 11 11",             /* longer than the datagram */
        "40 c9 00 01 11 11 11 11",             /* version 1 */
        "80 c9 00 01 11 11 11 11 80",          /* rest of one byte */
        "a0 c9 00 00",                         /* padding without a body */
        "a0 c9 00 01 11 11 11 00",             /* padding of 0 */
        "a0 c9 00 01 11 11 11 05",             /* more than the body */
        "80 c9 00 01 11 11 11 11 00 00 00 00", /* second one is no RTCP */
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes bytes = hex(packets[i]);
        struct rtcp_iterator iterator;
        struct rtcp_packet packet;
        rtcp_iterator_init(&iterator, bytes.data, bytes.len);
        while (rtcp_iterator_next(&iterator, &packet))
            continue;
        assert_true(iterator.failed);
        assert_false(rtcp_iterator_next(&iterator, &packet));
    }
}

static void padding_is_taken_off_the_body(void **state)
{
    struct test_bytes bytes = hex("a0 c9 00 02 11 11 11 11 00 00 00 04");

    assert_int_equal(only_packet(&bytes).body_bytes, 4);
}

static void reads_a_sender_report_with_blocks(void **state)
{
    struct test_bytes bytes =
        hex("82 c8 00 12 11 11 11 11 e1 23 45 67 89 ab cd ef 00 00 00 2a 00 00 00 03 00 00 04 00"
            "22 22 22 22 80 ff ff fe 00 01 ff ff 00 00 00 09 45 67 89 ab 00 01 00 00"
            "33 33 33 33 01 00 00 07 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04");
    struct rtcp_packet packet = only_packet(&bytes);
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    struct rtcp_sender_info info;
    size_t count;

    assert_int_equal(rtcp_parse_sender_info(&packet, &info), 0);
    assert_int_equal(info.ssrc, 0x11111111);
    assert_int_equal(info.ntp, 0xe123456789abcdef);
    assert_int_equal(info.timestamp_rtp, 42);
    assert_int_equal(info.packet_count, 3);
    assert_int_equal(info.octet_count, 1024);
    assert_int_equal(rtcp_parse_report_blocks(&packet, blocks, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(blocks[0].ssrc, 0x22222222);
    assert_int_equal(blocks[0].fraction_lost, 128);
    assert_int_equal(blocks[0].cumulative_lost, -2);
    assert_int_equal(blocks[0].highest_seq, 0x1ffff);
    assert_int_equal(blocks[0].jitter_rtp, 9);
    assert_int_equal(blocks[0].last_sr, 0x456789ab);
    assert_int_equal(blocks[0].delay_since_last_sr, 0x10000);
    assert_int_equal(blocks[1].cumulative_lost, 7);
}

static void counts_beyond_the_body_are_refused(void **state)
{
    struct test_bytes report = hex("82 c9 00 07 11 11 11 11 22 22 22 22 80 00 00 01 00 01 ff ff "
                                   "00 00 00 09 45 67 89 ab 00 01 00 00");
    struct test_bytes sender = hex("80 c8 00 05 11 11 11 11 e1 23 45 67 89 ab cd ef 00 00 00 2a "
                                   "00 00 00 03");
    struct test_bytes bye = hex("82 cb 00 01 11 11 11 11");
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    uint32_t ssrcs[RTCP_MAX_BLOCKS];
    struct rtcp_sender_info info;
    struct rtcp_packet packet;
    size_t count;

    packet = only_packet(&report);
    assert_int_equal(rtcp_parse_report_blocks(&packet, blocks, &count), -EBADMSG);
    packet = only_packet(&sender);
    assert_int_equal(rtcp_parse_sender_info(&packet, &info), -EBADMSG);
    packet = only_packet(&bye);
    assert_int_equal(rtcp_parse_bye(&packet, ssrcs, &count), -EBADMSG);
}

static void reads_what_gstreamer_sent(void **state)
{
    struct test_bytes bytes =
        hex("80 c8 00 06 37 43 31 9d ee ac a3 c5 be 22 91 fb 6f 82 ff b7 00 00 00 6a 00 00 43 4a"
            "81 ca 00 0c 37 43 31 9d 01 1c 75 73 65 72 32 34 39 36 35 30 30 39 36 37 40 68 6f 73"
            "74 2d 30 30 30 30 30 30 30 30 06 09 47 53 74 72 65 61 6d 65 72 00 00 00");
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_sender_info info;

    rtcp_iterator_init(&iterator, bytes.data, bytes.len);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_int_equal(rtcp_parse_sender_info(&packet, &info), 0);
    assert_int_equal(info.packet_count, 106);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_int_equal(packet.type, RTCP_SDES);
    assert_false(rtcp_iterator_next(&iterator, &packet));
    assert_false(iterator.failed);
}

static void a_nack_names_its_pid_and_the_bits_behind_it(void **state)
{
    struct test_bytes bytes = hex("81 cd 00 04 11 11 11 11 22 22 22 22 ff fe 80 05 00 64 00 00");
    static const uint16_t expected[] = {0xfffe, 0xffff, 1, 14, 100};
    struct rtcp_feedback feedback = only_feedback(&bytes);
    struct rtcp_nack_iterator iterator;
    uint16_t seq;

    assert_int_equal(feedback.media_ssrc, 0x22222222);
    rtcp_nack_iterator_init(&iterator, &feedback);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(rtcp_nack_iterator_next(&iterator, &seq));
        assert_int_equal(seq, expected[i]);
    }
    assert_false(rtcp_nack_iterator_next(&iterator, &seq));
}

static void feedback_of_a_wrong_length_is_refused(void **state)
{
    static const char *const packets[] = {
        "81 cd 00 01 11 11 11 11",                         /* no media SSRC */
        "81 cd 00 02 11 11 11 11 22 22 22 22",             /* NACK of nothing */
        "81 ce 00 03 11 11 11 11 22 22 22 22 00 00 00 00", /* PLI with FCI */
        "84 ce 00 02 11 11 11 11 00 00 00 00",             /* FIR of nothing */
        "84 ce 00 03 11 11 11 11 00 00 00 00 22 22 22 22", /* half a FIR */
        "80 c9 00 02 11 11 11 11 22 22 22 22",             /* no feedback */
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes bytes = hex(packets[i]);
        struct rtcp_packet packet = only_packet(&bytes);
        struct rtcp_feedback feedback;
        assert_int_equal(rtcp_parse_feedback(&packet, &feedback), -EBADMSG);
    }
}

static void reads_remb_and_saturates_its_bitrate(void **state)
{
    struct test_bytes good = hex("8f ce 00 06 11 11 11 11 00 00 00 00 52 45 4d 42 02 0a 3d 09"
                                 "22 22 22 22 33 33 33 33");
    struct test_bytes huge = hex("8f ce 00 05 11 11 11 11 00 00 00 00 52 45 4d 42 01 ff ff ff"
                                 "22 22 22 22");
    struct test_bytes cut = hex("8f ce 00 05 11 11 11 11 00 00 00 00 52 45 4d 42 02 0a 3d 09"
                                "22 22 22 22");
    struct rtcp_remb remb;

    struct rtcp_feedback feedback = only_feedback(&good);
    assert_int_equal(rtcp_parse_remb(&feedback, &remb), 0);
    assert_int_equal(remb.bitrate_bps, 0x23d09 << 2);
    assert_int_equal(remb.ssrc_count, 2);
    assert_int_equal(bytes_get_u32(remb.ssrcs + 4), 0x33333333);
    feedback = only_feedback(&huge);
    assert_int_equal(rtcp_parse_remb(&feedback, &remb), 0);
    assert_true(remb.bitrate_bps == UINT64_MAX);
    feedback = only_feedback(&cut);
    assert_int_equal(rtcp_parse_remb(&feedback, &remb), -EBADMSG);
}

static void assert_block(
    const struct rtcp_report_block *block, const struct rtcp_report_block *expected)
{
    assert_int_equal(block->ssrc, expected->ssrc);
    assert_int_equal(block->fraction_lost, expected->fraction_lost);
    assert_int_equal(block->cumulative_lost, expected->cumulative_lost);
    assert_int_equal(block->highest_seq, expected->highest_seq);
    assert_int_equal(block->jitter_rtp, expected->jitter_rtp);
    assert_int_equal(block->last_sr, expected->last_sr);
    assert_int_equal(block->delay_since_last_sr, expected->delay_since_last_sr);
}

static void reports_read_back_as_written(void **state)
{
    const struct rtcp_sender_info sent = {.ssrc = 1,
        .ntp = UINT64_C(1) << 63,
        .timestamp_rtp = 3,
        .packet_count = 4,
        .octet_count = 5};
    const struct rtcp_report_block sent_blocks[] = {
        {.ssrc = 7,
            .fraction_lost = 255,
            .cumulative_lost = -8388608,
            .highest_seq = 9,
            .jitter_rtp = 10,
            .last_sr = 11,
            .delay_since_last_sr = 12},
        {.ssrc = 8, .cumulative_lost = 9000000},
    };
    struct rtcp_report_block blocks[RTCP_MAX_BLOCKS];
    struct rtcp_sender_info info;
    struct byte_writer writer;
    uint8_t data[200];
    size_t count;

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_sr(&writer, &sent, sent_blocks, 2);
    struct test_bytes bytes = written(&writer);
    struct rtcp_packet packet = only_packet(&bytes);
    assert_int_equal(rtcp_parse_sender_info(&packet, &info), 0);
    assert_int_equal(info.ssrc, sent.ssrc);
    assert_true(info.ntp == sent.ntp);
    assert_int_equal(info.timestamp_rtp, sent.timestamp_rtp);
    assert_int_equal(info.packet_count, sent.packet_count);
    assert_int_equal(info.octet_count, sent.octet_count);
    assert_int_equal(rtcp_parse_report_blocks(&packet, blocks, &count), 0);
    assert_int_equal(count, 2);
    assert_block(&blocks[0], &sent_blocks[0]);
    assert_int_equal(blocks[1].cumulative_lost, 0x7fffff); /* clamped to 24 bits */

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, 1, sent_blocks, 1);
    bytes = written(&writer);
    packet = only_packet(&bytes);
    assert_int_equal(packet.type, RTCP_RR);
    assert_int_equal(rtcp_parse_report_blocks(&packet, blocks, &count), 0);
    assert_block(&blocks[0], &sent_blocks[0]);
}

static void a_cname_of_any_length_ends_its_chunk(void **state)
{
    static const uint32_t ssrcs[] = {0x11111111, 0x22222222};
    char name[257] = "";

    for (size_t len = 1; len <= 256; len++) {
        struct byte_writer writer;
        struct byte_reader reader;
        uint8_t data[800];
        memset(name, 'x', len);
        byte_writer_init(&writer, data, sizeof(data));
        rtcp_write_sdes(&writer, ssrcs, 2, name);
        if (len > RTCP_MAX_CNAME_BYTES) {
            assert_true(writer.failed);
            break;
        }
        struct test_bytes bytes = written(&writer);
        struct rtcp_packet packet = only_packet(&bytes);
        assert_int_equal(packet.type, RTCP_SDES);
        assert_int_equal(packet.count_or_format, 2);
        byte_reader_init(&reader, packet.body, packet.body_bytes);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(byte_reader_u32(&reader), ssrcs[i]);
            assert_int_equal(byte_reader_u8(&reader), 1); /* CNAME */
            assert_int_equal(byte_reader_u8(&reader), len);
            assert_memory_equal(byte_reader_bytes(&reader, len), name, len);
            do /* the item list ends with a zero, the chunk at 32 bits */
                assert_int_equal(byte_reader_u8(&reader), 0);
            while (reader.pos % 4 != 0);
        }
        assert_int_equal(byte_reader_left(&reader), 0);
        assert_false(reader.failed);
    }
}

static void a_nack_of_any_ascending_list_reads_back(void **state)
{
    static const uint16_t lists[][6] = {
        {1, 2, 3, 4, 5, 6},
        {10, 26, 27, 43, 44, 60},
        {65530, 65535, 0, 1, 20, 400},
        {7, 24, 41, 58, 75, 92},
    };
    static const size_t entries[] = {1, 3, 3, 6};

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct rtcp_nack_iterator iterator;
        struct byte_writer writer;
        uint8_t data[64];
        uint16_t seq;
        byte_writer_init(&writer, data, sizeof(data));
        rtcp_write_nack(&writer, 1, 2, lists[i], 6);
        struct test_bytes bytes = written(&writer);
        assert_int_equal(bytes.len, 12 + 4 * entries[i]);
        struct rtcp_feedback feedback = only_feedback(&bytes);
        rtcp_nack_iterator_init(&iterator, &feedback);
        for (size_t n = 0; n < 6; n++) {
            assert_true(rtcp_nack_iterator_next(&iterator, &seq));
            assert_int_equal(seq, lists[i][n]);
        }
        assert_false(rtcp_nack_iterator_next(&iterator, &seq));
    }
}

static void pli_and_fir_are_written_as_the_rfcs_show_them(void **state)
{
    static const uint32_t ssrcs[] = {0x11111111, 0x22222222};
    const struct rtcp_fir_entry entry = {.ssrc = 0x22222222, .sequence_number = 7};
    struct byte_writer writer;
    uint8_t data[200];

    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_pli(&writer, ssrcs[0], ssrcs[1]);
    rtcp_write_fir(&writer, ssrcs[0], &entry);
    struct test_bytes bytes = written(&writer);
    struct test_bytes expected = hex("81 ce 00 02 11 11 11 11 22 22 22 22"
                                     "84 ce 00 04 11 11 11 11 00 00 00 00 22 22 22 22 07 00 00 00");
    assert_int_equal(bytes.len, expected.len);
    assert_memory_equal(bytes.data, expected.data, expected.len);

    struct test_bytes fir = {.len = 20};
    memcpy(fir.data, bytes.data + 12, 20);
    struct rtcp_feedback feedback = only_feedback(&fir);
    assert_int_equal(rtcp_fir_count(&feedback), 1);
    assert_int_equal(rtcp_fir_get(&feedback, 0).ssrc, 0x22222222);
    assert_int_equal(rtcp_fir_get(&feedback, 0).sequence_number, 7);
}

static void a_packet_without_room_is_not_begun(void **state)
{
    const uint16_t seqs[] = {1, 100};
    const uint32_t ssrc = 1;
    struct byte_writer writer;
    uint8_t data[64];

    byte_writer_init(&writer, data, 20);
    rtcp_write_rr(&writer, 1, NULL, 0);
    assert_int_equal(writer.len, 8);
    rtcp_write_nack(&writer, 1, 2, seqs, 2);
    assert_true(writer.failed);
    assert_int_equal(writer.len, 8);
    rtcp_write_pli(&writer, 1, 2);
    assert_int_equal(writer.len, 8);

    byte_writer_init(&writer, data, 11);
    rtcp_write_sdes(&writer, &ssrc, 1, "abc");
    assert_true(writer.failed);
    assert_int_equal(writer.len, 0);
    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_nack(&writer, 1, 2, seqs, 0);
    assert_true(writer.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_a_compound_packet),
        cmocka_unit_test(malformed_headers_and_lengths_end_the_walk),
        cmocka_unit_test(padding_is_taken_off_the_body),
        cmocka_unit_test(reads_a_sender_report_with_blocks),
        cmocka_unit_test(counts_beyond_the_body_are_refused),
        cmocka_unit_test(reads_what_gstreamer_sent),
        cmocka_unit_test(a_nack_names_its_pid_and_the_bits_behind_it),
        cmocka_unit_test(feedback_of_a_wrong_length_is_refused),
        cmocka_unit_test(reads_remb_and_saturates_its_bitrate),
        cmocka_unit_test(reports_read_back_as_written),
        cmocka_unit_test(a_cname_of_any_length_ends_its_chunk),
        cmocka_unit_test(a_nack_of_any_ascending_list_reads_back),
        cmocka_unit_test(pli_and_fir_are_written_as_the_rfcs_show_them),
        cmocka_unit_test(a_packet_without_room_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
