#include "tests/bench/load/arrivals.h"

#include "tests/unit/bench/bench_test.h"

static void losses_are_holes_that_nothing_filled(void **state)
{
    struct arrivals arrivals = {0};

    assert_int_equal(arrivals_lost(&arrivals), 0);
    for (uint16_t i = 0; i < 10; i++) {
        if (i != 3 && i != 7 && i != 8)
            assert_true(arrivals_add(&arrivals, i, 0));
    }
    assert_int_equal(arrivals.received, 7);
    assert_int_equal(arrivals_lost(&arrivals), 3);
    assert_true(arrivals_add(&arrivals, 7, 0));
    assert_int_equal(arrivals_lost(&arrivals), 2);
    assert_false(arrivals_add(&arrivals, 7, 0));
    assert_false(arrivals_add(&arrivals, 2, 0));
    assert_int_equal(arrivals.repeated, 2);
    assert_int_equal(arrivals_lost(&arrivals), 2);
}

static void numbers_go_on_past_a_roll_over(void **state)
{
    struct arrivals arrivals = {0};

    assert_true(arrivals_add(&arrivals, 65534, 0));
    assert_int_equal(arrivals_index(&arrivals, 1), 65537);
    assert_true(arrivals_add(&arrivals, 1, 0));
    assert_int_equal(arrivals_lost(&arrivals), 2);
    assert_int_equal(arrivals_index(&arrivals, 65535), 65535);
    assert_true(arrivals_add(&arrivals, 65535, 0));
    assert_true(arrivals_add(&arrivals, 0, 0));
    assert_int_equal(arrivals_lost(&arrivals), 0);
}

static void a_hole_is_asked_for_after_10_ms_and_three_times(void **state)
{
    struct arrivals arrivals = {0};
    uint16_t numbers[8];

    arrivals_add(&arrivals, 10, 0);
    arrivals_add(&arrivals, 13, 0);
    assert_int_equal(arrivals_take_nacks(&arrivals, 9999, numbers, 8), 0);
    assert_int_equal(arrivals_take_nacks(&arrivals, 10000, numbers, 8), 2);
    assert_int_equal(numbers[0], 11);
    assert_int_equal(numbers[1], 12);
    assert_int_equal(arrivals_take_nacks(&arrivals, 10001, numbers, 8), 0);
    arrivals_add(&arrivals, 11, 20000);
    assert_int_equal(arrivals_take_nacks(&arrivals, 60000, numbers, 8), 1);
    assert_int_equal(numbers[0], 12);
    assert_int_equal(arrivals_take_nacks(&arrivals, 110000, numbers, 8), 1);
    assert_int_equal(arrivals_take_nacks(&arrivals, 160000, numbers, 8), 0);
    assert_int_equal(arrivals.missing_count, 0);
    /* Nobody waits any more, but it is lost all the same. */
    assert_int_equal(arrivals_lost(&arrivals), 1);
}

static void a_gap_wider_than_the_list_is_counted_whole(void **state)
{
    struct arrivals arrivals = {0};

    arrivals_add(&arrivals, 0, 0);
    arrivals_add(&arrivals, 1001, 0);
    assert_int_equal(arrivals.missing_count, ARRIVALS_MAX_MISSING);
    assert_int_equal(arrivals_lost(&arrivals), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_holes_that_nothing_filled),
        cmocka_unit_test(numbers_go_on_past_a_roll_over),
        cmocka_unit_test(a_hole_is_asked_for_after_10_ms_and_three_times),
        cmocka_unit_test(a_gap_wider_than_the_list_is_counted_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
