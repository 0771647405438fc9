#include "tests/support/link_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_clean_line_only_delays(void **state)
{
    struct link_params params = {.delay_us = 20000};
    struct link_model model;
    uint64_t arrival_us = 0;

    (void)state;
    link_model_init(&model, &params, 1);
    for (uint64_t now_us = 0; now_us < 1000; now_us++) {
        assert_true(link_model_send(&model, 1200, now_us, &arrival_us));
        assert_int_equal(arrival_us, now_us + 20000);
    }
}

static void loss_share_holds_with_and_without_bursts(void **state)
{
    static const double bursts[] = {0, 1, 3, 8};

    (void)state;
    for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
        struct link_params params = {.loss = 0.05, .burst_packets = bursts[i]};
        struct link_model model;
        uint64_t arrival_us;
        link_model_init(&model, &params, 7);
        for (uint64_t n = 0; n < 200000; n++)
            link_model_send(&model, 100, n, &arrival_us);
        assert_in_range(model.lost, 8500, 11500);
    }
}

static void bursts_have_the_asked_mean_length(void **state)
{
    struct link_params params = {.loss = 0.1, .burst_packets = 5};
    struct link_model model;
    uint64_t arrival_us;
    int bursts = 0;
    bool was_lost = false;

    (void)state;
    link_model_init(&model, &params, 3);
    for (uint64_t n = 0; n < 200000; n++) {
        bool lost = !link_model_send(&model, 100, n, &arrival_us);
        bursts += lost && !was_lost;
        was_lost = lost;
    }
    assert_in_range((uint64_t)((double)model.lost / bursts * 10), 45, 55);
}

static void a_rate_queues_and_then_overflows(void **state)
{
    struct link_params params = {.rate_bps = 1000000, .queue_us = 100000};
    struct link_model model;
    uint64_t arrival_us = 0;

    (void)state;
    link_model_init(&model, &params, 1);
    assert_true(link_model_send(&model, 1250, 0, &arrival_us));
    assert_int_equal(arrival_us, 10000);
    assert_true(link_model_send(&model, 1250, 0, &arrival_us));
    assert_int_equal(arrival_us, 20000);
    for (int i = 0; i < 20; i++)
        link_model_send(&model, 1250, 0, &arrival_us);
    assert_true(arrival_us <= 110000);
    assert_int_equal(model.overflowed, 11);
    assert_true(link_model_send(&model, 1250, 500000, &arrival_us));
    assert_int_equal(arrival_us, 510000);
}

static void jitter_keeps_the_order(void **state)
{
    struct link_params params = {.delay_us = 1000, .jitter_us = 30000};
    struct link_model model;
    uint64_t before_us = 0;
    uint64_t arrival_us = 0;

    (void)state;
    link_model_init(&model, &params, 9);
    for (uint64_t now_us = 0; now_us < 1000000; now_us += 500) {
        assert_true(link_model_send(&model, 100, now_us, &arrival_us));
        assert_true(arrival_us >= before_us);
        assert_in_range(arrival_us, now_us + 1000, now_us + 31000);
        before_us = arrival_us;
    }
}

static void the_same_seed_gives_the_same_line(void **state)
{
    struct link_params params = {.loss = 0.3, .jitter_us = 5000};
    struct link_model a, b;
    uint64_t a_us = 0, b_us = 0;

    (void)state;
    link_model_init(&a, &params, 42);
    link_model_init(&b, &params, 42);
    for (uint64_t n = 0; n < 5000; n++) {
        assert_int_equal(
            link_model_send(&a, 100, n * 100, &a_us), link_model_send(&b, 100, n * 100, &b_us));
        assert_int_equal(a_us, b_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_line_only_delays),
        cmocka_unit_test(loss_share_holds_with_and_without_bursts),
        cmocka_unit_test(bursts_have_the_asked_mean_length),
        cmocka_unit_test(a_rate_queues_and_then_overflows),
        cmocka_unit_test(jitter_keeps_the_order),
        cmocka_unit_test(the_same_seed_gives_the_same_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
