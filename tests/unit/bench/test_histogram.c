#include "tests/bench/load/histogram.h"

#include "tests/unit/bench/bench_test.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct histogram));
    return *state != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void small_values_are_exact(void **state)
{
    struct histogram *histogram = *state;

    for (uint64_t i = 1; i <= 100; i++)
        histogram_add(histogram, i);
    assert_int_equal(histogram_percentile(histogram, 0.50), 50);
    assert_int_equal(histogram_percentile(histogram, 0.99), 99);
    assert_int_equal(histogram_percentile(histogram, 1.0), 100);
    assert_int_equal(histogram->min, 1);
    assert_int_equal(histogram->max, 100);
}

static void large_values_are_within_one_percent(void **state)
{
    struct histogram *histogram = *state;

    for (uint64_t value = 1; value < UINT64_C(1) << 60; value = value * 3 + 1) {
        struct histogram *one = calloc(1, sizeof(*one));

        /* Between two others, so that neither end of the range helps. */
        assert_non_null(one);
        histogram_add(one, 0);
        histogram_add(one, value);
        histogram_add(one, UINT64_MAX >> 1);
        assert_true(histogram_percentile(one, 0.5) <= value + value / 100 + 1);
        assert_true(histogram_percentile(one, 0.5) + value / 100 + 1 >= value);
        histogram_add(histogram, value);
        free(one);
    }
    assert_true(histogram->count > 30);
}

static void percentiles_of_a_merge_are_those_of_all_values(void **state)
{
    struct histogram *all = *state, *part = calloc(1, sizeof(*part));

    assert_non_null(part);
    histogram_merge(all, part);
    assert_int_equal(all->count, 0);
    for (uint64_t i = 0; i < 90; i++)
        histogram_add(part, 10);
    histogram_merge(all, part);
    assert_int_equal(all->min, 10);
    memset(part, 0, sizeof(*part));
    for (uint64_t i = 0; i < 10; i++)
        histogram_add(part, 5);
    histogram_merge(all, part);
    assert_int_equal(all->count, 100);
    assert_int_equal(all->min, 5);
    assert_int_equal(histogram_percentile(all, 0.10), 5);
    assert_int_equal(histogram_percentile(all, 0.11), 10);
    free(part);
}

static void an_empty_one_has_no_figures(void **state)
{
    json_t *json = histogram_json(*state, 1.0);

    assert_true(json_is_null(json));
    assert_int_equal(histogram_percentile(*state, 0.5), 0);
    json_decref(json);
}

static void figures_are_in_the_unit(void **state)
{
    json_t *json;

    histogram_add(*state, 120);
    json = histogram_json(*state, 10.0);
    assert_true(json_real_value(json_object_get(json, "p99")) == 12.0);
    assert_int_equal(json_integer_value(json_object_get(json, "count")), 1);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_values_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(large_values_are_within_one_percent, setup, teardown),
        cmocka_unit_test_setup_teardown(
            percentiles_of_a_merge_are_those_of_all_values, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_one_has_no_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(figures_are_in_the_unit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
