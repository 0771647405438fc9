#include "tests/unit/routing/cmocka_all.h"

#include "relay/routing/sequence_window.h"

static struct sequence_window window;

static int64_t add(uint16_t seq, enum sequence_verdict expected)
{
    int64_t sequence = -1;
    assert_int_equal(sequence_window_add(&window, seq, &sequence), expected);
    return sequence;
}

static void packets_are_extended_over_the_wrap_in_both_directions(void **state)
{
    sequence_window_reset(&window);
    int64_t first = add(65534, SEQUENCE_NEW);
    assert_int_equal(add(1, SEQUENCE_NEW), first + 3);
    assert_int_equal(add(65535, SEQUENCE_LATE), first + 1);
    assert_int_equal(add(65533, SEQUENCE_LATE), first - 1);
    add(65535, SEQUENCE_DUPLICATE);
    add(1, SEQUENCE_DUPLICATE);
}

static void a_bit_of_the_last_circle_does_not_hide_a_packet(void **state)
{
    sequence_window_reset(&window);
    add(10, SEQUENCE_NEW);
    for (unsigned i = 1; i <= 5; i++)
        add((uint16_t)(10 + i * 1500), SEQUENCE_NEW);
    for (uint16_t i = 1; i < 2000; i++) {
        if (i != 1500)
            add((uint16_t)(10 + 5 * 1500 - i), SEQUENCE_LATE);
    }
}

static void one_stray_packet_is_dropped_and_two_in_a_row_are_a_restart(void **state)
{
    sequence_window_reset(&window);
    add(100, SEQUENCE_NEW);
    add(30000, SEQUENCE_JUMP);
    add(101, SEQUENCE_NEW);
    add(30001, SEQUENCE_JUMP); /* not in a row */
    add(30002, SEQUENCE_RESTART);
    sequence_window_reset(&window);
    add(5000, SEQUENCE_NEW);
    add(2900, SEQUENCE_JUMP); /* 2100 back: too old to know */
    add(2901, SEQUENCE_RESTART);
}

static void what_is_removed_leaves_no_hole_behind_it(void **state)
{
    int64_t number;

    sequence_window_reset(&window);
    int64_t first = add(65535, SEQUENCE_NEW);
    assert_true(sequence_window_remove(&window, add(0, SEQUENCE_NEW)));
    int64_t after = add(2, SEQUENCE_NEW);
    assert_true(sequence_window_number(&window, after, &number));
    assert_int_equal(number, first + 2); /* the lost 1 is one hole */
    int64_t late = add(1, SEQUENCE_LATE);
    assert_true(sequence_window_number(&window, late, &number));
    assert_int_equal(number, first + 1);
    assert_true(sequence_window_number(&window, first, &number));
    assert_int_equal(number, first);
    /* a late one keeps its hole: newer packets have their numbers already */
    assert_false(sequence_window_remove(&window, late));
}

static void more_removals_than_are_remembered_make_old_packets_unknown(void **state)
{
    int64_t number;

    sequence_window_reset(&window);
    int64_t first = add(0, SEQUENCE_NEW);
    for (uint16_t i = 1; i <= SEQUENCE_WINDOW_REMOVED + 1; i++)
        assert_true(sequence_window_remove(&window, add(i, SEQUENCE_NEW)));
    assert_false(sequence_window_number(&window, first, &number));
    assert_true(sequence_window_number(&window, add(200, SEQUENCE_NEW), &number));
    assert_int_equal(number, first + 200 - SEQUENCE_WINDOW_REMOVED - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_extended_over_the_wrap_in_both_directions),
        cmocka_unit_test(a_bit_of_the_last_circle_does_not_hide_a_packet),
        cmocka_unit_test(one_stray_packet_is_dropped_and_two_in_a_row_are_a_restart),
        cmocka_unit_test(what_is_removed_leaves_no_hole_behind_it),
        cmocka_unit_test(more_removals_than_are_remembered_make_old_packets_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
