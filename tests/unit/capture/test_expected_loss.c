#include "capture/expected_loss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND         UINT64_C(1000000)
#define PERCENT(value) (uint8_t)((value)*256 / 100)

static uint64_t now_us;

/* A report per second. */
static void report(struct expected_loss *loss, uint8_t fraction_lost, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        now_us += SECOND;
        expected_loss_report(loss, fraction_lost, now_us);
    }
}

static void a_clean_line_costs_nothing(void **state)
{
    struct expected_loss loss = {.percent = 0};

    report(&loss, 0, 60);
    assert_int_equal(loss.percent, 0);
    for (unsigned i = 0; i < 10; i++) { /* one packet of 50, now and then */
        report(&loss, PERCENT(2), 1);
        report(&loss, 0, 9);
    }
    assert_int_equal(loss.percent, 0);
}

static void clear_loss_is_prepared_for_with_the_first_report(void **state)
{
    struct expected_loss loss = {.percent = 0};

    now_us += SECOND;
    assert_true(expected_loss_report(&loss, PERCENT(12), now_us));
    assert_int_equal(loss.percent, 15);
    report(&loss, PERCENT(60), 1);
    assert_int_equal(loss.percent, 25);
}

static void small_lasting_loss_is_prepared_for_after_some_reports(void **state)
{
    struct expected_loss loss = {.percent = 0};

    report(&loss, PERCENT(4), 1);
    assert_int_equal(loss.percent, 0);
    report(&loss, PERCENT(4), 5);
    assert_int_equal(loss.percent, 10);
}

static void it_stays_prepared_until_the_line_was_good_for_a_while(void **state)
{
    struct expected_loss loss = {.percent = 0};

    report(&loss, PERCENT(12), 5);
    assert_int_equal(loss.percent, 15);
    report(&loss, 0, 9);
    assert_int_equal(loss.percent, 15);
    report(&loss, PERCENT(12), 1);
    report(&loss, 0, 9);
    assert_int_equal(loss.percent, 15);
    report(&loss, PERCENT(12), 5);
    report(&loss, 4, 60); /* 1.6%: not enough to begin with, but no good line either */
    assert_int_equal(loss.percent, 10);
    report(&loss, 0, 30);
    assert_int_equal(loss.percent, 0);
    report(&loss, 4, 60);
    assert_int_equal(loss.percent, 0);
}

static void a_change_is_told_once(void **state)
{
    struct expected_loss loss = {.percent = 0};
    unsigned changes = 0;

    for (unsigned i = 0; i < 60; i++) {
        now_us += SECOND;
        changes += expected_loss_report(&loss, PERCENT(i % 2 ? 9 : 11), now_us);
    }
    assert_in_range(changes, 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_line_costs_nothing),
        cmocka_unit_test(clear_loss_is_prepared_for_with_the_first_report),
        cmocka_unit_test(small_lasting_loss_is_prepared_for_after_some_reports),
        cmocka_unit_test(it_stays_prepared_until_the_line_was_good_for_a_while),
        cmocka_unit_test(a_change_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
