#include "relay/wire/transport_feedback.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static int parse(const struct test_bytes *bytes, struct transport_feedback *ret_view)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_feedback feedback;

    rtcp_iterator_init(&iterator, bytes->data, bytes->len);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_int_equal(rtcp_parse_feedback(&packet, &feedback), 0);
    return transport_feedback_parse(&feedback, ret_view);
}

static void reads_all_three_kinds_of_chunk(void **state)
{
    /* base 65534; run of 3 small; one-bit 14 (two received); two-bit 7 (small, large, lost…) */
    struct test_bytes bytes = hex("8f cd 00 08 11 11 11 11 22 22 22 22 ff fe 00 18 00 00 02 07"
                                  "20 03 a0 01 d8 00 04 08 00 01 02 03 ff fc 00 00");
    struct transport_feedback_iterator iterator;
    struct transport_feedback_status status[24];
    struct transport_feedback view;

    assert_int_equal(parse(&bytes, &view), 0);
    assert_int_equal(view.base_sequence, 65534);
    assert_int_equal(view.status_count, 24);
    assert_int_equal(view.reference_time, 2);
    assert_int_equal(view.feedback_count, 7);
    transport_feedback_iterator_init(&iterator, &view);
    for (size_t i = 0; i < 24; i++)
        assert_true(transport_feedback_iterator_next(&iterator, &status[i]));
    assert_false(transport_feedback_iterator_next(&iterator, &status[0]));

    static const size_t received[] = {0, 1, 2, 3, 16, 17, 18};
    static const int64_t arrival_us[] = {129000, 131000, 131000, 131250, 131750, 132500, 131500};
    for (size_t i = 0, next = 0; i < 24; i++) {
        bool expected = next < COUNT_OF(received) && received[next] == i;
        assert_int_equal(status[i].sequence, (uint16_t)(65534 + i));
        assert_int_equal(status[i].received, expected);
        if (expected)
            assert_int_equal(status[i].arrival_us, arrival_us[next++]);
    }
}

static void a_negative_reference_time_is_read_as_such(void **state)
{
    struct test_bytes bytes = hex("8f cd 00 05 11 11 11 11 22 22 22 22 00 01 00 01 ff ff ff 00"
                                  "20 01 04 00");
    struct transport_feedback_iterator iterator;
    struct transport_feedback_status status;
    struct transport_feedback view;

    assert_int_equal(parse(&bytes, &view), 0);
    transport_feedback_iterator_init(&iterator, &view);
    assert_true(transport_feedback_iterator_next(&iterator, &status));
    assert_int_equal(status.arrival_us, -64000 + 1000);
}

static void malformed_feedback_is_refused(void **state)
{
    static const char *const packets[] = {
        /* no status */
        "8f cd 00 05 11 11 11 11 22 22 22 22 00 01 00 00 00 00 00 00 20 01 04 00",
        /* head cut */
        "8f cd 00 03 11 11 11 11 22 22 22 22 00 01 00 01",
        /* chunks missing */
        "8f cd 00 04 11 11 11 11 22 22 22 22 00 01 00 01 00 00 00 00",
        /* second chunk missing */
        "8f cd 00 05 11 11 11 11 22 22 22 22 00 01 00 0a 00 00 00 00 20 01 04",
        /* deltas missing */
        "8f cd 00 05 11 11 11 11 22 22 22 22 00 01 00 03 00 00 00 00 20 03 04 04",
        /* a run of none never ends */
        "8f cd 00 05 11 11 11 11 22 22 22 22 00 01 00 03 00 00 00 00 20 00 20 00",
        /* reserved symbol, in a run and in a vector */
        "8f cd 00 06 11 11 11 11 22 22 22 22 00 01 00 01 00 00 00 00 60 01 04 04 04 04 04 04",
        "8f cd 00 06 11 11 11 11 22 22 22 22 00 01 00 01 00 00 00 00 f0 00 04 04 04 04 04 04",
        /* more statuses than are believed, in a few bytes */
        "8f cd 00 05 11 11 11 11 22 22 22 22 00 01 20 01 00 00 00 00 1f ff 00 02",
    };

    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct test_bytes bytes = hex(packets[i]);
        struct transport_feedback view;
        bytes.len = bytes.len / 4 * 4;
        bytes.data[3] = (uint8_t)(bytes.len / 4 - 1);
        assert_int_equal(parse(&bytes, &view), -EBADMSG);
    }
}

struct arrival {
    uint16_t sequence;
    uint64_t us;
};

/* Builds, writes and reads one feedback; every arrival must come back within 125 µs of a constant
 * offset, every other sequence number as lost. */
static void check_round_trip(uint16_t base, const struct arrival *arrivals, size_t count)
{
    static struct transport_feedback_builder builder;
    struct transport_feedback_iterator iterator;
    struct transport_feedback_status status;
    struct transport_feedback view;
    struct byte_writer writer;
    struct test_bytes bytes = {0};
    size_t next = 0;

    transport_feedback_builder_init(&builder, base);
    for (size_t i = 0; i < count; i++)
        assert_true(transport_feedback_builder_add(&builder, arrivals[i].sequence, arrivals[i].us));
    assert_int_equal(
        transport_feedback_builder_next(&builder), (uint16_t)(arrivals[count - 1].sequence + 1));
    byte_writer_init(&writer, bytes.data, TRANSPORT_FEEDBACK_BUILDER_BYTES);
    transport_feedback_builder_write(&builder, &writer, 1, 2, 3);
    assert_false(writer.failed);
    bytes.len = writer.len;
    assert_int_equal(bytes.len % 4, 0);

    assert_int_equal(parse(&bytes, &view), 0);
    assert_int_equal(view.sender_ssrc, 1);
    assert_int_equal(view.media_ssrc, 2);
    assert_int_equal(view.feedback_count, 3);
    assert_int_equal(view.base_sequence, base);
    int64_t epoch_us = (int64_t)(arrivals[0].us / 64000 * 64000) -
                       (int64_t)view.reference_time * TRANSPORT_FEEDBACK_REFERENCE_US;
    transport_feedback_iterator_init(&iterator, &view);
    while (transport_feedback_iterator_next(&iterator, &status)) {
        bool expected = next < count && arrivals[next].sequence == status.sequence;
        assert_int_equal(status.received, expected);
        if (expected) {
            int64_t error_us = status.arrival_us + epoch_us - (int64_t)arrivals[next++].us;
            assert_in_range(error_us + 125, 0, 250);
        }
    }
    assert_int_equal(next, count);
}

static void feedback_reads_back_as_built(void **state)
{
    static const struct arrival steady[] = {
        {10, 1000000}, {11, 1004000}, {12, 1008100}, {13, 1008101}};
    static const struct arrival gaps[] = {{65530, 5000000}, {65535, 5001000}, {0, 5090000},
        {40, 5089000}, {400, 9000000}, {401, 9000100}};
    static const struct arrival one[] = {{7, 63999}};
    static const struct arrival late_clock[] = {
        {1, UINT64_C(0xffffff) * 64000 + 63000}, {2, UINT64_C(0x1000000) * 64000}};
    struct arrival many[TRANSPORT_FEEDBACK_BUILDER_STATUSES];
    struct arrival wild[TRANSPORT_FEEDBACK_BUILDER_STATUSES];

    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = (struct arrival){(uint16_t)i, 1000000 + i * 1000};
        /* each delta needs two bytes: the largest packet that can be */
        wild[i] = (struct arrival){(uint16_t)i, 100000000 + (i % 2) * 100000 + i};
    }
    check_round_trip(10, steady, COUNT_OF(steady));
    check_round_trip(65528, gaps, COUNT_OF(gaps));
    check_round_trip(7, one, COUNT_OF(one));
    check_round_trip(1, late_clock, COUNT_OF(late_clock));
    check_round_trip(0, many, COUNT_OF(many));
    check_round_trip(0, wild, COUNT_OF(wild));
}

static void every_pattern_of_loss_reads_back(void **state)
{
    uint32_t random = 12345;

    for (unsigned round = 0; round < 300; round++) {
        struct arrival arrivals[TRANSPORT_FEEDBACK_BUILDER_STATUSES];
        size_t count = 0;
        uint64_t us = 1000000;
        for (uint16_t i = 0; i < TRANSPORT_FEEDBACK_BUILDER_STATUSES; i++) {
            random = random * 1664525 + 1013904223;
            if ((random >> 16) % 100 < round % 100)
                continue;
            us += (random >> 24) % 50 == 0 ? 70000 : (random >> 20) % 4000;
            arrivals[count++] = (struct arrival){(uint16_t)(60000 + 20 * round + i), us};
        }
        if (count > 0)
            check_round_trip((uint16_t)(60000 + 20 * round), arrivals, count);
    }
}

static void what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
    static struct transport_feedback_builder builder;
    struct byte_writer writer;
    uint8_t data[64];

    transport_feedback_builder_init(&builder, 100);
    byte_writer_init(&writer, data, sizeof(data));
    transport_feedback_builder_write(&builder, &writer, 1, 2, 3);
    assert_true(writer.failed); /* nothing received */

    assert_false(transport_feedback_builder_add(&builder, 99, 1000000));
    assert_false(transport_feedback_builder_add(&builder, 600, 1000000));
    assert_true(transport_feedback_builder_add(&builder, 105, 1000000));
    assert_false(transport_feedback_builder_add(&builder, 105, 1000001));
    assert_false(transport_feedback_builder_add(&builder, 104, 1000001));
    assert_false(transport_feedback_builder_add(&builder, 106, 1000000 + 8300000));
    assert_true(transport_feedback_builder_add(&builder, 106, 1000250));
    assert_int_equal(transport_feedback_builder_next(&builder), 107);

    byte_writer_init(&writer, data, 23);
    transport_feedback_builder_write(&builder, &writer, 1, 2, 3);
    assert_true(writer.failed);
    assert_int_equal(writer.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_three_kinds_of_chunk),
        cmocka_unit_test(a_negative_reference_time_is_read_as_such),
        cmocka_unit_test(malformed_feedback_is_refused),
        cmocka_unit_test(feedback_reads_back_as_built),
        cmocka_unit_test(every_pattern_of_loss_reads_back),
        cmocka_unit_test(what_does_not_fit_is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
