/* Delay alone: the trend line, what waits on the line, and what arrives. */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/burst_queue.h"
#include "relay/routing/busy_period.h"
#include "relay/routing/delay_detector.h"
#include "relay/routing/queueing_delay.h"
#include "relay/routing/throughput.h"

#define START    (100 * US_PER_S)
#define DELAY_US 25000

/* A group every 10 ms, its delay growing by slope microseconds per millisecond. */
static unsigned count_usage(struct delay_detector *detector, int groups, int slope,
    int64_t offset_us, enum delay_usage usage)
{
    unsigned count = 0;

    for (int i = 0; i < groups; i++) {
        uint64_t sent_us = START + (uint64_t)i * 10 * US_PER_MS;
        delay_detector_add(detector, sent_us, (int64_t)sent_us + offset_us + slope * 10 * i);
        count += detector->usage == usage;
    }
    return count;
}

static void even_delay_is_normal(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    assert_int_equal(count_usage(&detector, 500, 0, DELAY_US, DELAY_NORMAL), 500);
}

static void a_growing_queue_is_overuse_within_half_a_second(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    assert_true(count_usage(&detector, 50, 200, DELAY_US, DELAY_OVERUSE) > 0);
    assert_int_equal(detector.usage, DELAY_OVERUSE);
}

static void an_emptying_queue_is_underuse(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    count_usage(&detector, 50, -200, 600000, DELAY_UNDERUSE);
    assert_int_equal(detector.usage, DELAY_UNDERUSE);
}

static void clock_drift_is_no_queue(void **state)
{
    struct delay_detector detector;

    /* two hundred parts per million, ten times what a bad crystal does */
    delay_detector_init(&detector);
    for (int i = 0; i < 6000; i++) {
        uint64_t sent_us = START + (uint64_t)i * 10 * US_PER_MS;
        delay_detector_add(&detector, sent_us, (int64_t)sent_us + DELAY_US + 2 * i);
        assert_int_equal(detector.usage, DELAY_NORMAL);
    }
}

static void packets_sent_together_are_one_group(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    for (unsigned i = 0; i < 200; i++)
        delay_detector_add(
            &detector, START + i * 20, (int64_t)(START + i * 20) + DELAY_US + 4000 * (int64_t)i);
    assert_false(detector.previous.used);
}

static void a_jump_of_the_clock_starts_anew(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    count_usage(&detector, 50, 0, DELAY_US, DELAY_NORMAL);
    delay_detector_add(&detector, START + US_PER_S, (int64_t)START + 3600 * (int64_t)US_PER_S);
    assert_int_equal(detector.changes, 0);
    assert_int_equal(detector.usage, DELAY_NORMAL);
}

static void the_threshold_follows_what_is_usual(void **state)
{
    struct delay_detector detector;

    delay_detector_init(&detector);
    double before = detector.threshold;
    count_usage(&detector, 500, 0, DELAY_US, DELAY_NORMAL);
    assert_true(detector.threshold < before);
    assert_true(detector.threshold >= 6);
}

/* ---- what waits ---- */

static void add_batch(
    struct queueing_delay *delay, uint64_t at_us, const int *waits_ms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t sent_us = at_us + i * 10 * US_PER_MS;
        queueing_delay_add(delay, sent_us,
            (int64_t)sent_us - 777 * (int64_t)US_PER_S + DELAY_US + waits_ms[i] * 1000);
    }
}

/* A second of a line on which nothing waits. */
static uint64_t add_quiet(struct queueing_delay *delay)
{
    static const int none[10];

    for (uint64_t i = 0; i < 10; i++) {
        add_batch(delay, START + i * 100 * US_PER_MS, none, 10);
        queueing_delay_judge(delay, 0);
    }
    return START + US_PER_S;
}

static void the_least_of_many_is_what_waits(void **state)
{
    static const int jitter[10] = {60, 12, 45, 33, 0, 50, 41, 0, 22, 59};
    static const int queue[10] = {90, 72, 95, 73, 80, 90, 71, 85, 72, 99};
    struct queueing_delay delay;

    queueing_delay_init(&delay);
    uint64_t at_us = add_quiet(&delay);
    add_batch(&delay, at_us, jitter, 10);
    assert_in_range(queueing_delay_us(&delay), 0, 22000);
    queueing_delay_judge(&delay, 0);
    assert_false(delay.rises);
    add_batch(&delay, at_us + 100 * US_PER_MS, queue, 10);
    assert_in_range(queueing_delay_us(&delay), 71000, 85000);
    queueing_delay_judge(&delay, 0);
    assert_true(delay.real);
    assert_true(delay.rises);
}

static void a_first_large_change_does_not_hide_the_next(void **state)
{
    int queue[10];
    struct queueing_delay delay;

    queueing_delay_init(&delay);
    uint64_t at_us = add_quiet(&delay);
    for (size_t i = 0; i < 10; i++)
        queue[i] = 34;
    add_batch(&delay, at_us, queue, 10);
    queueing_delay_judge(&delay, 0);
    assert_false(delay.rises);
    for (size_t i = 0; i < 10; i++)
        queue[i] = 47;
    add_batch(&delay, at_us + 100 * US_PER_MS, queue, 10);
    queueing_delay_judge(&delay, 0);
    assert_true(delay.rises);
}

static void a_standing_queue_is_real_but_does_not_rise(void **state)
{
    int queue[10];
    struct queueing_delay delay;
    unsigned rises = 0;

    queueing_delay_init(&delay);
    uint64_t at_us = add_quiet(&delay);
    for (size_t i = 0; i < 10; i++)
        queue[i] = 100;
    for (uint64_t n = 0; n < 100; n++) {
        add_batch(&delay, at_us + n * 100 * US_PER_MS, queue, 10);
        queueing_delay_judge(&delay, 0);
        rises += delay.rises;
    }
    assert_int_equal(rises, 1);
    assert_false(delay.real); /* it has become usual */
}

static void bursts_of_our_own_explain_a_wait(void **state)
{
    int wait[10];
    struct queueing_delay delay;

    queueing_delay_init(&delay);
    uint64_t at_us = add_quiet(&delay);
    for (size_t i = 0; i < 10; i++)
        wait[i] = 80;
    add_batch(&delay, at_us, wait, 10);
    queueing_delay_judge(&delay, 80000);
    assert_false(delay.real);
    assert_false(delay.rises);
}

/* Packets of 1000 bytes, sent and arriving at their own intervals, the first after first_wait_us. */
static bool shows_less(uint64_t sent_us, int64_t arrived_us, int64_t first_wait_us,
    unsigned packets, uint64_t *ret_bps)
{
    struct busy_period period = {0};

    for (unsigned i = 0; i < packets; i++)
        busy_period_add(&period, first_wait_us + i * (arrived_us - (int64_t)sent_us),
            START + i * sent_us, 777 + i * arrived_us, 1000);
    return busy_period_shows_less(&period, 2500000, ret_bps);
}

static void a_line_that_never_rests_tells_its_rate(void **state)
{
    uint64_t bps = 0;

    assert_true(shows_less(4000, 8000, 21000, 12, &bps)); /* 2 Mbit/s over one of 1 Mbit/s */
    assert_int_equal(bps, 1000000);
    assert_false(shows_less(4000, 8000, 21000, 10, &bps));  /* too short to tell */
    assert_false(shows_less(0, 3500, 21000, 40, &bps));     /* a burst, at the known rate */
    assert_false(shows_less(8000, 8000, 60000, 12, &bps));  /* no more was sent */
    assert_false(shows_less(4000, 8000, -30000, 12, &bps)); /* it rested at first */
    assert_true(shows_less(4000, 8000, -30000, 30, &bps));
}

static void what_a_line_delivered_before_it_rested_is_forgotten(void **state)
{
    struct busy_period period = {0};
    uint64_t bps;

    for (unsigned i = 0; i < 12; i++)
        busy_period_add(&period, 30000, START + i * UINT64_C(4000), i * INT64_C(8000), 1000);
    assert_true(busy_period_shows_less(&period, 2500000, &bps));
    busy_period_add(&period, 10000, START + US_PER_S, US_PER_S, 1000);
    assert_false(busy_period_shows_less(&period, 2500000, &bps));
}

static void a_burst_waits_by_the_estimated_rate(void **state)
{
    struct burst_queue queue;

    burst_queue_init(&queue, 1000000, START);
    for (int i = 0; i < 10; i++)
        burst_queue_add(&queue, 1250, START);
    assert_int_equal(burst_queue_take_us(&queue), 100000);
    /* it stays an explanation for the report after it, then only what came since is one */
    burst_queue_add(&queue, 1250, START + 200 * US_PER_MS);
    assert_int_equal(burst_queue_take_us(&queue), 100000);
    burst_queue_add(&queue, 125, START + 400 * US_PER_MS);
    burst_queue_take_us(&queue);
    assert_int_equal(burst_queue_take_us(&queue), 10000);
}

/* ---- what arrives ---- */

static void throughput_is_bytes_over_time(void **state)
{
    static const uint64_t windows_us[] = {100000, 200000, 500000, 750000};
    struct throughput throughput;

    throughput_init(&throughput);
    assert_int_equal(throughput_bps(&throughput, 500000), 0);
    for (int i = 0; i < 200; i++)
        throughput_add(&throughput, -400000 + i * 10000, 1250); /* through zero of the clock */
    for (size_t i = 0; i < sizeof(windows_us) / sizeof(windows_us[0]); i++)
        assert_in_range(throughput_bps(&throughput, windows_us[i]), 950000, 1100000);
}

static void a_clock_below_zero_counts_as_well(void **state)
{
    for (int end = -100000; end <= 100000; end += 10000) {
        struct throughput throughput;
        throughput_init(&throughput);
        for (int at = end - 600000; at <= end; at += 1000)
            throughput_add(&throughput, at, 125);
        assert_in_range(throughput_bps(&throughput, 100000), 990000, 1020000);
    }
}

static void a_short_window_sees_a_change_first(void **state)
{
    struct throughput throughput;

    throughput_init(&throughput);
    for (int i = 0; i < 100; i++)
        throughput_add(&throughput, i * 5000, 1250); /* 2 Mbit/s */
    for (int i = 0; i < 20; i++)
        throughput_add(&throughput, 500000 + i * 10000, 1250); /* 1 Mbit/s */
    assert_in_range(throughput_bps(&throughput, 150000), 900000, 1200000);
    assert_in_range(throughput_bps(&throughput, 500000), 1400000, 1900000);
}

static void silence_empties_the_window(void **state)
{
    struct throughput throughput;

    throughput_init(&throughput);
    for (int i = 0; i < 100; i++)
        throughput_add(&throughput, i * 5000, 1250);
    throughput_add(&throughput, 3000000, 1250);
    assert_in_range(throughput_bps(&throughput, 500000), 1, 25000);
    throughput_add(&throughput, 100000, 100000); /* far too late: not counted */
    assert_in_range(throughput_bps(&throughput, 500000), 1, 25000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_delay_is_normal),
        cmocka_unit_test(a_growing_queue_is_overuse_within_half_a_second),
        cmocka_unit_test(an_emptying_queue_is_underuse),
        cmocka_unit_test(clock_drift_is_no_queue),
        cmocka_unit_test(packets_sent_together_are_one_group),
        cmocka_unit_test(a_jump_of_the_clock_starts_anew),
        cmocka_unit_test(the_threshold_follows_what_is_usual),
        cmocka_unit_test(the_least_of_many_is_what_waits),
        cmocka_unit_test(a_first_large_change_does_not_hide_the_next),
        cmocka_unit_test(a_line_that_never_rests_tells_its_rate),
        cmocka_unit_test(what_a_line_delivered_before_it_rested_is_forgotten),
        cmocka_unit_test(a_standing_queue_is_real_but_does_not_rise),
        cmocka_unit_test(bursts_of_our_own_explain_a_wait),
        cmocka_unit_test(a_burst_waits_by_the_estimated_rate),
        cmocka_unit_test(throughput_is_bytes_over_time),
        cmocka_unit_test(a_clock_below_zero_counts_as_well),
        cmocka_unit_test(a_short_window_sees_a_change_first),
        cmocka_unit_test(silence_empties_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
