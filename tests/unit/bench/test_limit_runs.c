#include "tests/bench/load/limit_sender.h"

#include "tests/unit/bench/bench_test.h"

static void runs_are_equal_packets_and_a_shorter_one_to_end(void **state)
{
    static const struct {
        uint16_t lens[6];
        size_t count, first, max, run;
    } cases[] = {
        {{100}, 1, 0, 64, 1},
        {{100, 100, 100}, 3, 0, 64, 3},
        {{100, 100, 50}, 3, 0, 64, 3},
        {{100, 50, 50}, 3, 0, 64, 2},
        {{100, 100, 50, 100}, 4, 0, 64, 3},
        {{50, 100, 100}, 3, 0, 64, 1},
        {{50, 100, 100}, 3, 1, 64, 2},
        {{100, 100, 100, 100}, 4, 0, 2, 2},
        {{100, 100}, 2, 0, 1, 1},
        {{100, 100, 50}, 3, 2, 64, 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            limit_run_length(cases[i].lens, cases[i].count, cases[i].first, cases[i].max),
            cases[i].run);
}

static void a_run_fits_into_one_datagram_of_the_kernel(void **state)
{
    uint16_t lens[LIMIT_MAX_RUN];
    size_t run;

    for (size_t i = 0; i < COUNT_OF(lens); i++)
        lens[i] = 1214;
    run = limit_run_length(lens, COUNT_OF(lens), 0, LIMIT_MAX_RUN);
    /* With a tag of 16 bytes each, and under 65,507. */
    assert_true(run > 40);
    assert_true(run * (1214 + 16) <= 65507);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_equal_packets_and_a_shorter_one_to_end),
        cmocka_unit_test(a_run_fits_into_one_datagram_of_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
