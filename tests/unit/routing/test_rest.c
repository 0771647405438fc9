/* Viewers at rest: nothing looks at them for 50 ms at a time, and yet they miss nothing. */
#include "relay/routing/router_internal.h"
#include "relay/routing/subscriber.h"
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/two_sources.h"

#define REST_PHASES 5 /* ticks in one rest */

static bool is_at_rest(const struct viewer *viewer)
{
    const struct router *router = viewer->scene->router;

    for (const struct list_node *node = router->resting.next; node != &router->resting;
         node = node->next) {
        if (node == &viewer->subscriber->tick_node)
            return true;
    }
    return false;
}

static void tick(struct fixture *f)
{
    scene_advance(&f->scene, 10 * US_PER_MS);
}

static void send(struct source *source)
{
    if (!source->exists)
        return;
    encoder_frame(&source->video, source->video.frame % 50 == 0, 2, 1800);
    encoder_frame(&source->audio, false, 1, 960);
}

/* The camera alone sends, and the clock stops in the given phase of a rest. */
static void run_until(struct fixture *f, unsigned phase)
{
    uint64_t left_us = (REST_PHASES - phase) * 10 * US_PER_MS;

    for (unsigned i = 0; i < 1000; i++) {
        if (i > 200 && is_at_rest(&f->viewer) &&
            f->viewer.subscriber->rest_ends_us == f->scene.now_us + left_us)
            return;
        if (i % 2 == 0)
            send(&f->sources[CAMERA]);
        tick(f);
    }
    fail_msg("the viewer is never at rest");
}

struct news {
    void (*prepare)(struct fixture *f);
    void (*happens)(struct fixture *f);
    unsigned (*told)(const struct viewer *viewer);
};

/* What happens to a viewer at rest, in any phase of its rest, is told with the next tick. */
static void assert_told_with_the_next_tick(const struct news *news)
{
    for (unsigned phase = 0; phase < REST_PHASES; phase++) {
        struct fixture f;
        unsigned before;

        fixture_init(&f, "teacher-camera", false);
        if (news->prepare)
            news->prepare(&f);
        run_until(&f, phase);
        before = news->told(&f.viewer);
        news->happens(&f);
        assert_int_equal(news->told(&f.viewer), before);
        tick(&f);
        assert_true(news->told(&f.viewer) > before);
        fixture_finish(&f);
    }
}

static unsigned times_emptied(const struct viewer *viewer)
{
    return viewer->empty;
}

static unsigned times_playing(const struct viewer *viewer)
{
    return viewer->playing;
}

static unsigned times_no_codec(const struct viewer *viewer)
{
    return viewer->no_codec;
}

static void let_camera_leave(struct fixture *f)
{
    publisher_destroy(&f->sources[CAMERA].publisher);
    f->sources[CAMERA].exists = false;
}

static void empty_slots(struct fixture *f)
{
    fixture_set_both(f, "");
}

static void show_room(struct fixture *f)
{
    fixture_set_both(f, "room-1");
}

static void show_silent_room(struct fixture *f)
{
    fixture_publish(f, ROOM);
    show_room(f);
}

static void let_room_speak(struct fixture *f)
{
    encoder_frame(&f->sources[ROOM].audio, false, 1, 960);
}

static void publish_room_as_vp8(struct fixture *f)
{
    struct media_codec vp8 = shape_vp8(96, 97);

    f->tracks[0] = scene_track(MEDIA_VIDEO, &vp8);
    fixture_publish(f, ROOM);
}

static void a_source_that_leaves(void **state)
{
    assert_told_with_the_next_tick(&(struct news){NULL, let_camera_leave, times_emptied});
}

static void a_slot_that_is_emptied(void **state)
{
    assert_told_with_the_next_tick(&(struct news){NULL, empty_slots, times_emptied});
}

static void the_first_packet_of_a_source(void **state)
{
    assert_told_with_the_next_tick(&(struct news){show_silent_room, let_room_speak, times_playing});
}

static void a_source_in_another_codec(void **state)
{
    assert_told_with_the_next_tick(&(struct news){show_room, publish_room_as_vp8, times_no_codec});
}

/* Its replay has begun when the line turns out to be too thin for any picture. */
static void a_viewer_whose_picture_stands_still_is_at_rest(void **state)
{
    struct fixture f;
    unsigned rests = 0;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 120);
    viewer_remb(&f.viewer, 60);
    fixture_run(&f, 5);
    fixture_set(&f, 0, "room-1");
    for (unsigned i = 0; i < 100; i++) {
        viewer_remb(&f.viewer, 60);
        fixture_run(&f, 1);
        rests += is_at_rest(&f.viewer);
    }
    assert_true(f.viewer.paused > 0);
    assert_true(rests > 50);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_that_leaves),
        cmocka_unit_test(a_slot_that_is_emptied),
        cmocka_unit_test(the_first_packet_of_a_source),
        cmocka_unit_test(a_source_in_another_codec),
        cmocka_unit_test(a_viewer_whose_picture_stands_still_is_at_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
