/* Mirrors over time: when they get packets, whom they follow, which layers they know. */
#include "relay/routing/stream.h"
#include "tests/unit/routing/mirror_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

#include <string.h>

/* ---- interest ---- */

static void a_router_without_viewers_gets_no_packets(void **state)
{
    struct mirror_fixture *f = *state;

    mirror_watch(f, 0);
    mirror_run(f, 50);
    assert_int_equal(f->exchange.parcels, 0);

    mirror_watch(f, 1);
    unsigned caches = f->exchange.parcels;
    assert_int_equal(caches, 50 * 4 + 2);
    mirror_run(f, 10);
    assert_int_equal(f->exchange.parcels, caches + 10 * 4); /* and none for router 2 */
}

static void interest_ends_five_seconds_after_the_last_viewer_and_comes_back_with_the_next(
    void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 1);

    mirror_run(f, 50);
    viewer_destroy(viewer);
    unsigned before = f->exchange.parcels;
    mirror_run(f, 4900 / 20);
    assert_int_equal(f->exchange.parcels, before + 4900 / 20 * 4 + 2 * 2);
    mirror_run(f, 10);
    before = f->exchange.parcels;
    mirror_run(f, 250); /* to frame 555 */
    assert_int_equal(f->exchange.parcels, before);

    viewer = mirror_watch(f, 1);
    assert_int_equal(viewer_packet_frame(mirror_packet(viewer, MIRROR_VIDEO_SSRC, 0)), 500);
    mirror_run(f, 30);
    size_t count = mirror_count(viewer, MIRROR_VIDEO_SSRC);
    assert_int_equal(count, (585 - 500) * 3 + 2);
    assert_int_equal(viewer_packet_frame(mirror_last_picture(viewer)), 584);
}

/* What the origin gives then the mirror has partly still: nothing may go out twice under one number. */
static void a_viewer_just_after_interest_ended_gets_everything_once(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 1);

    mirror_run(f, 50);
    viewer_destroy(viewer);
    mirror_run(f, 265); /* 5.3 s: the interest ended 0.3 s ago, the last keyframe is that old */
    unsigned before = f->exchange.parcels;
    viewer = mirror_watch(f, 1);
    assert_true(f->exchange.parcels > before);
    mirror_run(f, 30);

    size_t count = mirror_count(viewer, MIRROR_VIDEO_SSRC);
    assert_int_equal(count, (345 - 300) * 3 + 2);
    mirror_assert_gapless(viewer, MIRROR_VIDEO_SSRC);
}

static void assert_joins_at_router_1(struct mirror_fixture *f, json_int_t count, json_int_t sum_us)
{
    json_t *stats = router_stats(f->exchange.scenes[1].router, 10, f->exchange.scenes[1].now_us);
    json_t *join = json_object_get(stats, "join");

    assert_int_equal(json_integer_value(json_object_get(join, "count")), count);
    assert_int_equal(json_integer_value(json_object_get(join, "sum_us")), sum_us);
    json_decref(stats);
}

static void a_join_elsewhere_is_timed_like_one_at_the_origin(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = &f->viewers[0];
    const char *const teacher[] = {"teacher-camera"};

    mirror_run(f, 50);
    assert_int_equal(viewer_create(viewer, &f->exchange.scenes[1], f->tracks, teacher, 1), 0);
    mirror_run(f, 2);
    viewer_start(viewer);
    assert_joins_at_router_1(f, 1, 40000);

    /* who comes before the teacher waits for the teacher */
    viewer_destroy(viewer);
    mirror_wait(f, 2100 * US_PER_MS);
    assert_int_equal(viewer_create(viewer, &f->exchange.scenes[1], f->tracks, teacher, 1), 0);
    viewer_start(viewer);
    mirror_run(f, 100);
    assert_joins_at_router_1(f, 1, 40000);
}

/* ---- publishers ---- */

static void assert_shows(const struct viewer *viewer, uint32_t frame)
{
    assert_int_equal(viewer_packet_frame(mirror_last_picture(viewer)), frame);
    mirror_assert_gapless(viewer, MIRROR_VIDEO_SSRC);
}

static void a_stream_that_ends_empties_its_slots_and_the_next_fills_them(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 1);

    mirror_run(f, 30);
    publisher_destroy(&f->publisher);
    mirror_wait(f, 100 * US_PER_MS);
    assert_int_equal(viewer->empty, 2);
    assert_int_equal(viewer->playing, 2);

    mirror_publish(f, 0, &f->publisher);
    mirror_use_publisher(f, &f->publisher, 1000);
    mirror_run(f, 30);
    assert_int_equal(viewer->empty, 2);
    assert_int_equal(viewer->playing, 4);
    assert_shows(viewer, 1029);
}

static void a_viewer_may_wait_for_a_publisher_elsewhere(void **state)
{
    struct mirror_fixture *f = *state;

    publisher_destroy(&f->publisher);
    mirror_wait(f, 20 * US_PER_MS);
    struct viewer *viewer = mirror_watch(f, 2);
    mirror_wait(f, 20 * US_PER_MS);
    mirror_publish(f, 0, &f->publisher);
    mirror_run(f, 30);
    assert_shows(viewer, 29);
    assert_int_equal(mirror_count(viewer, MIRROR_VIDEO_SSRC), 92);
}

/* The source moves to another router: what the two say reaches the third, and the old home, in either order. */
static void a_publisher_at_another_router_is_followed_whoever_is_heard_first(void **state)
{
    for (unsigned held = 0; held < EXCHANGE_ROUTERS; held++) {
        struct mirror_fixture f;

        mirror_fixture_init(&f);
        mirror_watch_everywhere(&f);
        mirror_run(&f, 30);
        f.exchange.holds_mail_of[held] = true; /* 2: nobody's that matters */
        publisher_destroy(&f.publisher);
        mirror_publish(&f, 1, &f.publisher);
        mirror_use_publisher(&f, &f.publisher, 1000);
        mirror_run(&f, 5);
        f.exchange.holds_mail_of[held] = false;
        mirror_wait(&f, 10 * US_PER_MS);
        mirror_run(&f, 30);

        for (unsigned i = 0; i < EXCHANGE_ROUTERS; i++) {
            assert_shows(&f.viewers[i], 1034);
            assert_int_equal(f.viewers[i].empty, 2);
            assert_int_equal(f.viewers[i].playing, 4);
        }
        mirror_fixture_finish(&f);
    }
}

/* The old publisher does not know yet, and goes on. */
static void a_mirror_whose_source_is_published_here_gets_no_more_packets(void **state)
{
    struct mirror_fixture *f = *state;
    struct publisher second;

    mirror_watch(f, 1);
    mirror_run(f, 30);
    assert_int_equal(f->publisher.stream->interested, 1U << 1);

    mirror_publish(f, 1, &second);
    mirror_wait(f, 10 * US_PER_MS);
    assert_int_equal(f->publisher.stream->interested, 0);
    for (size_t i = 0; i < f->publisher.stream->track_count; i++)
        assert_int_equal(f->publisher.stream->peers[1].wanted[i], 0);
    unsigned before = f->exchange.parcels;
    mirror_run(f, 300);
    assert_int_equal(f->exchange.parcels, before);
    publisher_destroy(&second);
}

/* Two publishers of one source elsewhere: the newer one counts. */
static void a_mirror_that_gives_way_to_another_gets_no_more_packets(void **state)
{
    struct mirror_fixture *f = *state;
    struct publisher second;

    mirror_watch(f, 2);
    mirror_run(f, 30);
    mirror_publish(f, 1, &second);
    mirror_wait(f, 10 * US_PER_MS);
    assert_int_equal(f->publisher.stream->interested, 0);
    assert_int_equal(second.stream->interested, 1U << 2);
    publisher_destroy(&second);
}

static void a_late_packet_of_a_stream_that_ended_goes_nowhere(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 1);

    mirror_run(f, 30);
    f->exchange.ring.delay_us = 50 * US_PER_MS;
    mirror_run(f, 1);
    size_t before = viewer->packet_count;
    publisher_destroy(&f->publisher);
    mirror_wait(f, 100 * US_PER_MS);
    assert_int_equal(viewer->packet_count, before);
}

/* ---- layers ---- */

struct layers_fixture {
    struct exchange_scene exchange;
    struct publisher publisher;
    struct media_track wanted;
    struct encoder layers[2]; /* frames from 0 and from 10000 on */
    struct viewer viewer;
};

static const uint16_t widths[] = {320, 1280}; /* the small one is listed first */

static void layers_init(struct layers_fixture *f)
{
    struct media_codec codec = shape_vp8(102, 0);
    struct media_track track;

    memset(f, 0, sizeof(*f));
    exchange_scene_init(&f->exchange);
    f->wanted = scene_track(MEDIA_VIDEO, &codec);
    track = f->wanted;
    track.rid_count = 2;
    strcpy(track.rids[0], "l");
    strcpy(track.rids[1], "h");
    assert_int_equal(
        publisher_create(&f->publisher, &f->exchange.scenes[0], "teacher-camera", &track, 1), 0);
    for (unsigned i = 0; i < 2; i++)
        f->layers[i] = (struct encoder){.publisher = &f->publisher,
            .codec = MEDIA_CODEC_VP8,
            .payload_type = 102,
            .ssrc = 10 + i,
            .mid = "1",
            .rid = i == 0 ? "l" : "h",
            .width = widths[i],
            .sequence_number = (uint16_t)(1000 * i),
            .timestamp_rtp = 123456789 * (i + 1),
            .frame = 10000 * i};
}

static void layers_watch(struct layers_fixture *f, unsigned router)
{
    const char *const teacher[] = {"teacher-camera"};

    assert_int_equal(
        viewer_create(&f->viewer, &f->exchange.scenes[router], &f->wanted, teacher, 1), 0);
    viewer_start(&f->viewer);
}

static void layers_finish(struct layers_fixture *f)
{
    viewer_destroy(&f->viewer);
    publisher_destroy(&f->publisher);
    exchange_scene_finish(&f->exchange);
}

static int layers_setup(void **state)
{
    static struct layers_fixture fixture;

    layers_init(&fixture);
    *state = &fixture;
    return 0;
}

static int layers_teardown(void **state)
{
    layers_finish(*state);
    return 0;
}

/* Frames of the layers in mask, 30 a second; keyframes of those in keyframes first. */
static void layers_run(struct layers_fixture *f, unsigned mask, unsigned keyframes, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        for (unsigned l = 0; l < 2; l++) {
            if (mask & (1U << l))
                encoder_frame(&f->layers[l], i == 0 && (keyframes & (1U << l)), 2, 3000);
            else
                f->layers[l].timestamp_rtp += 3000;
        }
        scene_advance(&f->exchange.scenes[0], 33333);
    }
}

static unsigned shown_layer(const struct layers_fixture *f)
{
    assert_true(f->viewer.packet_count > 0);
    return viewer_packet_frame(&f->viewer.packets[f->viewer.packet_count - 1]) / 10000;
}

static void the_order_of_layers_is_learned_elsewhere(void **state)
{
    struct layers_fixture *f = *state;

    layers_watch(f, 1);
    layers_run(f, 3, 3, 10);
    layers_run(f, 3, 3, 10);
    assert_int_equal(shown_layer(f), 1);
}

static void a_silent_layer_is_left_and_taken_back_elsewhere(void **state)
{
    struct layers_fixture *f = *state;

    layers_watch(f, 1);
    layers_run(f, 3, 3, 20);
    layers_run(f, 3, 3, 20);
    assert_int_equal(shown_layer(f), 1);
    layers_run(f, 1, 1, 75);
    assert_int_equal(shown_layer(f), 0);
    layers_run(f, 3, 0, 10);
    assert_int_equal(shown_layer(f), 0);
    assert_int_equal(f->publisher.last_keyframe_ssrc, 11); /* it is asked for */
    layers_run(f, 3, 2, 10);
    assert_int_equal(shown_layer(f), 1);
}

/* The picture at once, from whichever layer has it, as at the origin. */
static void joining_elsewhere_takes_the_layer_that_has_a_keyframe(void **state)
{
    for (unsigned router = 0; router < 2; router++) {
        struct layers_fixture f;

        layers_init(&f);
        layers_run(&f, 3, 3, 75);
        layers_run(&f, 3, 1, 10); /* the big one's keyframe is older than two seconds */
        layers_watch(&f, router);
        assert_true(f.viewer.packet_count > 0);
        assert_int_equal(shown_layer(&f), 0);
        assert_int_equal(f.publisher.last_keyframe_ssrc, 11);
        layers_run(&f, 3, 2, 10);
        assert_int_equal(shown_layer(&f), 1);
        layers_finish(&f);
    }
}

/* The origin's caches hold what it sent till then: that does not make it alive. */
static void joining_elsewhere_does_not_wait_for_a_layer_that_has_fallen_silent(void **state)
{
    for (unsigned router = 0; router < 2; router++) {
        struct layers_fixture f;

        layers_init(&f);
        layers_run(&f, 3, 3, 30);
        layers_run(&f, 1, 1, 36); /* the big one is silent for 1.2 s */
        layers_watch(&f, router);
        assert_true(f.viewer.packet_count > 0);
        assert_int_equal(shown_layer(&f), 0);
        layers_run(&f, 1, 0, 10);
        assert_int_equal(shown_layer(&f), 0);
        assert_int_equal(f.publisher.plis, 0);
        layers_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        mirror_test(a_router_without_viewers_gets_no_packets),
        mirror_test(interest_ends_five_seconds_after_the_last_viewer_and_comes_back_with_the_next),
        mirror_test(a_viewer_just_after_interest_ended_gets_everything_once),
        mirror_test(a_join_elsewhere_is_timed_like_one_at_the_origin),
        mirror_test(a_stream_that_ends_empties_its_slots_and_the_next_fills_them),
        mirror_test(a_viewer_may_wait_for_a_publisher_elsewhere),
        cmocka_unit_test(a_publisher_at_another_router_is_followed_whoever_is_heard_first),
        mirror_test(a_mirror_whose_source_is_published_here_gets_no_more_packets),
        mirror_test(a_mirror_that_gives_way_to_another_gets_no_more_packets),
        mirror_test(a_late_packet_of_a_stream_that_ended_goes_nowhere),
        cmocka_unit_test_setup_teardown(
            the_order_of_layers_is_learned_elsewhere, layers_setup, layers_teardown),
        cmocka_unit_test_setup_teardown(
            a_silent_layer_is_left_and_taken_back_elsewhere, layers_setup, layers_teardown),
        cmocka_unit_test(joining_elsewhere_takes_the_layer_that_has_a_keyframe),
        cmocka_unit_test(joining_elsewhere_does_not_wait_for_a_layer_that_has_fallen_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
