#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/probing.h"

#define START  (100 * US_PER_S)
#define RTT_US 50000

static struct probing probing;
static uint64_t now_us;

/* Sends one cluster by ticks of tick_us; its packets arrive at line_bps or as they were sent. Every
 * lose_every-th is lost. */
static void run_cluster(uint64_t tick_us, uint64_t line_bps, unsigned lose_every)
{
    uint64_t sent_us[64];
    size_t sizes[64];
    size_t count = 0;

    while (probing.state == PROBING_SENDING) {
        size_t due = probing_padding(&probing, now_us);
        while (due > 0 && probing.state == PROBING_SENDING) {
            assert_true(count < 64);
            sent_us[count] = now_us;
            sizes[count++] = probing.packet_bytes;
            probing_on_sent(&probing, probing.packet_bytes, now_us);
            due = due > probing.packet_bytes ? due - probing.packet_bytes : 0;
        }
        now_us += tick_us;
    }
    uint64_t free_us = 0;
    for (size_t i = 0; i < count; i++) {
        if (free_us < sent_us[i])
            free_us = sent_us[i];
        if (line_bps > 0)
            free_us += sizes[i] * 8 * US_PER_S / line_bps;
        if (lose_every > 0 && (i + 1) % lose_every == 0)
            probing_on_lost(&probing);
        else
            probing_on_received(&probing, sizes[i], (int64_t)free_us + 12345678);
    }
    now_us += RTT_US;
}

static uint64_t result(double usual_loss)
{
    uint64_t bps = 0;

    assert_true(probing_result(&probing, RTT_US, usual_loss, now_us, &bps));
    assert_int_equal(probing.state, PROBING_IDLE);
    return bps;
}

static void begin(const struct probing_input *input)
{
    now_us = START;
    probing_init(&probing, now_us);
    probing_start(&probing, input, now_us);
}

static bool starts(const struct probing_input *input)
{
    probing_start(&probing, input, now_us);
    return probing.state == PROBING_SENDING;
}

static const struct probing_input wanting = {.estimate_bps = 500000, .wanted_bps = 5000000};

static void the_first_step_is_three_times_the_estimate(void **state)
{
    begin(&wanting);
    assert_int_equal(probing.state, PROBING_SENDING);
    assert_int_equal(probing.rate_bps, 1500000);
}

static void a_free_line_gives_the_rate_probed(void **state)
{
    static const uint64_t ticks_us[] = {1000, 5000, 10000};

    for (size_t i = 0; i < 3; i++) {
        begin(&wanting);
        run_cluster(ticks_us[i], 0, 0);
        assert_in_range(result(0), 1350000, 1500000);
    }
}

static void a_full_line_gives_its_own_rate(void **state)
{
    static const uint64_t ticks_us[] = {1000, 5000, 10000};

    for (size_t i = 0; i < 3; i++) {
        begin(&wanting);
        run_cluster(ticks_us[i], 1000000, 0);
        assert_in_range(result(0), 880000, 1000000);
    }
}

static void loss_as_usual_hides_no_room(void **state)
{
    begin(&wanting);
    run_cluster(5000, 1500000, 5);
    uint64_t compensated_bps = result(0.2);
    begin(&wanting);
    run_cluster(5000, 1500000, 5);
    assert_true(compensated_bps > result(0) * 11 / 10);
    assert_true(compensated_bps <= 1500000);
}

static void success_is_followed_at_once(void **state)
{
    begin(&wanting);
    run_cluster(5000, 0, 0);
    struct probing_input more = {.estimate_bps = result(0), .wanted_bps = 5000000};
    assert_true(starts(&more));
    assert_true(probing.rate_bps > 4000000);
}

static void a_probe_that_teaches_nothing_is_not_repeated_at_once(void **state)
{
    static const struct probing_input near = {.estimate_bps = 1900000, .wanted_bps = 1600000};

    begin(&near);
    run_cluster(5000, 2050000, 0);
    assert_in_range(result(0), 1850000, 1995000);
    assert_false(starts(&near));
}

static void failure_waits_longer_each_time(void **state)
{
    static const uint64_t waits_ms[] = {1500, 4000, 5000, 5000};

    begin(&wanting);
    for (size_t i = 0; i < 4; i++) {
        run_cluster(5000, 500000, 0);
        result(0);
        now_us += (waits_ms[i] - 100) * US_PER_MS;
        assert_false(starts(&wanting));
        now_us += 100 * US_PER_MS;
        assert_true(starts(&wanting));
    }
}

static void who_wants_no_more_is_not_probed(void **state)
{
    static const struct probing_input enough = {.estimate_bps = 2500000, .wanted_bps = 2000000};
    static const struct probing_input nothing = {.estimate_bps = 2500000};

    begin(&enough);
    assert_int_equal(probing.state, PROBING_IDLE);
    assert_false(starts(&nothing));
}

static void no_more_than_half_above_the_need(void **state)
{
    static const struct probing_input small = {.estimate_bps = 500000, .wanted_bps = 600000};

    begin(&small);
    assert_int_equal(probing.rate_bps, 900000);
}

static void not_into_a_queue_and_not_right_after_one(void **state)
{
    struct probing_input input = wanting;

    input.congested = true;
    begin(&input);
    assert_int_equal(probing.state, PROBING_IDLE);
    input.congested = false;
    input.decreased_us = START - 2 * US_PER_S;
    assert_false(starts(&input));
    now_us += US_PER_S;
    assert_true(starts(&input));
}

static void a_thin_line_gets_small_packets(void **state)
{
    static const struct probing_input thin = {.estimate_bps = 60000, .wanted_bps = 2000000};

    begin(&thin);
    assert_true(probing.packet_bytes <= 250);
    assert_true(probing.target_bytes <= 1500);
}

static void a_cluster_that_is_lost_or_unanswered_says_nothing(void **state)
{
    uint64_t bps;

    begin(&wanting);
    run_cluster(5000, 0, 1);
    assert_false(probing_result(&probing, RTT_US, 0, now_us, &bps));
    assert_int_equal(probing.state, PROBING_IDLE);

    begin(&wanting);
    while (probing.state == PROBING_SENDING)
        probing_on_sent(&probing, 1200, now_us);
    assert_false(probing_result(&probing, RTT_US, 0, now_us, &bps));
    assert_int_equal(probing.state, PROBING_WAITING);
    now_us += 2 * US_PER_S;
    assert_false(probing_result(&probing, RTT_US, 0, now_us, &bps));
    assert_int_equal(probing.state, PROBING_IDLE);
}

static void without_anybody_who_pads_it_gives_up(void **state)
{
    uint64_t bps;

    begin(&wanting);
    now_us += US_PER_S;
    assert_false(probing_result(&probing, RTT_US, 0, now_us, &bps));
    assert_int_equal(probing.state, PROBING_IDLE);
    assert_true(probing.unsent);
    now_us += 2 * US_PER_S;
    assert_true(starts(&wanting));
    run_cluster(5000, 0, 0);
    assert_false(probing.unsent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_step_is_three_times_the_estimate),
        cmocka_unit_test(a_free_line_gives_the_rate_probed),
        cmocka_unit_test(a_full_line_gives_its_own_rate),
        cmocka_unit_test(loss_as_usual_hides_no_room),
        cmocka_unit_test(success_is_followed_at_once),
        cmocka_unit_test(a_probe_that_teaches_nothing_is_not_repeated_at_once),
        cmocka_unit_test(failure_waits_longer_each_time),
        cmocka_unit_test(who_wants_no_more_is_not_probed),
        cmocka_unit_test(no_more_than_half_above_the_need),
        cmocka_unit_test(not_into_a_queue_and_not_right_after_one),
        cmocka_unit_test(a_thin_line_gets_small_packets),
        cmocka_unit_test(a_cluster_that_is_lost_or_unanswered_says_nothing),
        cmocka_unit_test(without_anybody_who_pads_it_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
