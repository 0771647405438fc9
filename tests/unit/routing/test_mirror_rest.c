/* Layers that rest while no viewer of any router wants them. */
#include "tests/unit/routing/rest_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

static void viewers_at_other_routers_keep_the_layers_that_they_want(void **state)
{
    struct rest_fixture f;
    struct viewer here;
    struct viewer there;

    rest_fixture_init_several(&f);
    rest_watch(&f, f.home, &here);
    rest_watch(&f, &f.exchange.scenes[1], &there);
    viewer_destroy(&here);
    rest_run(&f, SECONDS(30));
    assert_int_equal(rest_shown(&there), TOP);
    assert_int_equal(rest_paused(&f), MIDDLE);
    assert_int_equal(f.publisher.pauses, 1);
    rest_assert_no_break(&there, 70 * US_PER_MS);

    viewer_destroy(&there);
    rest_run(&f, SECONDS(4));
    assert_int_equal(rest_paused(&f), MIDDLE);
    rest_run(&f, SECONDS(2));
    assert_int_equal(rest_paused(&f), TOP | MIDDLE);
    rest_fixture_finish(&f);
}

static void a_viewer_elsewhere_brings_a_resting_layer_back(void **state)
{
    for (unsigned phase = 0; phase < 8; phase++) {
        struct rest_fixture f;
        struct viewer viewer;

        rest_fixture_init_several(&f);
        f.exchange.mail.delay_us = 3 * US_PER_MS;
        f.exchange.ring.delay_us = 1 * US_PER_MS;
        rest_run(&f, SECONDS(21) + phase);
        assert_int_equal(rest_paused(&f), TOP | MIDDLE);
        uint64_t joined_us = f.home->now_us;
        rest_watch(&f, &f.exchange.scenes[2], &viewer);
        rest_run(&f, 2);
        assert_int_equal(rest_layer_of(&viewer, 0), LOW);
        assert_in_range(viewer.packets[0].sent_us - joined_us, 0, 20 * US_PER_MS);
        rest_run(&f, 6);
        assert_in_range(f.publisher.last_resume_us - joined_us, 0, 110 * US_PER_MS);
        assert_int_equal(rest_shown(&viewer), TOP);
        rest_run(&f, SECONDS(20));
        assert_int_equal(rest_paused(&f), MIDDLE);
        assert_int_equal(f.publisher.resumes, 1);
        rest_assert_no_break(&viewer, 70 * US_PER_MS);
        viewer_destroy(&viewer);
        rest_fixture_finish(&f);
    }
}

/* It has seen the layer come, and rest; or it never has. */
static void a_mirror_knows_what_a_resting_layer_had(void **state)
{
    for (int late = 0; late < 2; late++) {
        struct rest_fixture f;
        struct viewer viewer;

        rest_fixture_init_several(&f);
        if (late)
            rest_run(&f, SECONDS(20));
        rest_watch(&f, &f.exchange.scenes[1], &viewer);
        for (unsigned i = 0; i < 30; i++) {
            viewer_remb(&viewer, 800);
            rest_run(&f, SECONDS(1));
        }
        assert_int_equal(rest_shown(&viewer), MIDDLE);
        assert_int_equal(rest_paused(&f), TOP);
        unsigned pauses = f.publisher.pauses;
        for (unsigned i = 0; i < 30; i++) {
            viewer_remb(&viewer, 900);
            rest_run(&f, SECONDS(1));
        }
        assert_int_equal(f.publisher.pauses, pauses); /* nothing was tried */
        for (unsigned i = 0; i < 6; i++) {
            viewer_remb(&viewer, 2500);
            rest_run(&f, SECONDS(1));
        }
        assert_int_equal(rest_shown(&viewer), TOP);
        viewer_destroy(&viewer);
        rest_fixture_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(viewers_at_other_routers_keep_the_layers_that_they_want),
        cmocka_unit_test(a_viewer_elsewhere_brings_a_resting_layer_back),
        cmocka_unit_test(a_mirror_knows_what_a_resting_layer_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
