#include "tests/unit/routing/cmocka_all.h"

#include "relay/routing/layer_demand.h"

#define MS   UINT64_C(1000)
#define TICK (100 * MS)

/* A layer with a publisher behind it that obeys, or not, in virtual time. */
struct scene {
    struct layer_demand demand;
    struct layer_demand_input input;
    uint64_t now_us;
    bool obeys;
    bool sends;
    unsigned pauses, resumes; /* requests */
};

static struct scene begin(void)
{
    struct scene scene = {.now_us = 1000 * MS, .obeys = true, .sends = true};

    scene.input = (struct layer_demand_input){.negotiated = true, .wanted = true};
    return scene;
}

static void run(struct scene *scene, uint64_t duration_us)
{
    for (uint64_t end_us = scene->now_us + duration_us; scene->now_us < end_us;) {
        scene->now_us += TICK;
        if (scene->sends)
            scene->input.last_packet_us = scene->now_us;
        enum layer_demand_action action =
            layer_demand_step(&scene->demand, &scene->input, scene->now_us);
        scene->pauses += action == LAYER_DEMAND_PAUSE;
        scene->resumes += action == LAYER_DEMAND_RESUME;
        if (scene->obeys && action != LAYER_DEMAND_NOTHING)
            scene->sends = action == LAYER_DEMAND_RESUME;
    }
}

/* A layer that nobody wants; asked to pause after five seconds, it has paused. */
static struct scene begin_paused(void)
{
    struct scene scene = begin();

    scene.input.wanted = false;
    run(&scene, 10000 * MS);
    assert_int_equal(scene.pauses, 1);
    assert_false(scene.sends);
    return scene;
}

/* The same when it was asked just now and has not obeyed; nor will it. */
static struct scene begin_asked_in_vain(void)
{
    struct scene scene = begin();

    scene.obeys = false;
    scene.input.wanted = false;
    run(&scene, 5000 * MS + TICK);
    assert_int_equal(scene.pauses, 1);
    return scene;
}

static void a_layer_without_interest_is_paused_after_five_seconds(void **state)
{
    struct scene scene = begin();

    run(&scene, 20000 * MS);
    assert_int_equal(scene.pauses, 0);
    scene.input.wanted = false;
    run(&scene, 4900 * MS);
    assert_int_equal(scene.pauses, 0);
    run(&scene, 30000 * MS);
    assert_int_equal(scene.pauses, 1);
    assert_int_equal(scene.demand.state, LAYER_PAUSED);
    assert_true(layer_demand_is_paused(&scene.demand));
}

static void a_layer_that_nobody_ever_wanted_is_paused_five_seconds_after_it_began(void **state)
{
    struct scene scene = begin();

    scene.input.wanted = false;
    run(&scene, 5000 * MS);
    assert_int_equal(scene.pauses, 0);
    run(&scene, 2 * TICK);
    assert_int_equal(scene.pauses, 1);
}

static void interest_brings_it_back_at_once_and_the_next_pause_has_a_new_number(void **state)
{
    struct scene scene = begin_paused();

    assert_int_equal(scene.demand.pause_id, 0);
    scene.input.wanted = true;
    run(&scene, TICK);
    assert_int_equal(scene.resumes, 1);
    assert_int_equal(scene.demand.pause_id, 0);
    run(&scene, 5000 * MS);
    assert_int_equal(scene.resumes, 1);
    assert_int_equal(scene.demand.state, LAYER_RUNNING);
    assert_false(layer_demand_is_paused(&scene.demand));
    scene.input.wanted = false;
    run(&scene, 10000 * MS);
    assert_int_equal(scene.pauses, 2);
    assert_int_equal(scene.demand.pause_id, 1);
}

static void interest_that_comes_and_goes_pauses_nothing(void **state)
{
    struct scene scene = begin();

    for (unsigned i = 0; i < 20; i++) {
        scene.input.wanted = false;
        run(&scene, 4000 * MS);
        scene.input.wanted = true;
        run(&scene, TICK);
    }
    assert_int_equal(scene.pauses, 0);
}

static void the_lowest_layer_and_publishers_without_pause_are_left_alone(void **state)
{
    struct scene lowest = begin();
    struct scene without = begin();

    lowest.input.wanted = without.input.wanted = false;
    lowest.input.lowest = true;
    without.input.negotiated = false;
    run(&lowest, 60000 * MS);
    run(&without, 60000 * MS);
    assert_int_equal(lowest.pauses, 0);
    assert_int_equal(without.pauses, 0);
}

static void a_paused_layer_that_became_the_lowest_goes_on(void **state)
{
    struct scene scene = begin_paused();

    scene.input.lowest = true;
    run(&scene, TICK);
    assert_int_equal(scene.resumes, 1);
}

static void requests_are_repeated_while_they_have_no_effect(void **state)
{
    struct scene scene = begin_paused();

    scene.obeys = false;
    scene.input.wanted = true;
    run(&scene, 2000 * MS);
    assert_in_range(scene.resumes, 4, 5);
    run(&scene, 30000 * MS); /* a camera that is off: seldom */
    assert_in_range(scene.resumes, 8, 14);
    scene.obeys = true;
    run(&scene, 6000 * MS);
    assert_int_equal(scene.demand.state, LAYER_RUNNING);
}

static void a_publisher_that_ignores_pauses_is_left_alone_for_a_minute(void **state)
{
    struct scene scene = begin();

    scene.obeys = false;
    scene.input.wanted = false;
    run(&scene, 50000 * MS);
    assert_int_equal(scene.pauses, LAYER_DEMAND_MAX_ASKED);
    assert_false(layer_demand_is_paused(&scene.demand));
    run(&scene, 30000 * MS);
    assert_int_equal(scene.pauses, 2 * LAYER_DEMAND_MAX_ASKED);
}

static void a_refusal_and_a_confirmation_end_the_asking(void **state)
{
    struct scene scene = begin_asked_in_vain();

    layer_demand_told(&scene.demand, true, 7, scene.now_us); /* of another pause */
    assert_int_equal(scene.demand.state, LAYER_PAUSING);
    layer_demand_told(&scene.demand, true, 0, scene.now_us);
    run(&scene, 900 * MS); /* what was on its way */
    scene.sends = false;
    run(&scene, 9000 * MS);
    assert_int_equal(scene.pauses, 1);
    assert_int_equal(scene.demand.state, LAYER_PAUSED);

    struct scene refused = begin_asked_in_vain();
    layer_demand_told(&refused.demand, false, 0, refused.now_us);
    run(&refused, 50000 * MS);
    assert_int_equal(refused.pauses, 1);
}

static void a_paused_layer_that_comes_by_itself_is_asked_again(void **state)
{
    struct scene scene = begin_paused();

    scene.sends = true; /* the publisher connected anew */
    run(&scene, 5000 * MS);
    assert_int_equal(scene.pauses, 2);
    assert_false(scene.sends);
}

static void a_lost_request_to_go_on_is_repeated_though_late_packets_came(void **state)
{
    struct scene scene = begin_asked_in_vain();

    scene.input.wanted = true;
    run(&scene, 2 * TICK); /* packets from before the pause still come; the request is lost */
    assert_int_equal(scene.demand.state, LAYER_RUNNING);
    scene.sends = false;
    run(&scene, 2000 * MS);
    assert_true(scene.resumes >= 2);
}

static void a_layer_that_does_not_come_back_is_no_longer_alive_but_asked_now_and_then(void **state)
{
    struct scene scene = begin_paused();

    scene.obeys = false;
    scene.input.wanted = true;
    run(&scene, 2000 * MS);
    assert_true(layer_demand_is_paused(&scene.demand));
    run(&scene, 2000 * MS);
    assert_false(layer_demand_is_paused(&scene.demand));
    scene.input.wanted = false; /* who could want it? */
    scene.resumes = 0;
    run(&scene, 20000 * MS);
    assert_in_range(scene.resumes, 3, 5);
    scene.obeys = true;
    run(&scene, 6000 * MS);
    assert_true(scene.sends);
    run(&scene, 10000 * MS);
    assert_int_equal(scene.demand.state, LAYER_PAUSED);
}

static void a_layer_that_ends_by_itself_is_not_alive(void **state)
{
    struct scene scene = begin();

    run(&scene, 1000 * MS);
    scene.input.wanted = false;
    run(&scene, 10000 * MS);
    scene.input.wanted = true;
    run(&scene, 2000 * MS);
    scene.sends = false;
    scene.obeys = false;
    run(&scene, 1500 * MS);
    assert_false(layer_demand_is_paused(&scene.demand));
}

static void a_lost_request_to_go_on_is_repeated_though_nobody_wants_the_layer_any_more(void **state)
{
    struct scene scene = begin_asked_in_vain();

    scene.input.wanted = true;
    run(&scene, 2 * TICK);
    assert_int_equal(scene.demand.state, LAYER_RUNNING);
    scene.sends = false;
    scene.input.wanted = false;
    scene.resumes = 0;
    run(&scene, 2000 * MS);
    assert_true(scene.resumes >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_without_interest_is_paused_after_five_seconds),
        cmocka_unit_test(a_layer_that_nobody_ever_wanted_is_paused_five_seconds_after_it_began),
        cmocka_unit_test(interest_brings_it_back_at_once_and_the_next_pause_has_a_new_number),
        cmocka_unit_test(interest_that_comes_and_goes_pauses_nothing),
        cmocka_unit_test(the_lowest_layer_and_publishers_without_pause_are_left_alone),
        cmocka_unit_test(a_paused_layer_that_became_the_lowest_goes_on),
        cmocka_unit_test(requests_are_repeated_while_they_have_no_effect),
        cmocka_unit_test(a_publisher_that_ignores_pauses_is_left_alone_for_a_minute),
        cmocka_unit_test(a_refusal_and_a_confirmation_end_the_asking),
        cmocka_unit_test(a_paused_layer_that_comes_by_itself_is_asked_again),
        cmocka_unit_test(a_lost_request_to_go_on_is_repeated_though_late_packets_came),
        cmocka_unit_test(a_layer_that_does_not_come_back_is_no_longer_alive_but_asked_now_and_then),
        cmocka_unit_test(a_layer_that_ends_by_itself_is_not_alive),
        cmocka_unit_test(
            a_lost_request_to_go_on_is_repeated_though_nobody_wants_the_layer_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
