#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/clock.h"
#include "media/hole_meter.h"

static void a_hole_counts_from_when_it_was_noticed(void **state)
{
    struct hole_meter meter = {0};

    hole_meter_packet(&meter, 65534, 1000 * US_PER_MS);
    hole_meter_packet(&meter, 1, 1033 * US_PER_MS); /* 65535 and 0 are missing */
    hole_meter_packet(&meter, 2, 1066 * US_PER_MS);
    assert_int_equal(hole_meter_take_longest_ms(&meter), 0);
    hole_meter_packet(&meter, 65535, 1133 * US_PER_MS);
    assert_int_equal(hole_meter_take_longest_ms(&meter), 100);
    assert_int_equal(hole_meter_take_longest_ms(&meter), 0);
    assert_int_equal(hole_meter_usual_ms(&meter), 100);
    hole_meter_packet(&meter, 0, 1143 * US_PER_MS);
    assert_int_equal(hole_meter_take_longest_ms(&meter), 110);
}

static void what_comes_twice_or_in_order_fills_nothing(void **state)
{
    struct hole_meter meter = {0};

    for (unsigned i = 0; i < 1000; i++) {
        hole_meter_packet(&meter, (uint16_t)i, i * US_PER_MS);
        hole_meter_packet(&meter, (uint16_t)(i - i % 50), i * US_PER_MS);
    }
    assert_int_equal(hole_meter_take_longest_ms(&meter), 0);
}

static void a_rare_third_attempt_counts_as_two(void **state)
{
    struct hole_meter meter = {0};
    uint64_t now_us = US_PER_S;
    uint16_t number = 0;

    for (unsigned i = 0; i < 50; i++) {
        hole_meter_packet(&meter, number, now_us);
        hole_meter_packet(&meter, (uint16_t)(number + 2), now_us);
        hole_meter_packet(&meter, (uint16_t)(number + 1), now_us + 100 * US_PER_MS);
        number = (uint16_t)(number + 3);
        now_us += 200 * US_PER_MS;
    }
    assert_int_equal(hole_meter_take_longest_ms(&meter), 100);
    hole_meter_packet(&meter, (uint16_t)(number + 1), now_us);
    hole_meter_packet(&meter, number, now_us + 450 * US_PER_MS);
    assert_in_range(hole_meter_take_longest_ms(&meter), 200, 260);
}

static void a_jump_of_the_numbers_is_no_hole(void **state)
{
    struct hole_meter meter = {0};

    hole_meter_packet(&meter, 10, US_PER_S);
    hole_meter_packet(&meter, 20000, US_PER_S);
    hole_meter_packet(&meter, 11, 2 * US_PER_S);
    hole_meter_packet(&meter, 19999, 2 * US_PER_S);
    assert_int_equal(hole_meter_take_longest_ms(&meter), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_counts_from_when_it_was_noticed),
        cmocka_unit_test(what_comes_twice_or_in_order_fills_nothing),
        cmocka_unit_test(a_rare_third_attempt_counts_as_two),
        cmocka_unit_test(a_jump_of_the_numbers_is_no_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
