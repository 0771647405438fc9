#include "common/backoff.h"
#include "common/clock.h"
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void delays_grow_to_seven_seconds_with_jitter(void **state)
{
    static const uint32_t expected_ms[] = {0, 300, 1200, 2700, 4800};
    struct backoff backoff = {0};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(backoff_next_ms(&backoff), expected_ms[i]);
    uint32_t lowest = UINT32_MAX, highest = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t delay_ms = backoff_next_ms(&backoff);
        lowest = delay_ms < lowest ? delay_ms : lowest;
        highest = delay_ms > highest ? delay_ms : highest;
    }
    assert_true(lowest >= 7000 && lowest < 7100);
    assert_true(highest > 7900 && highest <= 8000);
}

static void a_connection_that_worked_starts_the_delays_again(void **state)
{
    struct backoff backoff = {0};
    for (int i = 0; i < 9; i++)
        backoff_next_ms(&backoff);
    backoff_reset(&backoff);
    assert_int_equal(backoff_next_ms(&backoff), 0);
    assert_int_equal(backoff_next_ms(&backoff), 300);
}

static void ntp_time_counts_from_1900(void **state)
{
    assert_true(clock_ntp_from_wall_us(0) == UINT64_C(2208988800) << 32);
    /* Half a second is half of the fraction. */
    assert_true(clock_ntp_from_wall_us(1500000) == ((UINT64_C(2208988801) << 32) | 0x80000000u));
    uint64_t last = clock_ntp_from_wall_us(999999);
    assert_true((last >> 32) == 2208988800u && (uint32_t)last > 0xffffef00u);
}

static void monotonic_time_never_goes_back(void **state)
{
    uint64_t before_us = clock_now_us();
    for (int i = 0; i < 1000; i++) {
        uint64_t now_us = clock_now_us();
        assert_true(now_us >= before_us);
        before_us = now_us;
    }
    assert_true(clock_wall_us() > UINT64_C(1600000000) * US_PER_S);
}

static void time_between_two_readings_is_never_negative(void **state)
{
    assert_int_equal(clock_elapsed_us(1500, 1000), 500);
    assert_int_equal(clock_elapsed_us(1000, 1000), 0);
    assert_int_equal(clock_elapsed_us(999, 1000), 0);
    assert_true(clock_elapsed_us(UINT64_MAX, 0) == UINT64_MAX);
}

static void identifiers_are_lower_case_hex_and_differ(void **state)
{
    char first[RANDOM_ID_CHARS + 1], second[RANDOM_ID_CHARS + 1];
    random_id(first);
    random_id(second);
    assert_int_equal(strspn(first, "0123456789abcdef"), RANDOM_ID_CHARS);
    assert_int_equal(strlen(first), RANDOM_ID_CHARS);
    assert_string_not_equal(first, second);
}

static void random_text_has_the_asked_length(void **state)
{
    char text[41];
    memset(text, '#', sizeof(text));
    random_text(text, 40);
    assert_int_equal(strlen(text), 40);
    assert_null(strchr(text, '#'));
    random_text(text, 0);
    assert_string_equal(text, "");
}

static void random_below_reaches_every_value_and_no_more(void **state)
{
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint32_t value = random_below(7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(seen[i] > 700 && seen[i] < 1300);
    assert_int_equal(random_below(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_grow_to_seven_seconds_with_jitter),
        cmocka_unit_test(a_connection_that_worked_starts_the_delays_again),
        cmocka_unit_test(ntp_time_counts_from_1900),
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(time_between_two_readings_is_never_negative),
        cmocka_unit_test(identifiers_are_lower_case_hex_and_differ),
        cmocka_unit_test(random_text_has_the_asked_length),
        cmocka_unit_test(random_below_reaches_every_value_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
