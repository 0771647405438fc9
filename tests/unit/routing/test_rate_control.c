/* The rates that delay and loss allow. */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/loss_control.h"
#include "relay/routing/rate_control.h"

#define START       (100 * US_PER_S)
#define INTERVAL_US (100 * US_PER_MS)

static struct rate_control rate;
static uint64_t now_us;

static void start(uint64_t bps)
{
    now_us = START;
    rate_control_init(&rate, bps, now_us);
}

static void feed(enum delay_usage usage, uint64_t acked_bps, uint64_t ms)
{
    struct rate_control_input input = {
        .usage = usage, .acked_bps = acked_bps, .acked_recent_bps = acked_bps, .rtt_us = 50000};

    for (uint64_t end_us = now_us + ms * US_PER_MS; now_us < end_us;) {
        now_us += INTERVAL_US;
        rate_control_update(&rate, &input, now_us);
    }
}

static void a_free_line_gives_eight_percent_a_second(void **state)
{
    start(1000000);
    feed(DELAY_NORMAL, 1000000, 1000);
    assert_in_range(rate.bps, 1075000, 1090000);
}

static void the_rate_keeps_near_what_arrives(void **state)
{
    start(1000000);
    feed(DELAY_NORMAL, 1000000, 60000);
    assert_int_equal(rate.bps, 1510000);
    feed(DELAY_NORMAL, 200000, 60000); /* less is sent: nothing is unlearned */
    assert_int_equal(rate.bps, 1510000);
}

static void where_nothing_can_be_probed_it_goes_further(void **state)
{
    struct rate_control_input input = {.acked_bps = 200000, .rtt_us = 50000, .unprobed = true};

    start(300000);
    for (int i = 0; i < 1000; i++)
        rate_control_update(&rate, &input, now_us += INTERVAL_US);
    assert_int_equal(rate.bps, 810000);
}

static void a_queue_brings_it_below_what_arrives(void **state)
{
    start(2500000);
    feed(DELAY_OVERUSE, 1000000, 100);
    assert_int_equal(rate.bps, 850000);
    assert_int_equal(rate.decreased_us, now_us);
}

static void a_queue_never_lifts_it(void **state)
{
    start(500000);
    feed(DELAY_OVERUSE, 2000000, 100);
    assert_int_equal(rate.bps, 500000);
}

static void one_queue_is_one_decrease(void **state)
{
    start(2500000);
    feed(DELAY_OVERUSE, 1000000, 100);
    feed(DELAY_OVERUSE, 900000, 100); /* before the first can have had effect */
    assert_int_equal(rate.bps, 850000);
    feed(DELAY_OVERUSE, 900000, 300);
    assert_int_equal(rate.bps, 765000);
}

static void an_emptying_queue_changes_nothing(void **state)
{
    start(1000000);
    feed(DELAY_UNDERUSE, 2000000, 5000);
    assert_int_equal(rate.bps, 1000000);
}

static void near_the_rate_at_which_it_was_full_it_grows_slowly(void **state)
{
    start(2000000);
    feed(DELAY_OVERUSE, 2000000, 100);
    feed(DELAY_NORMAL, 1900000, 2000);
    assert_true(rate.bps > 1915000);
    uint64_t before_bps = rate.bps;
    feed(DELAY_NORMAL, 1900000, 1000);
    /* a packet per reaction time of 150 ms is 64 kbit/s each second; 8% would be 136 */
    assert_in_range(rate.bps - before_bps, 50000, 70000);
}

static void a_measurement_lifts_it_and_never_lowers(void **state)
{
    start(500000);
    rate_control_raise(&rate, 1800000, now_us);
    assert_int_equal(rate.bps, 1800000);
    rate_control_raise(&rate, 900000, now_us);
    assert_int_equal(rate.bps, 1800000);
    rate_control_lower(&rate, 0, now_us);
    assert_int_equal(rate.bps, RATE_CONTROL_MIN_BPS);
}

static void nothing_known_moves_nothing(void **state)
{
    start(500000);
    feed(DELAY_NORMAL, 0, 5000);
    assert_int_equal(rate.bps, 500000);
}

/* ---- loss ---- */

static struct loss_control loss;
static uint64_t kept_bps; /* by a verdict */
static unsigned inherent_verdicts;

/* A sender of 200 packets a second of 10,000 bits that keeps to the bound; the line loses a share, and
 * all above capacity. */
static void lose(double share, uint64_t capacity_bps, uint64_t ms)
{
    uint64_t wanted_bps = 2000000;
    double carry_received = 0, carry_lost = 0;

    for (uint64_t end_us = now_us + ms * US_PER_MS; now_us < end_us;) {
        now_us += INTERVAL_US;
        uint64_t sent_bps = wanted_bps;
        if (sent_bps > loss.bound_bps)
            sent_bps = loss.bound_bps;
        if (kept_bps > 0 && sent_bps > kept_bps)
            sent_bps = kept_bps;
        double through = 1 - share;
        if (sent_bps > capacity_bps)
            through *= (double)capacity_bps / (double)sent_bps;
        double packets = (double)sent_bps / 10000 / 10;
        carry_received += packets * through;
        carry_lost += packets * (1 - through);
        loss_control_count(&loss, (int64_t)carry_received, (int64_t)carry_lost);
        carry_received -= (double)(int64_t)carry_received;
        carry_lost -= (double)(int64_t)carry_lost;
        struct loss_control_input input = {
            .acked_bps = (uint64_t)((double)sent_bps * through), .rtt_us = 100000};
        uint64_t bound_bps;
        switch (loss_control_update(&loss, &input, now_us, &bound_bps)) {
        case LOSS_BY_RATE:
            kept_bps = bound_bps;
            break;
        case LOSS_INHERENT:
            inherent_verdicts++;
            break;
        default:
            break;
        }
    }
}

static void start_loss(void)
{
    now_us = START;
    kept_bps = 0;
    inherent_verdicts = 0;
    loss_control_init(&loss, now_us);
}

static void little_loss_is_borne(void **state)
{
    start_loss();
    lose(0.08, UINT64_MAX, 60000);
    assert_int_equal(loss.state, LOSS_OPEN);
    assert_int_equal(loss.bound_bps, LOSS_CONTROL_UNBOUND);
    assert_int_equal(inherent_verdicts, 0);
    assert_true(loss.loss > 0.07 && loss.loss < 0.09);
}

static void loss_that_does_not_go_with_the_rate_is_the_lines_own(void **state)
{
    start_loss();
    lose(0.20, UINT64_MAX, 10000);
    assert_int_equal(inherent_verdicts, 1);
    assert_int_equal(kept_bps, 0);
    assert_int_equal(loss.bound_bps, LOSS_CONTROL_UNBOUND);
    assert_true(loss.inherent > 0.18 && loss.inherent < 0.22);
    lose(0.20, UINT64_MAX, 60000); /* and is not tested again */
    assert_int_equal(inherent_verdicts, 1);
}

static void loss_that_goes_with_the_rate_is_by_rate(void **state)
{
    start_loss();
    lose(0, 1200000, 10000);
    assert_in_range(kept_bps, 1100000, 1300000);
    assert_int_equal(inherent_verdicts, 0);
}

static void both_kinds_at_once_are_told_apart(void **state)
{
    start_loss();
    lose(0.10, UINT64_MAX, 10000);
    lose(0.10, 1000000, 20000);
    assert_in_range(kept_bps, 800000, 1100000);
}

static void the_lines_own_loss_is_forgotten_slowly(void **state)
{
    start_loss();
    lose(0.20, UINT64_MAX, 10000);
    lose(0, UINT64_MAX, 2000);
    assert_true(loss.inherent > 0.14);
    lose(0, UINT64_MAX, 60000);
    assert_true(loss.inherent < 0.02);
}

static void a_growing_queue_answers_for_its_losses(void **state)
{
    struct loss_control_input input = {.acked_bps = 1000000, .rtt_us = 100000, .queueing = true};
    uint64_t bound_bps;

    start_loss();
    for (int i = 0; i < 100; i++) {
        now_us += INTERVAL_US;
        loss_control_count(&loss, 10, 10);
        assert_int_equal(loss_control_update(&loss, &input, now_us, &bound_bps), LOSS_NO_VERDICT);
        assert_int_equal(loss.bound_bps, LOSS_CONTROL_UNBOUND);
    }
}

static void a_low_rate_is_not_lowered_to_find_out(void **state)
{
    struct loss_control_input input = {.acked_bps = 240000, .rtt_us = 100000};
    uint64_t bound_bps;

    start_loss();
    for (int i = 0; i < 300; i++) {
        now_us += INTERVAL_US;
        loss_control_count(&loss, 8, 2);
        loss_control_update(&loss, &input, now_us, &bound_bps);
        assert_int_equal(loss.state, LOSS_OPEN);
    }
    for (int i = 0; i < 300 && loss.state == LOSS_OPEN; i++) {
        now_us += INTERVAL_US;
        loss_control_count(&loss, 5, 5); /* that no picture survives anyway */
        loss_control_update(&loss, &input, now_us, &bound_bps);
    }
    assert_int_equal(loss.state, LOSS_TESTING);
}

static void packets_that_come_after_all_were_not_lost(void **state)
{
    start_loss();
    struct loss_control_input input = {.acked_bps = 2000000, .rtt_us = 100000};
    uint64_t bound_bps;
    for (int i = 0; i < 100; i++) {
        now_us += INTERVAL_US;
        loss_control_count(&loss, 14, 6);
        loss_control_count(&loss, 6, -6);
        loss_control_update(&loss, &input, now_us, &bound_bps);
    }
    assert_true(loss.loss < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_free_line_gives_eight_percent_a_second),
        cmocka_unit_test(the_rate_keeps_near_what_arrives),
        cmocka_unit_test(where_nothing_can_be_probed_it_goes_further),
        cmocka_unit_test(a_queue_brings_it_below_what_arrives),
        cmocka_unit_test(a_queue_never_lifts_it),
        cmocka_unit_test(one_queue_is_one_decrease),
        cmocka_unit_test(an_emptying_queue_changes_nothing),
        cmocka_unit_test(near_the_rate_at_which_it_was_full_it_grows_slowly),
        cmocka_unit_test(a_measurement_lifts_it_and_never_lowers),
        cmocka_unit_test(nothing_known_moves_nothing),
        cmocka_unit_test(little_loss_is_borne),
        cmocka_unit_test(loss_that_does_not_go_with_the_rate_is_the_lines_own),
        cmocka_unit_test(loss_that_goes_with_the_rate_is_by_rate),
        cmocka_unit_test(both_kinds_at_once_are_told_apart),
        cmocka_unit_test(the_lines_own_loss_is_forgotten_slowly),
        cmocka_unit_test(a_growing_queue_answers_for_its_losses),
        cmocka_unit_test(a_low_rate_is_not_lowered_to_find_out),
        cmocka_unit_test(packets_that_come_after_all_were_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
