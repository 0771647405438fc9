/* Simulcast layers that rest while nobody wants them, and pictures that stand still. */
#include "tests/unit/routing/rest_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

static json_int_t top_bps(const struct rest_fixture *f)
{
    json_t *stats = stream_stats(f->publisher.stream, f->home->now_us);
    json_t *track = json_array_get(json_object_get(stats, "tracks"), 0);
    json_t *layer = json_array_get(json_object_get(track, "layers"), 0);
    json_int_t bps = json_integer_value(json_object_get(layer, "bitrate_bps"));

    json_decref(stats);
    return bps;
}

static void layers_that_nobody_watches_rest_but_for_the_lowest(void **state)
{
    struct rest_fixture f;

    rest_fixture_init(&f, true);
    rest_run(&f, SECONDS(4));
    assert_int_equal(f.publisher.pauses, 0);
    rest_run(&f, SECONDS(2));
    assert_int_equal(rest_paused(&f), TOP | MIDDLE);
    rest_run(&f, SECONDS(60));
    assert_int_equal(rest_paused(&f), TOP | MIDDLE);
    assert_int_equal(f.publisher.pauses, 2);
    assert_int_equal(f.publisher.resumes, 0);
    assert_true(f.publisher.active);
    rest_fixture_finish(&f);
}

static void a_viewer_that_joins_sees_the_lowest_at_once_and_soon_the_best(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    rest_run(&f, SECONDS(21));
    uint64_t joined_us = f.home->now_us;
    rest_watch(&f, f.home, &viewer);
    assert_int_equal(viewer.packets[0].sent_us, joined_us);
    assert_int_equal(rest_layer_of(&viewer, 0), LOW);
    assert_int_equal(f.publisher.last_resume_us, joined_us);
    assert_int_equal(rest_paused(&f), MIDDLE);
    rest_run(&f, 1);
    assert_int_equal(rest_shown(&viewer), TOP);
    assert_int_equal(viewer.packets[viewer.packet_count - 1].sent_us, joined_us);
    assert_true(top_bps(&f) > 500000); /* as before, till it is measured anew */
    rest_run(&f, SECONDS(20));
    assert_int_equal(rest_shown(&viewer), TOP);
    assert_int_equal(rest_paused(&f), MIDDLE);
    assert_int_equal(f.publisher.resumes, 1);
    assert_int_equal(viewer.playing, 1);
    rest_assert_no_break(&viewer, 70 * US_PER_MS);
    viewer_destroy(&viewer);
    rest_fixture_finish(&f);
}

static void a_viewer_never_begins_with_what_a_resting_layer_left_behind(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    f.layers[2].frame += 50; /* its keyframes come at other times */
    rest_run(&f, SECONDS(5) - 10);
    /* a keyframe of the top layer just before it stops, none of the lowest that is young enough */
    encoder_frame(&f.layers[0], true, 20, 3000);
    rest_run(&f, 18);
    assert_int_equal(rest_paused(&f), TOP | MIDDLE);
    rest_watch(&f, f.home, &viewer);
    assert_int_equal(viewer.packet_count, 0);
    rest_run(&f, 4);
    assert_int_equal(rest_shown(&viewer), TOP);
    viewer_destroy(&viewer);
    rest_fixture_finish(&f);
}

static void a_layer_that_comes_back_without_its_keyframe_is_asked_for_one_then(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    rest_run(&f, SECONDS(5) + 10);
    f.lazy = TOP;
    assert_int_equal(f.plis, 0);
    rest_watch(&f, f.home, &viewer);
    rest_run_without_top(&f, 4);
    assert_int_equal(f.plis, 0);
    rest_run_without_top(&f, 12);
    rest_run(&f, 6);
    assert_int_equal(f.plis, 1);
    assert_int_equal(rest_shown(&viewer), TOP);
    viewer_destroy(&viewer);
    rest_fixture_finish(&f);
}

static void publishers_that_cannot_pause_are_not_asked(void **state)
{
    struct rest_fixture f;

    rest_fixture_init(&f, false);
    rest_run(&f, SECONDS(30));
    assert_int_equal(f.publisher.pauses, 0);
    assert_int_equal(f.publisher.resumes, 0);
    rest_fixture_finish(&f);
}

static void viewers_that_come_and_go_pause_nothing(void **state)
{
    struct rest_fixture f;

    rest_fixture_init(&f, true);
    for (unsigned i = 0; i < 10; i++) {
        struct viewer viewer;

        rest_run(&f, SECONDS(4));
        rest_watch(&f, f.home, &viewer);
        rest_run(&f, SECONDS(1));
        viewer_destroy(&viewer);
    }
    assert_int_equal(rest_paused(&f), MIDDLE);
    assert_int_equal(f.publisher.pauses, 1);
    rest_fixture_finish(&f);
}

static void a_layer_that_does_not_come_back_is_dead_until_it_does(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    rest_run(&f, SECONDS(20));
    for (unsigned i = 0; i < 3; i++) { /* the top layer stays away */
        rest_watch(&f, f.home, &viewer);
        rest_run_without_top(&f, SECONDS(1));
        assert_int_equal(rest_shown(&viewer), i == 0 ? LOW : MIDDLE);
        rest_run_without_top(&f, SECONDS(4));
        assert_int_equal(rest_shown(&viewer), MIDDLE);
        rest_assert_no_break(&viewer, 70 * US_PER_MS);
        if (i < 2)
            viewer_destroy(&viewer);
    }
    unsigned resumes = f.publisher.resumes;
    f.publisher.paused = UINT64_C(1) << 10;
    rest_run(&f, SECONDS(6)); /* it is asked now and then */
    assert_true(f.publisher.resumes > resumes);
    assert_int_equal(rest_paused(&f), 0);
    rest_run(&f, SECONDS(1));
    assert_int_equal(rest_shown(&viewer), TOP);
    viewer_destroy(&viewer);
    rest_fixture_finish(&f);
}

static void what_the_publisher_answers_is_heeded(void **state)
{
    struct rest_fixture f;

    rest_fixture_init(&f, true);
    f.disobeys = TOP | MIDDLE;
    while (f.publisher.pauses < 2)
        rest_run(&f, 1);
    publisher_answer_pause(&f.publisher, 10, true);
    publisher_answer_pause(&f.publisher, 11, false);
    publisher_answer_pause(&f.publisher, 99, true);
    rest_run(&f, 25);
    assert_int_equal(f.publisher.pauses, 2);
    f.disobeys = TOP; /* which refused; the other one only had much on its way */
    rest_run(&f, SECONDS(50));
    assert_int_equal(f.publisher.pauses, 2);
    rest_fixture_finish(&f);
}

static void when_the_lowest_ends_the_next_one_goes_on(void **state)
{
    struct rest_fixture f;

    rest_fixture_init(&f, true);
    rest_run(&f, SECONDS(10));
    f.publisher.paused |= UINT64_C(1) << 12;
    rest_run(&f, SECONDS(2));
    assert_int_equal(rest_paused(&f), TOP | LOW);
    rest_fixture_finish(&f);
}

/* ---- thin lines ---- */

static void what_a_viewer_still_shows_does_not_rest(void **state)
{
    struct rest_fixture f;
    struct viewer thin;
    struct viewer wide;

    rest_fixture_init(&f, true);
    rest_watch(&f, f.home, &wide);
    rest_watch(&f, f.home, &thin);
    for (unsigned i = 0; i < 10; i++) {
        viewer_remb(&thin, 800);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(rest_shown(&thin), MIDDLE);
    f.deaf = TOP;
    for (unsigned i = 0; i < 20; i++) {
        viewer_remb(&thin, 2500);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(rest_shown(&wide), TOP);
    assert_int_equal(rest_shown(&thin), MIDDLE);
    assert_int_equal(rest_paused(&f), 0);
    f.deaf = 0;
    rest_run(&f, SECONDS(8));
    assert_int_equal(rest_shown(&thin), TOP);
    assert_int_equal(rest_paused(&f), MIDDLE);
    viewer_destroy(&wide);
    viewer_destroy(&thin);
    rest_fixture_finish(&f);
}

static void a_better_layer_is_called_back_when_the_line_carries_what_it_had(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    rest_watch(&f, f.home, &viewer);
    for (unsigned i = 0; i < 30; i++) {
        viewer_remb(&viewer, 800);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(rest_shown(&viewer), MIDDLE);
    assert_int_equal(rest_paused(&f), TOP);
    assert_int_equal(f.publisher.pauses, 1);
    for (unsigned i = 0; i < 6; i++) {
        viewer_remb(&viewer, 2500);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(rest_shown(&viewer), TOP);
    assert_int_equal(f.publisher.resumes, 1);
    rest_assert_no_break(&viewer, 400 * US_PER_MS);
    viewer_destroy(&viewer);
    rest_fixture_finish(&f);
}

static void a_picture_that_stands_still_is_told_and_its_end_too(void **state)
{
    struct rest_fixture f;
    struct viewer viewer;

    rest_fixture_init(&f, true);
    rest_watch(&f, f.home, &viewer);
    rest_run(&f, SECONDS(1));
    assert_int_equal(viewer.playing, 1);
    for (unsigned i = 0; i < 10; i++) {
        viewer_remb(&viewer, 50);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 1);
    assert_int_equal(viewer.playing, 1);
    assert_int_equal(rest_paused(&f), TOP | MIDDLE); /* who sees nothing wants nothing */
    for (unsigned i = 0; i < 10; i++) {
        viewer_remb(&viewer, 2500);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 1);
    assert_int_equal(viewer.playing, 2);
    assert_int_equal(viewer.empty, 0);
    assert_int_equal(rest_shown(&viewer), TOP);

    for (unsigned i = 0; i < 3; i++) {
        viewer_remb(&viewer, 50);
        rest_run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 2);
    publisher_destroy(&f.publisher);
    scene_advance(f.home, 50 * US_PER_MS);
    assert_int_equal(viewer.empty, 1);
    viewer_destroy(&viewer);
    scene_finish(&f.alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_that_nobody_watches_rest_but_for_the_lowest),
        cmocka_unit_test(a_viewer_that_joins_sees_the_lowest_at_once_and_soon_the_best),
        cmocka_unit_test(a_viewer_never_begins_with_what_a_resting_layer_left_behind),
        cmocka_unit_test(a_layer_that_comes_back_without_its_keyframe_is_asked_for_one_then),
        cmocka_unit_test(publishers_that_cannot_pause_are_not_asked),
        cmocka_unit_test(viewers_that_come_and_go_pause_nothing),
        cmocka_unit_test(a_layer_that_does_not_come_back_is_dead_until_it_does),
        cmocka_unit_test(what_the_publisher_answers_is_heeded),
        cmocka_unit_test(when_the_lowest_ends_the_next_one_goes_on),
        cmocka_unit_test(what_a_viewer_still_shows_does_not_rest),
        cmocka_unit_test(a_better_layer_is_called_back_when_the_line_carries_what_it_had),
        cmocka_unit_test(a_picture_that_stands_still_is_told_and_its_end_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
