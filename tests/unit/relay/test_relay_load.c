/* The relay's load out of its workers'. */
#include "tests/unit/routing/cmocka_all.h"

#include "relay/link_messages.h"
#include "relay/relay_load.h"

static json_t *add(
    struct relay_load *load, size_t worker, size_t sessions, double cpu, double rtp_out_pps)
{
    json_t *event = link_load(sessions, cpu, rtp_out_pps);

    json_object_set_new(event, "worker", json_integer((json_int_t)worker));
    return relay_load_add(load, event);
}

static void assert_says(json_t *event, size_t sessions, double cpu, double rtp_out_pps)
{
    assert_non_null(event);
    assert_string_equal(json_string_value(json_object_get(event, "type")), "load");
    assert_int_equal(json_integer_value(json_object_get(event, "sessions")), sessions);
    assert_true(json_number_value(json_object_get(event, "cpu")) == cpu);
    assert_true(json_number_value(json_object_get(event, "rtp_out_pps")) == rtp_out_pps);
    assert_null(json_object_get(event, "worker"));
    json_decref(event);
}

static struct relay_load *make_load(size_t workers)
{
    struct relay_load *load;

    assert_int_equal(relay_load_create(workers, &load), 0);
    return load;
}

static void one_worker_is_the_relay(void **state)
{
    struct relay_load *load = make_load(1);

    assert_says(add(load, 0, 7, 0.5, 1000), 7, 0.5, 1000);
    assert_says(add(load, 0, 6, 0.25, 500), 6, 0.25, 500);
    relay_load_destroy(load);
    relay_load_destroy(NULL);
}

static void the_newest_of_each_is_summed_once_per_period(void **state)
{
    struct relay_load *load = make_load(3);

    assert_null(add(load, 1, 10, 0.5, 1000));
    assert_null(add(load, 2, 20, 0.25, 2000));
    assert_null(add(load, 2, 21, 0.125, 2500));
    assert_says(add(load, 0, 1, 1, 100), 32, 1.625, 3600);
    /* who has not spoken again counts with what it said last */
    assert_null(add(load, 1, 0, 0, 0));
    assert_says(add(load, 0, 2, 1, 200), 23, 1.125, 2700);
    relay_load_destroy(load);
}

static void a_worker_that_does_not_exist_is_not_counted(void **state)
{
    struct relay_load *load = make_load(2);

    assert_null(add(load, 2, 10, 0.5, 1000));
    assert_null(add(load, SIZE_MAX, 10, 0.5, 1000));
    assert_says(add(load, 0, 1, 0.5, 1), 1, 0.5, 1);
    relay_load_destroy(load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_is_the_relay),
        cmocka_unit_test(the_newest_of_each_is_summed_once_per_period),
        cmocka_unit_test(a_worker_that_does_not_exist_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
