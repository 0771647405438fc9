#include "relay/wire/rtcp_pause.h"

#include "tests/unit/wire/wire_test.h"

static struct rtcp_pause_iterator iterate(const struct test_bytes *bytes)
{
    struct rtcp_pause_iterator iterator;
    struct rtcp_feedback feedback;
    struct rtcp_iterator packets;
    struct rtcp_packet packet;

    rtcp_iterator_init(&packets, bytes->data, bytes->len);
    assert_true(rtcp_iterator_next(&packets, &packet));
    assert_int_equal(rtcp_parse_feedback(&packet, &feedback), 0);
    assert_int_equal(feedback.format, RTCP_RTPFB_PAUSE);
    rtcp_pause_iterator_init(&iterator, &feedback);
    return iterator;
}

static void entries_are_read_in_order(void **state)
{
    struct test_bytes bytes = hex("89 cd 00 0b 11111111 00000000"
                                  "22222222 00 00 0001"
                                  "33333333 10 00 ffff"
                                  "44444444 20 01 0002 00012345"
                                  "55555555 30 00 0003");
    static const struct rtcp_pause_entry expected[] = {
        {0x22222222, RTCP_PAUSE, 1, 0},
        {0x33333333, RTCP_RESUME, 0xffff, 0},
        {0x44444444, RTCP_PAUSED, 2, 0x12345},
        {0x55555555, RTCP_REFUSED, 3, 0},
    };
    struct rtcp_pause_iterator iterator = iterate(&bytes);
    struct rtcp_pause_entry entry;

    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(rtcp_pause_iterator_next(&iterator, &entry));
        assert_int_equal(entry.target_ssrc, expected[i].target_ssrc);
        assert_int_equal(entry.type, expected[i].type);
        assert_int_equal(entry.pause_id, expected[i].pause_id);
        assert_int_equal(entry.last_sequence, expected[i].last_sequence);
    }
    assert_false(rtcp_pause_iterator_next(&iterator, &entry));
    assert_false(iterator.failed);
}

static void unknown_types_and_parameters_are_passed_over(void **state)
{
    struct test_bytes bytes = hex("89 cd 00 0a 11111111 00000000"
                                  "22222222 40 01 0001 deadbeef"
                                  "33333333 0f 01 0002 deadbeef"
                                  "44444444 20 00 0003");
    struct rtcp_pause_iterator iterator = iterate(&bytes);
    struct rtcp_pause_entry entry;

    assert_true(rtcp_pause_iterator_next(&iterator, &entry));
    assert_int_equal(entry.target_ssrc, 0x33333333);
    assert_int_equal(entry.type, RTCP_PAUSE);
    assert_true(rtcp_pause_iterator_next(&iterator, &entry));
    assert_int_equal(entry.type, RTCP_PAUSED);
    assert_int_equal(entry.last_sequence, 0);
    assert_false(rtcp_pause_iterator_next(&iterator, &entry));
    assert_false(iterator.failed);
}

static void an_entry_that_is_cut_ends_the_walk(void **state)
{
    static const char *const packets[] = {
        "89 cd 00 03 11111111 00000000 22222222",
        "89 cd 00 04 11111111 00000000 22222222 00 01 0001",
        "89 cd 00 05 11111111 00000000 22222222 20 ff 0001 00000001",
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes bytes = hex(packets[i]);
        struct rtcp_pause_iterator iterator = iterate(&bytes);
        struct rtcp_pause_entry entry;

        assert_false(rtcp_pause_iterator_next(&iterator, &entry));
        assert_true(iterator.failed);
    }
}

static void requests_and_indications_are_written_as_they_are_read(void **state)
{
    static const struct {
        struct rtcp_pause_entry entry;
        const char *packet;
    } table[] = {
        {{0x22222222, RTCP_PAUSE, 1, 0}, "89 cd 00 04 11111111 00000000 22222222 00 00 0001"},
        {{0x22222222, RTCP_RESUME, 1, 0}, "89 cd 00 04 11111111 00000000 22222222 10 00 0001"},
        {{0x22222222, RTCP_PAUSED, 1, 7},
            "89 cd 00 05 11111111 00000000 22222222 20 01 0001 00000007"},
        {{0x22222222, RTCP_REFUSED, 9, 0}, "89 cd 00 04 11111111 00000000 22222222 30 00 0009"},
    };

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct test_bytes expected = hex(table[i].packet);
        uint8_t out[32];
        struct byte_writer writer;

        byte_writer_init(&writer, out, expected.len);
        rtcp_write_pause(&writer, 0x11111111, &table[i].entry);
        assert_false(writer.failed);
        assert_int_equal(writer.len, expected.len);
        assert_memory_equal(out, expected.data, expected.len);

        byte_writer_init(&writer, out, expected.len - 1);
        rtcp_write_pause(&writer, 0x11111111, &table[i].entry);
        assert_true(writer.failed);
        assert_int_equal(writer.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_read_in_order),
        cmocka_unit_test(unknown_types_and_parameters_are_passed_over),
        cmocka_unit_test(an_entry_that_is_cut_ends_the_walk),
        cmocka_unit_test(requests_and_indications_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
