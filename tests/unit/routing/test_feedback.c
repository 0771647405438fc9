/* What goes back to a publisher: transport-wide arrivals, report blocks, its clock against ours. */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/arrival_feedback.h"
#include "relay/routing/publisher_clock.h"
#include "relay/routing/reception.h"
#include "relay/wire/transport_feedback.h"

#include <string.h>

static struct arrival_feedback arrivals;
static uint8_t buffer[1400];

/* Writes one feedback and reads it back; returns how many packets it says have arrived. */
static size_t report(uint64_t now_us, struct transport_feedback *ret_feedback)
{
    struct byte_writer writer;
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_feedback feedback;
    struct transport_feedback_iterator statuses;
    struct transport_feedback_status status;
    size_t received = 0;

    byte_writer_init(&writer, buffer, sizeof(buffer));
    if (!arrival_feedback_write(&arrivals, &writer, 1, 2, now_us))
        return 0;
    assert_false(writer.failed);
    rtcp_iterator_init(&iterator, buffer, writer.len);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_int_equal(rtcp_parse_feedback(&packet, &feedback), 0);
    assert_int_equal(feedback.media_ssrc, 2);
    assert_int_equal(transport_feedback_parse(&feedback, ret_feedback), 0);
    transport_feedback_iterator_init(&statuses, ret_feedback);
    while (transport_feedback_iterator_next(&statuses, &status))
        received += status.received;
    return received;
}

static void each_arrival_is_reported_once_and_losses_between_them(void **state)
{
    struct transport_feedback feedback;

    memset(&arrivals, 0, sizeof(arrivals));
    for (uint16_t i = 0; i < 20; i++) {
        if (i != 7)
            arrival_feedback_add(&arrivals, (uint16_t)(65530 + i), US_PER_S + i * 2000U);
    }
    assert_false(arrival_feedback_due(&arrivals, US_PER_S + 99999));
    assert_true(arrival_feedback_due(&arrivals, US_PER_S + 100000));
    assert_int_equal(report(US_PER_S + 100000, &feedback), 19);
    assert_int_equal(feedback.base_sequence, 65530);
    assert_int_equal(feedback.status_count, 20);
    assert_int_equal(feedback.feedback_count, 0);
    assert_int_equal(report(US_PER_S + 100000, &feedback), 0);
    assert_false(arrival_feedback_due(&arrivals, 5 * US_PER_S));

    arrival_feedback_add(&arrivals, 14, US_PER_S + 150000);
    assert_int_equal(report(US_PER_S + 200000, &feedback), 1);
    assert_int_equal(feedback.base_sequence, 14);
    assert_int_equal(feedback.feedback_count, 1);
}

static void a_packet_reported_lost_that_comes_after_all_is_reported_again(void **state)
{
    struct transport_feedback feedback;

    memset(&arrivals, 0, sizeof(arrivals));
    arrival_feedback_add(&arrivals, 1, US_PER_S);
    arrival_feedback_add(&arrivals, 3, US_PER_S + 1000);
    assert_int_equal(report(US_PER_S + 100000, &feedback), 2);
    arrival_feedback_add(&arrivals, 2, US_PER_S + 110000);
    arrival_feedback_add(&arrivals, 2, US_PER_S + 120000);
    assert_int_equal(arrivals.pending, 1);
    assert_int_equal(report(US_PER_S + 200000, &feedback), 2); /* and 3 once more behind it */
    assert_int_equal(feedback.base_sequence, 2);
}

static void many_packets_hasten_the_report_and_a_huge_gap_does_not_stop_it(void **state)
{
    struct transport_feedback feedback;
    size_t received = 0;
    size_t count;

    memset(&arrivals, 0, sizeof(arrivals));
    for (uint16_t i = 0; i < 200; i++)
        arrival_feedback_add(&arrivals, i, US_PER_S + i * 10U);
    assert_true(arrival_feedback_due(&arrivals, US_PER_S + 2000));
    arrival_feedback_add(&arrivals, 900, US_PER_S + 20000);
    for (uint16_t i = 0; i < 100; i++)
        arrival_feedback_add(&arrivals, (uint16_t)(30000 + i), US_PER_S + 30000);
    while ((count = report(US_PER_S + 100000, &feedback)) > 0)
        received += count;
    assert_int_equal(received, 100); /* the ring has forgotten what lies 29,000 back */
}

static void report_blocks_count_losses_jitter_and_the_time_since_the_report(void **state)
{
    struct reception reception;
    struct rtcp_report_block block;
    uint64_t now_us = US_PER_S;

    reception_reset(&reception);
    for (int64_t i = 0; i < 100; i++) {
        now_us += 20 * US_PER_MS;
        if (i % 4 != 1)
            reception_add(&reception, 65536 + 65500 + i, (uint32_t)i * 960, 48000, 100, now_us);
    }
    reception_sender_report(&reception, UINT64_C(0x1234567890abcdef), now_us);
    reception_report(&reception, 9, now_us + US_PER_S / 2, &block);
    assert_int_equal(block.ssrc, 9);
    assert_int_equal(block.cumulative_lost, 25);
    assert_int_equal(block.fraction_lost, 64);
    assert_int_equal(block.highest_seq, 65500 + 99);
    assert_int_equal(block.jitter_rtp, 0);
    assert_int_equal(block.last_sr, 0x567890ab);
    assert_int_equal(block.delay_since_last_sr, 32768);
    assert_in_range(reception_bitrate_bps(&reception, now_us), 25000, 45000);

    reception_report(&reception, 9, now_us + US_PER_S, &block);
    assert_int_equal(block.fraction_lost, 0);

    /* every second packet 10 ms late: jitter goes towards 10 ms */
    for (int64_t i = 100; i < 400; i++) {
        now_us += 20 * US_PER_MS;
        reception_add(&reception, 65536 + 65500 + i, (uint32_t)i * 960, 48000, 100,
            now_us + (i & 1) * 10 * US_PER_MS);
    }
    reception_report(&reception, 9, now_us, &block);
    assert_in_range(block.jitter_rtp, 450, 480);
}

static void reports_of_one_publisher_share_one_offset_until_its_clock_jumps(void **state)
{
    struct publisher_clock clock = {0};
    struct report_mapping audio = {0};
    struct report_mapping video = {0};
    const uint64_t second = UINT64_C(1) << 32;
    uint64_t ntp = UINT64_C(0xe0000000) << 32;

    publisher_clock_report(&clock, &audio, 0, 5, US_PER_S);
    assert_false(audio.known);
    publisher_clock_report(&clock, &audio, ntp, 1000, 10 * US_PER_S);
    publisher_clock_report(&clock, &video, ntp + second, 2000, 11 * US_PER_S + 80 * US_PER_MS);
    assert_int_equal(report_mapping_at(&audio, 48000, 11 * US_PER_S), 49000);
    assert_int_equal(report_mapping_at(&video, 90000, 11 * US_PER_S), 2000);

    /* an hour back: each mapping stays near our time */
    ntp -= 3600 * second;
    publisher_clock_report(&clock, &audio, ntp + 2 * second, 97000, 12 * US_PER_S);
    assert_int_equal(report_mapping_at(&audio, 48000, 12 * US_PER_S), 97000);
    assert_int_equal(report_mapping_at(&video, 90000, 12 * US_PER_S), 92000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_arrival_is_reported_once_and_losses_between_them),
        cmocka_unit_test(a_packet_reported_lost_that_comes_after_all_is_reported_again),
        cmocka_unit_test(many_packets_hasten_the_report_and_a_huge_gap_does_not_stop_it),
        cmocka_unit_test(report_blocks_count_losses_jitter_and_the_time_since_the_report),
        cmocka_unit_test(reports_of_one_publisher_share_one_offset_until_its_clock_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
