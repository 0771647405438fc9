/* Which worker carries which session. */
#include "tests/unit/routing/cmocka_all.h"

#include "relay/placement.h"

#include <errno.h>
#include <stdio.h>

#define WORKERS 4

static struct placement *make_placement(size_t max_sessions)
{
    struct placement *placement;

    assert_int_equal(placement_create(WORKERS, max_sessions, &placement), 0);
    return placement;
}

static const char *id_of(unsigned number)
{
    static char text[SESSION_ID_CHARS + 1];

    snprintf(text, sizeof(text), "%08x%024x", number * 2654435761U, number);
    return text;
}

static int watch(struct placement *placement, unsigned number)
{
    struct session_request request = {
        .session = id_of(number), .kind = SESSION_WATCH, .lesson = "music", .source = "teacher"};

    return placement_add(placement, &request);
}

static int publish(
    struct placement *placement, unsigned number, const char *lesson, const char *source)
{
    struct session_request request = {
        .session = id_of(number), .kind = SESSION_PUBLISH, .lesson = lesson, .source = source};

    return placement_add(placement, &request);
}

static void viewers_spread_evenly(void **state)
{
    struct placement *placement = make_placement(1000);
    unsigned loads[WORKERS] = {0};

    for (unsigned i = 0; i < 100 * WORKERS; i++) {
        int worker = watch(placement, i);

        assert_in_range(worker, 0, WORKERS - 1);
        assert_int_equal(placement_find(placement, id_of(i)), worker);
        loads[worker]++;
    }
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(loads[i], 100);
    assert_int_equal(placement_count(placement), 100 * WORKERS);
    placement_destroy(placement);
    placement_destroy(NULL);
}

static void a_place_that_was_left_is_the_next_to_be_taken(void **state)
{
    struct placement *placement = make_placement(1000);
    int left;

    for (unsigned i = 0; i < 3 * WORKERS; i++)
        watch(placement, i);
    left = (int)placement_find(placement, id_of(6));
    placement_remove(placement, id_of(6));
    placement_remove(placement, id_of(6));
    placement_remove(placement, id_of(777));
    assert_int_equal(placement_count(placement), 3 * WORKERS - 1);
    assert_int_equal(placement_find(placement, id_of(6)), 0);
    assert_int_equal(watch(placement, 100), left);
    placement_destroy(placement);
}

static void publishers_of_one_source_share_a_worker(void **state)
{
    struct placement *placement = make_placement(1000);
    int worker;

    watch(placement, 0); /* so that it is not worker 0, which is also the answer for nobody */
    worker = publish(placement, 1, "music", "teacher");
    assert_int_not_equal(worker, 0);
    for (unsigned i = 2; i < 10; i++)
        assert_int_equal(publish(placement, i, "music", "teacher"), worker);

    /* neither another source, nor another lesson, nor a viewer is drawn there */
    assert_int_not_equal(publish(placement, 10, "music", "room-1"), worker);
    assert_int_not_equal(publish(placement, 11, "maths", "teacher"), worker);
    assert_int_not_equal(watch(placement, 12), worker);

    /* as long as one of them is left */
    for (unsigned i = 1; i < 9; i++)
        placement_remove(placement, id_of(i));
    assert_int_equal(publish(placement, 13, "music", "teacher"), worker);
    placement_destroy(placement);
}

static void a_session_has_one_place(void **state)
{
    struct placement *placement = make_placement(3);

    watch(placement, 0);
    int worker = watch(placement, 1);
    watch(placement, 2);
    assert_int_equal(watch(placement, 1), -EEXIST);
    assert_int_equal(placement_find(placement, id_of(1)), worker);
    assert_int_equal(placement_count(placement), 3);
    placement_destroy(placement);
}

static void no_more_sessions_than_the_relay_may_carry(void **state)
{
    struct placement *placement = make_placement(5);

    for (unsigned i = 0; i < 5; i++)
        assert_true(watch(placement, i) >= 0);
    assert_int_equal(watch(placement, 5), -ENOSPC);
    assert_int_equal(publish(placement, 6, "music", "teacher"), -ENOSPC);
    placement_remove(placement, id_of(2));
    assert_true(publish(placement, 6, "music", "teacher") >= 0);
    assert_int_equal(watch(placement, 5), -ENOSPC);
    placement_destroy(placement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewers_spread_evenly),
        cmocka_unit_test(a_place_that_was_left_is_the_next_to_be_taken),
        cmocka_unit_test(publishers_of_one_source_share_a_worker),
        cmocka_unit_test(a_session_has_one_place),
        cmocka_unit_test(no_more_sessions_than_the_relay_may_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
