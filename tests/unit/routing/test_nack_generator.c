#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/nack_generator.h"

static struct nack_generator generator;
static uint16_t seqs[NACK_MAX_PER_ROUND];
static size_t given_up;

static size_t due(uint64_t now_us)
{
    return nack_generator_due(&generator, now_us, seqs, &given_up);
}

static void start(void)
{
    generator = (struct nack_generator){0};
    nack_generator_reset(&generator);
    nack_generator_add(&generator, 65535, 0);
}

static void a_gap_is_due_after_three_packets_or_ten_milliseconds(void **state)
{
    start();
    nack_generator_add(&generator, 65537, 1000);
    assert_int_equal(due(1000), 0);
    nack_generator_add(&generator, 65539, 2000);
    assert_int_equal(due(2000), 1); /* 65536 has three behind it, 65538 one */
    assert_int_equal(seqs[0], 0);
    assert_int_equal(due(12000), 1);
    assert_int_equal(seqs[0], 2);
}

static void a_packet_that_comes_in_time_is_not_asked_for(void **state)
{
    start();
    nack_generator_add(&generator, 65538, 1000);
    nack_generator_add(&generator, 65537, 1500);
    nack_generator_add(&generator, 65536, 1500);
    assert_int_equal(due(US_PER_S / 2), 0);
}

static void repeats_keep_to_the_round_trip_that_was_learned(void **state)
{
    start();
    nack_generator_add(&generator, 65540, 0);
    assert_int_equal(due(0), 2);
    assert_int_equal(due(10000), 2);              /* the ones with too few packets behind them */
    nack_generator_add(&generator, 65536, 30000); /* 30 ms round trip */
    assert_int_equal(due(29999), 0);
    assert_int_equal(due(30000), 1); /* 65537 */
    assert_int_equal(due(40000), 2);
    assert_int_equal(due(59999), 0);
    assert_int_equal(due(60000), 1);
}

static void ten_tries_or_a_second_are_the_end(void **state)
{
    size_t asked = 0;

    start();
    nack_generator_add(&generator, 65537, 0);
    given_up = 0;
    uint64_t now_us = 0;
    for (; now_us < 3 * US_PER_S && given_up == 0; now_us += 10000)
        asked += due(now_us);
    assert_int_equal(given_up, 1);
    assert_true(now_us <= US_PER_S + 20000);
    assert_in_range(asked, 9, 10);
    assert_int_equal(generator.missing_count, 0);
}

static void a_gap_wider_than_the_list_gives_all_up(void **state)
{
    start();
    assert_true(nack_generator_add(&generator, 65535 + NACK_MAX_MISSING + 1, 0));
    assert_int_equal(generator.missing_count, NACK_MAX_MISSING);
    assert_false(nack_generator_add(&generator, 65535 + NACK_MAX_MISSING + 3, 0));
    assert_int_equal(generator.missing_count, 0);
}

static void one_round_asks_for_so_many_and_the_next_for_the_rest(void **state)
{
    start();
    nack_generator_add(&generator, 65535 + NACK_MAX_PER_ROUND + 20, 0);
    assert_int_equal(due(20000), NACK_MAX_PER_ROUND);
    assert_int_equal(due(20000), 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_due_after_three_packets_or_ten_milliseconds),
        cmocka_unit_test(a_packet_that_comes_in_time_is_not_asked_for),
        cmocka_unit_test(repeats_keep_to_the_round_trip_that_was_learned),
        cmocka_unit_test(ten_tries_or_a_second_are_the_end),
        cmocka_unit_test(a_gap_wider_than_the_list_gives_all_up),
        cmocka_unit_test(one_round_asks_for_so_many_and_the_next_for_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
