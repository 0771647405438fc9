#include "relay/wire/rtp.h"

#include "relay/wire/sequence.h"
#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static struct rtp_view parse(const struct test_bytes *packet)
{
    struct rtp_view view;
    assert_int_equal(rtp_parse(packet->data, packet->len, &view), 0);
    return view;
}

static void reads_every_field_of_a_full_packet(void **state)
{
    struct test_bytes packet = hex("b2 e0 12 34 89 ab cd ef 01 02 03 04 00 00 00 0a 00 00 00 0b"
                                   "be de 00 01 10 aa 21 bb aa bb cc 00 00 03");
    struct rtp_view view = parse(&packet);

    assert_int_equal(view.csrc_count, 2);
    assert_true(view.marker);
    assert_int_equal(view.payload_type, 96);
    assert_int_equal(view.sequence_number, 0x1234);
    assert_int_equal(view.timestamp, 0x89abcdef);
    assert_int_equal(view.ssrc, 0x01020304);
    assert_true(view.has_extension);
    assert_int_equal(view.extension_profile, 0xbede);
    assert_int_equal(view.extension_offset, 24);
    assert_int_equal(view.extension_bytes, 4);
    assert_int_equal(view.payload_offset, 28);
    assert_int_equal(view.payload_bytes, 3);
    assert_int_equal(view.padding_bytes, 3);
}

static void an_empty_payload_and_one_of_padding_only_are_packets(void **state)
{
    struct test_bytes bare = hex("80 60 00 01 00 00 00 02 00 00 00 03");
    struct test_bytes padding = hex("a0 60 00 01 00 00 00 02 00 00 00 03 00 00 00 04");

    assert_int_equal(parse(&bare).payload_bytes, 0);
    struct rtp_view view = parse(&padding);
    assert_int_equal(view.payload_bytes, 0);
    assert_int_equal(view.padding_bytes, 4);
}

static void malformed_packets_are_refused(void **state)
{
    static const char *const packets[] = {
        "", "80 60 00 01 00 00 00 02 00 00 00",                        /* short header */
        "40 60 00 01 00 00 00 02 00 00 00 03",                         /* version 1 */
        "c0 60 00 01 00 00 00 02 00 00 00 03",                         /* version 3 */
        "81 60 00 01 00 00 00 02 00 00 00 03 00 00 00",                /* cut CSRC */
        "90 60 00 01 00 00 00 02 00 00 00 03 be de 00",                /* cut block header */
        "90 60 00 01 00 00 00 02 00 00 00 03 be de 00 01 00 00 00",    /* cut block */
        "90 60 00 01 00 00 00 02 00 00 00 03 be de ff ff 00 00 00 00", /* longer than packet */
        "a0 60 00 01 00 00 00 02 00 00 00 03 aa 00",                   /* padding of 0 */
        "a0 60 00 01 00 00 00 02 00 00 00 03 aa 03",                   /* more than there is */
        "a0 60 00 01 00 00 00 02 00 00 00 03",                         /* none to count */
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes packet = hex(packets[i]);
        struct rtp_view view;
        assert_int_equal(rtp_parse(packet.data, packet.len, &view), -EBADMSG);
    }
}

static void finds_one_byte_elements(void **state)
{
    /* id 3 of one byte, two of padding, id 1 of three, id 2 of two */
    struct test_bytes packet = hex("90 60 00 01 00 00 00 02 00 00 00 03 be de 00 03"
                                   "30 aa 00 00 12 01 02 03 21 bb cc 00");
    struct rtp_view view = parse(&packet);
    const uint8_t *value;
    size_t len;

    value = rtp_find_extension(packet.data, &view, 3, &len);
    assert_non_null(value);
    assert_int_equal(len, 1);
    assert_int_equal(*value, 0xaa);
    value = rtp_find_extension(packet.data, &view, 1, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(value, "\x01\x02\x03", 3);
    value = rtp_find_extension(packet.data, &view, 2, &len);
    assert_int_equal(len, 2);
    assert_memory_equal(value, "\xbb\xcc", 2);
    assert_null(rtp_find_extension(packet.data, &view, 4, &len));
    assert_null(rtp_find_extension(packet.data, &view, 0, &len));
}

static void finds_two_byte_elements(void **state)
{
    static const char *const profiles[] = {"10 00", "10 0f"};

    for (size_t i = 0; i < COUNT_OF(profiles); i++) {
        char text[200];
        snprintf(text, sizeof(text),
            "90 60 00 01 00 00 00 02 00 00 00 03 %s 00 03 05 00 00 ff 03 aa bb cc 02 01 dd 00",
            profiles[i]);
        struct test_bytes packet = hex(text);
        struct rtp_view view = parse(&packet);
        size_t len;
        assert_non_null(rtp_find_extension(packet.data, &view, 5, &len));
        assert_int_equal(len, 0);
        const uint8_t *value = rtp_find_extension(packet.data, &view, 255, &len);
        assert_int_equal(len, 3);
        assert_memory_equal(value, "\xaa\xbb\xcc", 3);
        assert_non_null(rtp_find_extension(packet.data, &view, 2, &len));
    }
}

static void id_15_and_a_sized_id_0_end_the_one_byte_block(void **state)
{
    static const char *const ends[] = {"f0", "03"};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        char text[200];
        snprintf(text, sizeof(text),
            "90 60 00 01 00 00 00 02 00 00 00 03 be de 00 02 10 aa %s 00 20 bb 00 00", ends[i]);
        struct test_bytes packet = hex(text);
        struct rtp_view view = parse(&packet);
        size_t len;
        assert_non_null(rtp_find_extension(packet.data, &view, 1, &len));
        assert_null(rtp_find_extension(packet.data, &view, 2, &len));
    }
}

static void elements_longer_than_their_block_are_not_found(void **state)
{
    static const char *const packets[] = {
        "90 60 00 01 00 00 00 02 00 00 00 03 be de 00 01 13 aa bb cc dd",
        "90 60 00 01 00 00 00 02 00 00 00 03 10 00 00 01 01 03 aa bb cc",
        "90 60 00 01 00 00 00 02 00 00 00 03 10 00 00 01 00 00 00 01 cc",
        "90 60 00 01 00 00 00 02 00 00 00 03 12 34 00 01 10 aa 00 00 cc", /* another profile */
        "80 60 00 01 00 00 00 02 00 00 00 03 10 aa 00 00",                /* no extension */
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes packet = hex(packets[i]);
        struct rtp_view view = parse(&packet);
        size_t len;
        assert_null(rtp_find_extension(packet.data, &view, 1, &len));
    }
}

static void what_the_builder_writes_reads_back(void **state)
{
    uint8_t packet[64];
    struct rtp_extension_builder builder;
    const struct rtp_header header = {
        .payload_type = 102,
        .marker = true,
        .has_extension = true,
        .sequence_number = 65535,
        .timestamp = 0xfffffff0,
        .ssrc = 0xdeadbeef,
    };
    struct rtp_view view;
    size_t len;

    rtp_write_header(packet, &header);
    rtp_extension_begin(&builder, packet + RTP_HEADER_BYTES, sizeof(packet) - RTP_HEADER_BYTES);
    memcpy(rtp_extension_add(&builder, 4, 1), "0", 1);
    uint8_t *transport_sequence = rtp_extension_add(&builder, 3, RTP_TRANSPORT_SEQUENCE_BYTES);
    rtp_put_abs_send_time(rtp_extension_add(&builder, 2, RTP_ABS_SEND_TIME_BYTES), 1500000);
    size_t block = rtp_extension_end(&builder);
    memcpy(transport_sequence, "\x12\x34", 2);

    assert_int_equal(block, 16);
    assert_int_equal(rtp_parse(packet, RTP_HEADER_BYTES + block, &view), 0);
    assert_int_equal(view.payload_type, 102);
    assert_true(view.marker);
    assert_int_equal(view.sequence_number, 65535);
    assert_int_equal(view.timestamp, 0xfffffff0);
    assert_int_equal(view.ssrc, 0xdeadbeef);
    const uint8_t *value = rtp_find_extension(packet, &view, 3, &len);
    assert_int_equal(len, 2);
    assert_memory_equal(value, "\x12\x34", 2);
    value = rtp_find_extension(packet, &view, 2, &len);
    assert_int_equal(rtp_get_abs_send_time(value), 3 << 17);
}

static void a_builder_without_room_or_with_a_bad_id_gives_no_block(void **state)
{
    uint8_t data[16];
    struct rtp_extension_builder builder;

    rtp_extension_begin(&builder, data, sizeof(data));
    assert_int_equal(rtp_extension_end(&builder), 0);
    rtp_extension_begin(&builder, data, sizeof(data));
    assert_null(rtp_extension_add(&builder, 15, 1));
    assert_int_equal(rtp_extension_end(&builder), 0);
    rtp_extension_begin(&builder, data, sizeof(data));
    assert_null(rtp_extension_add(&builder, 1, 17));
    rtp_extension_begin(&builder, data, 8);
    assert_non_null(rtp_extension_add(&builder, 1, 3));
    assert_null(rtp_extension_add(&builder, 2, 1));
    rtp_extension_begin(&builder, data, 7); /* the element fits, its padding does not */
    assert_null(rtp_extension_add(&builder, 1, 1));
    rtp_extension_begin(&builder, data, 3);
    assert_null(rtp_extension_add(&builder, 1, 1));
}

static void abs_send_time_wraps_every_64_seconds(void **state)
{
    uint8_t before[3];
    uint8_t after[3];

    rtp_put_abs_send_time(before, UINT64_C(63999000) + UINT64_C(64000000) * 1000000);
    rtp_put_abs_send_time(after, UINT64_C(64001000) + UINT64_C(64000000) * 1000000);
    /* 2 ms are 524.3 units of 2^-18 s. */
    assert_in_range(
        (rtp_get_abs_send_time(after) - rtp_get_abs_send_time(before)) & 0xffffff, 523, 525);
}

static void sequence_numbers_compare_across_the_wrap(void **state)
{
    assert_true(seq_newer(1, 0));
    assert_true(seq_newer(0, 65535));
    assert_false(seq_newer(65535, 0));
    assert_false(seq_newer(5, 5));
    assert_int_equal(seq_distance(2, 65534), 4);
    assert_int_equal(seq_distance(65534, 2), -4);
    assert_true(timestamp_newer(10, 0xfffffff0));
    assert_int_equal(timestamp_distance(10, 0xfffffff6), 20);
}

static void unwrapping_follows_wraps_and_places_late_packets(void **state)
{
    struct seq_unwrapper seq = {0};
    struct seq_unwrapper timestamp = {0};

    assert_int_equal(seq_unwrap(&seq, 65534), 65534);
    assert_int_equal(seq_unwrap(&seq, 1), 65537);
    assert_int_equal(seq_unwrap(&seq, 65535), 65535);
    assert_int_equal(seq_unwrap(&seq, 2), 65538);
    for (int64_t i = 65538; i < 400000; i += 999)
        assert_int_equal(seq_unwrap(&seq, (uint16_t)i), i);

    assert_int_equal(timestamp_unwrap(&timestamp, 5), 5);
    assert_int_equal(timestamp_unwrap(&timestamp, 0xffffffff), -1);
    assert_int_equal(timestamp_unwrap(&timestamp, 0x7fffffff), 0x7fffffff);
    assert_int_equal(timestamp_unwrap(&timestamp, 0xfffffffe), INT64_C(0xfffffffe));
    assert_int_equal(timestamp_unwrap(&timestamp, 6), INT64_C(0x100000006));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field_of_a_full_packet),
        cmocka_unit_test(an_empty_payload_and_one_of_padding_only_are_packets),
        cmocka_unit_test(malformed_packets_are_refused),
        cmocka_unit_test(finds_one_byte_elements),
        cmocka_unit_test(finds_two_byte_elements),
        cmocka_unit_test(id_15_and_a_sized_id_0_end_the_one_byte_block),
        cmocka_unit_test(elements_longer_than_their_block_are_not_found),
        cmocka_unit_test(what_the_builder_writes_reads_back),
        cmocka_unit_test(a_builder_without_room_or_with_a_bad_id_gives_no_block),
        cmocka_unit_test(abs_send_time_wraps_every_64_seconds),
        cmocka_unit_test(sequence_numbers_compare_across_the_wrap),
        cmocka_unit_test(unwrapping_follows_wraps_and_places_late_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
