/* The face of bandwidth estimation, fed with real feedback packets. */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/bandwidth_estimator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define START      (100 * US_PER_S)
#define PACKET_US  (5 * US_PER_MS) /* 1000 bytes each: 1.6 Mbit/s */
#define BYTES      1000
#define REPORT_US  (100 * US_PER_MS)
#define DELAY_US   (25 * US_PER_MS)
#define PER_REPORT (REPORT_US / PACKET_US)
#define WRAP_64MS  0x1000000 /* reference times that there are */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool no_memory;

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

static struct bandwidth_estimator estimator;
static uint64_t now_us;
static uint16_t sequence;
static uint8_t feedback_count;
static uint64_t clock_us; /* of the viewer, ahead of ours */

static void open_with(bool transport_cc)
{
    now_us = START;
    sequence = 65500;
    feedback_count = 250;
    clock_us = 0;
    assert_int_equal(bandwidth_estimator_init(&estimator, transport_cc, now_us), 0);
}

static int open_estimator(void **state)
{
    open_with(true);
    return 0;
}

static int close_estimator(void **state)
{
    bandwidth_estimator_finish(&estimator);
    return 0;
}

static struct transport_feedback parse(const uint8_t *data, size_t len)
{
    struct rtcp_iterator iterator;
    struct rtcp_packet packet;
    struct rtcp_feedback common;
    struct transport_feedback feedback;

    rtcp_iterator_init(&iterator, data, len);
    assert_true(rtcp_iterator_next(&iterator, &packet));
    assert_int_equal(rtcp_parse_feedback(&packet, &common), 0);
    assert_int_equal(transport_feedback_parse(&common, &feedback), 0);
    return feedback;
}

/* One report of packets that were sent since since_us, each delay_us later; every lose_every-th is lost. */
static void report(uint16_t first, uint64_t since_us, uint64_t delay_us, unsigned lose_every)
{
    struct transport_feedback_builder builder;
    uint8_t data[TRANSPORT_FEEDBACK_BUILDER_BYTES];
    struct byte_writer writer;

    transport_feedback_builder_init(&builder, first);
    for (unsigned i = 0; i < PER_REPORT; i++) {
        if (lose_every == 0 || (i + 1) % lose_every != 0)
            assert_true(transport_feedback_builder_add(
                &builder, (uint16_t)(first + i), since_us + i * PACKET_US + delay_us + clock_us));
    }
    byte_writer_init(&writer, data, sizeof(data));
    transport_feedback_builder_write(&builder, &writer, 1, 2, feedback_count++);
    assert_false(writer.failed);
    struct transport_feedback feedback = parse(data, writer.len);
    bandwidth_estimator_on_feedback(&estimator, &feedback, now_us);
}

enum answer { ANSWERED, UNANSWERED, FEEDBACK_LOST };

/* Sends for 100 ms and gets the report. */
static void round_trip(uint64_t delay_us, unsigned lose_every, enum answer answer)
{
    uint16_t first = sequence;
    uint64_t since_us = now_us;

    for (unsigned i = 0; i < PER_REPORT; i++, now_us += PACKET_US) {
        bandwidth_estimator_on_sent(&estimator, sequence++, BYTES, now_us);
        bandwidth_estimator_tick(&estimator, now_us);
    }
    if (answer == FEEDBACK_LOST)
        feedback_count++;
    if (answer == ANSWERED)
        report(first, since_us, delay_us, lose_every);
}

static void rounds(unsigned count)
{
    while (count-- > 0)
        round_trip(DELAY_US, 0, ANSWERED);
}

static void without_memory_there_is_none(void **state)
{
    struct bandwidth_estimator other;

    no_memory = true;
    int err = bandwidth_estimator_init(&other, true, START);
    no_memory = false;
    assert_int_equal(err, -ENOMEM);
}

static void it_begins_somewhere(void **state)
{
    assert_int_equal(bandwidth_estimator_bps(&estimator), BANDWIDTH_START_BPS);
    assert_true(bandwidth_estimator_pacing_bps(&estimator) > BANDWIDTH_START_BPS);
    assert_int_equal(bandwidth_estimator_rtt_us(&estimator), 0);
    assert_int_equal(bandwidth_estimator_queue_us(&estimator), 0);
}

static void feedback_tells_round_trip_and_loss(void **state)
{
    for (int i = 0; i < 100; i++)
        round_trip(DELAY_US, 7, ANSWERED);
    assert_in_range(bandwidth_estimator_rtt_us(&estimator), 5000, 11000);
    assert_true(bandwidth_estimator_loss(&estimator) > 0.08);
    assert_true(bandwidth_estimator_loss(&estimator) < 0.12);
}

static void a_clean_line_lets_it_grow_to_what_is_sent_and_half_as_much(void **state)
{
    rounds(600);
    assert_in_range(bandwidth_estimator_bps(&estimator), 2300000, 2600000);
    rounds(600);
    assert_in_range(bandwidth_estimator_bps(&estimator), 2300000, 2600000);
}

static void a_growing_queue_brings_it_down_and_slows_the_pacer(void **state)
{
    rounds(200);
    uint64_t before_bps = bandwidth_estimator_bps(&estimator);
    for (uint64_t i = 0; i < 5; i++) /* each packet 1.8 ms later than the one before */
        round_trip(DELAY_US + (i + 1) * 36 * US_PER_MS, 0, ANSWERED);
    assert_true(bandwidth_estimator_bps(&estimator) < before_bps * 6 / 10);
    assert_true(bandwidth_estimator_queue_us(&estimator) > 100000);
    assert_true(bandwidth_estimator_pacing_bps(&estimator) < bandwidth_estimator_bps(&estimator));
    rounds(5); /* it is gone: what waited here does not follow in one burst */
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    assert_in_range(bandwidth_estimator_pacing_bps(&estimator), bps, bps * 5 / 4);
    rounds(25);
    assert_true(
        bandwidth_estimator_pacing_bps(&estimator) > bandwidth_estimator_bps(&estimator) * 2);
}

static void what_arrives_while_nothing_waits_is_carried(void **state)
{
    assert_false(bandwidth_estimator_has_measured(&estimator));
    rounds(2);
    assert_true(bandwidth_estimator_has_measured(&estimator));
    assert_in_range(bandwidth_estimator_carried_bps(&estimator), 1450000, 1750000);
    assert_in_range(bandwidth_estimator_bps(&estimator), 1400000, 1650000);
}

static void what_arrives_out_of_a_queue_is_not_carried(void **state)
{
    for (uint64_t i = 0; i < 3; i++) /* waits for 40 ms more each time */
        round_trip(DELAY_US + i * 40 * US_PER_MS, 0, ANSWERED);
    assert_int_equal(bandwidth_estimator_carried_bps(&estimator), 0);
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    round_trip(DELAY_US + 120 * US_PER_MS, 0, ANSWERED);
    assert_true(bandwidth_estimator_bps(&estimator) <= bps);
    assert_int_equal(bandwidth_estimator_carried_bps(&estimator), 0);
}

static void a_moment_of_arrivals_is_no_measure(void **state)
{
    struct transport_feedback_builder builder;
    uint8_t data[TRANSPORT_FEEDBACK_BUILDER_BYTES];
    struct byte_writer writer;

    transport_feedback_builder_init(&builder, sequence);
    for (unsigned i = 0; i < 20; i++, now_us += 2 * US_PER_MS) { /* 4 Mbit/s for 40 ms */
        assert_true(transport_feedback_builder_add(&builder, sequence, now_us + DELAY_US));
        bandwidth_estimator_on_sent(&estimator, sequence++, BYTES, now_us);
    }
    byte_writer_init(&writer, data, sizeof(data));
    transport_feedback_builder_write(&builder, &writer, 1, 2, feedback_count++);
    struct transport_feedback feedback = parse(data, writer.len);
    bandwidth_estimator_on_feedback(&estimator, &feedback, now_us);
    assert_false(bandwidth_estimator_has_measured(&estimator));
    assert_true(bandwidth_estimator_bps(&estimator) < BANDWIDTH_START_BPS * 11 / 10);
}

static void a_repeated_report_changes_nothing(void **state)
{
    rounds(50);
    uint16_t first = sequence;
    uint64_t since_us = now_us;
    round_trip(DELAY_US, 4, ANSWERED);
    struct bandwidth_estimator before = estimator;
    report(first, since_us, DELAY_US, 4);
    report(first, since_us, DELAY_US, 4);
    assert_memory_equal(&estimator.throughput, &before.throughput, sizeof(before.throughput));
    assert_int_equal(estimator.loss.received, before.loss.received);
    assert_int_equal(estimator.loss.lost, before.loss.lost);
    assert_int_equal(estimator.rtt_us, before.rtt_us);
}

static void lost_packets_that_are_reported_later_are_no_loss(void **state)
{
    for (int i = 0; i < 100; i++) {
        uint16_t first = sequence;
        uint64_t since_us = now_us;
        round_trip(DELAY_US, 4, ANSWERED);
        report(first, since_us, DELAY_US, 0);
    }
    assert_true(bandwidth_estimator_loss(&estimator) < 0.01);
}

static void a_lost_report_looks_like_no_gap(void **state)
{
    rounds(100);
    for (int i = 0; i < 40; i++)
        round_trip(DELAY_US, 0, i % 3 == 1 ? FEEDBACK_LOST : ANSWERED);
    assert_in_range(throughput_bps(&estimator.throughput, 500000), 1450000, 1750000);
    assert_true(bandwidth_estimator_loss(&estimator) < 0.01);
}

static void the_viewers_clock_may_go_round(void **state)
{
    clock_us = (uint64_t)(WRAP_64MS / 2) * 64000 - START - 5 * US_PER_S; /* sign of 24 bits */
    rounds(100);
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    clock_us += (uint64_t)(WRAP_64MS / 2) * 64000 - 12 * US_PER_S; /* the whole, and a jump to it */
    rounds(100);
    assert_true(bandwidth_estimator_bps(&estimator) >= bps);
    assert_int_equal(estimator.rate.decreased_us, 0);
    assert_int_equal(bandwidth_estimator_queue_us(&estimator), 0);
}

static void reports_may_overtake_each_other(void **state)
{
    rounds(100);
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    for (int i = 0; i < 20; i++) {
        uint16_t first = sequence;
        uint64_t since_us = now_us;
        round_trip(DELAY_US, 0, UNANSWERED);
        round_trip(DELAY_US, 0, ANSWERED);
        report(first, since_us, DELAY_US, 0); /* its reference time lies before */
    }
    assert_int_equal(estimator.rate.decreased_us, 0);
    assert_true(bandwidth_estimator_bps(&estimator) >= bps);
    assert_int_equal(bandwidth_estimator_queue_us(&estimator), 0);
    assert_in_range(throughput_bps(&estimator.throughput, 500000), 1400000, 1800000);
}

static void an_outage_backs_off_step_by_step_and_ends_at_once(void **state)
{
    rounds(200);
    uint64_t before_bps = bandwidth_estimator_bps(&estimator);
    for (int i = 0; i < 5; i++)
        round_trip(DELAY_US, 0, UNANSWERED);
    assert_int_equal(bandwidth_estimator_bps(&estimator), before_bps); /* a report is late */
    for (int i = 0; i < 4; i++)
        round_trip(DELAY_US, 0, UNANSWERED);
    assert_in_range(bandwidth_estimator_bps(&estimator), before_bps / 4, before_bps / 2);
    for (int i = 0; i < 40; i++)
        round_trip(DELAY_US, 0, UNANSWERED);
    assert_int_equal(bandwidth_estimator_bps(&estimator), 50000);
    rounds(1);
    assert_in_range(bandwidth_estimator_bps(&estimator), before_bps * 8 / 10, before_bps * 9 / 10);
}

static uint64_t outage_after_rounds(void)
{
    rounds(200);
    uint64_t before_bps = bandwidth_estimator_bps(&estimator);
    for (int i = 0; i < 49; i++)
        round_trip(DELAY_US, 0, UNANSWERED);
    assert_int_equal(bandwidth_estimator_bps(&estimator), 50000);
    return before_bps;
}

/* And the line is a longer one than before, for which 10 to 20 s are a queue that no probe may add to. */
static void packets_that_an_outage_held_up_do_not_hold_up_its_end(void **state)
{
    uint64_t before_bps = outage_after_rounds();

    for (int i = 0; i < 3; i++)
        round_trip(DELAY_US + 150 * US_PER_MS, 0, ANSWERED);
    assert_true(bandwidth_estimator_bps(&estimator) < before_bps / 2);
    for (int i = 0; i < 3; i++)
        round_trip(DELAY_US + 39 * US_PER_MS, 0, ANSWERED);
    assert_in_range(bandwidth_estimator_bps(&estimator), before_bps * 8 / 10, before_bps);
}

static void an_outage_that_leaves_a_queue_gives_nothing_back(void **state)
{
    uint64_t before_bps = outage_after_rounds();

    for (int i = 0; i < 40; i++)
        round_trip(DELAY_US + 150 * US_PER_MS, 0, ANSWERED);
    assert_false(bandwidth_estimator_is_out(&estimator));
    assert_true(bandwidth_estimator_bps(&estimator) < before_bps / 2);
}

static void silence_when_nothing_is_sent_is_no_outage(void **state)
{
    rounds(200);
    uint64_t before_bps = bandwidth_estimator_bps(&estimator);
    for (int i = 0; i < 500; i++)
        bandwidth_estimator_tick(&estimator, now_us += 10 * US_PER_MS);
    assert_int_equal(bandwidth_estimator_bps(&estimator), before_bps);
}

static void padding_is_due_only_for_who_wants_more(void **state)
{
    size_t packet_bytes;

    rounds(2);
    assert_int_equal(bandwidth_estimator_padding(&estimator, now_us, &packet_bytes), 0);
    bandwidth_estimator_set_wanted(&estimator, 3000000);
    bandwidth_estimator_tick(&estimator, now_us);
    size_t due = bandwidth_estimator_padding(&estimator, now_us, &packet_bytes);
    /* ten milliseconds of three times the estimate at most, and a packet */
    size_t most = (size_t)(3 * bandwidth_estimator_bps(&estimator) / 8 / 100) + packet_bytes;
    assert_in_range(due, packet_bytes, most);
    assert_in_range(packet_bytes, 200, 1200);
    /* media counts as well */
    bandwidth_estimator_on_sent(&estimator, sequence++, due, now_us);
    assert_int_equal(bandwidth_estimator_padding(&estimator, now_us, &packet_bytes), 0);
}

static void the_viewers_own_estimate_bounds_it_for_a_while(void **state)
{
    rounds(200);
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    bandwidth_estimator_on_remb(&estimator, 300000, now_us);
    assert_int_equal(bandwidth_estimator_bps(&estimator), 300000);
    bandwidth_estimator_on_remb(&estimator, 0, now_us);
    assert_int_equal(bandwidth_estimator_bps(&estimator), RATE_CONTROL_MIN_BPS);
    bandwidth_estimator_tick(&estimator, now_us + 6 * US_PER_S);
    assert_true(bandwidth_estimator_bps(&estimator) >= bps);
}

static void reports_do_instead_of_feedback(void **state)
{
    bandwidth_estimator_finish(&estimator);
    open_with(false);
    uint64_t bps = bandwidth_estimator_bps(&estimator);
    assert_true(bps > 2000000);

    rounds(3); /* what was not negotiated is not believed */
    assert_int_equal(bandwidth_estimator_bps(&estimator), bps);
    for (int i = 0; i < 10; i++)
        bandwidth_estimator_on_report(&estimator, 128, now_us += US_PER_S);
    assert_in_range(bandwidth_estimator_bps(&estimator), bps / 25, bps / 10);
    uint64_t low_bps = bandwidth_estimator_bps(&estimator);
    bandwidth_estimator_on_report(&estimator, 15, now_us += US_PER_S); /* 6%: neither */
    assert_int_equal(bandwidth_estimator_bps(&estimator), low_bps);
    bandwidth_estimator_on_report(&estimator, 0, now_us += US_PER_S);
    assert_int_equal(bandwidth_estimator_bps(&estimator), low_bps + low_bps * 8 / 100);
    bandwidth_estimator_on_report(&estimator, 0, now_us += US_PER_MS); /* of another slot */
    assert_int_equal(bandwidth_estimator_bps(&estimator), low_bps + low_bps * 8 / 100);
}

#define ESTIMATOR_TEST(name) cmocka_unit_test_setup_teardown(name, open_estimator, close_estimator)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_there_is_none),
        ESTIMATOR_TEST(it_begins_somewhere),
        ESTIMATOR_TEST(feedback_tells_round_trip_and_loss),
        ESTIMATOR_TEST(a_clean_line_lets_it_grow_to_what_is_sent_and_half_as_much),
        ESTIMATOR_TEST(a_growing_queue_brings_it_down_and_slows_the_pacer),
        ESTIMATOR_TEST(what_arrives_while_nothing_waits_is_carried),
        ESTIMATOR_TEST(what_arrives_out_of_a_queue_is_not_carried),
        ESTIMATOR_TEST(a_moment_of_arrivals_is_no_measure),
        ESTIMATOR_TEST(a_repeated_report_changes_nothing),
        ESTIMATOR_TEST(lost_packets_that_are_reported_later_are_no_loss),
        ESTIMATOR_TEST(a_lost_report_looks_like_no_gap),
        ESTIMATOR_TEST(the_viewers_clock_may_go_round),
        ESTIMATOR_TEST(reports_may_overtake_each_other),
        ESTIMATOR_TEST(an_outage_backs_off_step_by_step_and_ends_at_once),
        ESTIMATOR_TEST(packets_that_an_outage_held_up_do_not_hold_up_its_end),
        ESTIMATOR_TEST(an_outage_that_leaves_a_queue_gives_nothing_back),
        ESTIMATOR_TEST(silence_when_nothing_is_sent_is_no_outage),
        ESTIMATOR_TEST(padding_is_due_only_for_who_wants_more),
        ESTIMATOR_TEST(the_viewers_own_estimate_bounds_it_for_a_while),
        ESTIMATOR_TEST(reports_do_instead_of_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
