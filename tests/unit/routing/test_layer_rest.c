/* Simulcast layers that rest while nobody wants them, at one router and at several. */
#include "tests/unit/routing/exchange_scene.h"

#include "tests/unit/routing/cmocka_all.h"

#include <string.h>

#define TOP    (1U << 0)
#define MIDDLE (1U << 1)
#define LOW    (1U << 2)

#define SECONDS(n) ((n)*30U) /* in frames */

static const char *const teacher[] = {"teacher-camera"};

struct fixture {
    struct exchange_scene exchange;
    struct scene alone;
    struct scene *home; /* where the teacher publishes */
    struct publisher publisher;
    struct media_track wanted;
    struct encoder layers[3];
    unsigned disobeys; /* layers whose requests do not reach the publisher */
    unsigned sent;     /* layers of the last frame */
};

static void publish(struct fixture *f, bool can_pause)
{
    static const char *const names[] = {"h", "m", "l"};
    struct media_codec offered = scene_h264(102, 103, 0x42e01f);
    struct media_track track;

    f->wanted = scene_track(MEDIA_VIDEO, &offered);
    track = f->wanted;
    track.codecs[0].pause = can_pause;
    track.rid_count = 3;
    for (size_t i = 0; i < 3; i++) {
        strcpy(track.rids[i], names[i]);
        f->layers[i] = (struct encoder){.publisher = &f->publisher,
            .codec = MEDIA_CODEC_H264,
            .payload_type = 102,
            .ssrc = 10 + (uint32_t)i,
            .mid = "1",
            .rid = names[i],
            .sequence_number = (uint16_t)(1000 * i),
            .timestamp_rtp = 123456789 * (uint32_t)(i + 1),
            .frame = 10000 * (uint32_t)i};
    }
    assert_int_equal(publisher_create(&f->publisher, f->home, "teacher-camera", &track, 1), 0);
}

static void fixture_init(struct fixture *f, bool can_pause)
{
    memset(f, 0, sizeof(*f));
    scene_init(&f->alone);
    f->home = &f->alone;
    publish(f, can_pause);
}

static void fixture_init_several(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    exchange_scene_init(&f->exchange);
    f->home = &f->exchange.scenes[0];
    publish(f, true);
}

static void fixture_finish(struct fixture *f)
{
    publisher_destroy(&f->publisher);
    if (f->home == &f->alone)
        scene_finish(&f->alone);
    else
        exchange_scene_finish(&f->exchange);
}

static void watch(struct fixture *f, struct scene *scene, struct viewer *viewer)
{
    assert_int_equal(viewer_create(viewer, scene, &f->wanted, teacher, 1), 0);
    viewer_start(viewer);
}

static unsigned paused(const struct fixture *f)
{
    return (unsigned)(f->publisher.paused >> 10) & ~f->disobeys & 7;
}

/* 30 frames a second of the layers that the publisher was not asked to pause, of some 1000, 200 and 150
 * kbit/s. A keyframe every four seconds, at a layer's start, and within a frame of being asked for. */
static void run(struct fixture *f, unsigned frames)
{
    static const unsigned packets[] = {20, 4, 3};

    for (unsigned i = 0; i < frames; i++) {
        unsigned sent = 7 & ~paused(f);
        bool asked = f->publisher.plis > 0;

        f->publisher.plis = 0;
        for (unsigned l = 0; l < 3; l++) {
            bool first = !(f->sent & 1U << l) || f->layers[l].frame % 10000 % 120 == 0 ||
                         (asked && f->publisher.last_keyframe_ssrc == 10 + l);

            if (sent & 1U << l)
                encoder_frame(&f->layers[l], first, packets[l], 3000);
            else
                f->layers[l].timestamp_rtp += 3000; /* the camera's clock goes on */
        }
        f->sent = sent;
        scene_advance(f->home, 33333);
    }
}

static unsigned layer_of(const struct viewer *viewer, size_t i)
{
    assert_true(i < viewer->packet_count);
    return 1U << viewer_packet_frame(&viewer->packets[i]) / 10000;
}

static unsigned shown(const struct viewer *viewer)
{
    assert_true(viewer->packet_count > 0);
    return layer_of(viewer, viewer->packet_count - 1);
}

static void assert_no_break(const struct viewer *viewer, uint64_t longest_us)
{
    for (size_t i = 1; i < viewer->packet_count; i++) {
        const struct viewer_packet *packet = &viewer->packets[i];

        assert_int_equal(
            packet->view.sequence_number, (uint16_t)(packet[-1].view.sequence_number + 1));
        assert_true((int32_t)(packet->view.timestamp - packet[-1].view.timestamp) >= 0);
        assert_in_range(packet->sent_us - packet[-1].sent_us, 0, longest_us);
    }
}

/* ---- one router ---- */

static void layers_that_nobody_watches_rest_but_for_the_lowest(void **state)
{
    struct fixture f;

    fixture_init(&f, true);
    run(&f, SECONDS(4));
    assert_int_equal(f.publisher.pauses, 0);
    run(&f, SECONDS(2));
    assert_int_equal(paused(&f), TOP | MIDDLE);
    run(&f, SECONDS(60));
    assert_int_equal(paused(&f), TOP | MIDDLE);
    assert_int_equal(f.publisher.pauses, 2);
    assert_int_equal(f.publisher.resumes, 0);
    assert_true(f.publisher.active);
    fixture_finish(&f);
}

static void a_viewer_that_joins_sees_the_lowest_at_once_and_soon_the_best(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, true);
    run(&f, SECONDS(21));
    uint64_t joined_us = f.home->now_us;
    watch(&f, f.home, &viewer);
    assert_int_equal(viewer.packets[0].sent_us, joined_us);
    assert_int_equal(layer_of(&viewer, 0), LOW);
    assert_int_equal(f.publisher.last_resume_us, joined_us);
    assert_int_equal(paused(&f), MIDDLE);
    run(&f, 3);
    assert_int_equal(shown(&viewer), TOP);
    run(&f, SECONDS(20));
    assert_int_equal(shown(&viewer), TOP);
    assert_int_equal(paused(&f), MIDDLE);
    assert_int_equal(f.publisher.resumes, 1);
    assert_int_equal(viewer.playing, 1);
    assert_no_break(&viewer, 70 * US_PER_MS);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_viewer_never_begins_with_what_a_resting_layer_left_behind(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, true);
    run(&f, SECONDS(5) - 20);
    /* a keyframe of the top layer just before it stops, none of the others that is young enough */
    encoder_frame(&f.layers[0], true, 20, 3000);
    run(&f, 35);
    assert_int_equal(paused(&f), TOP | MIDDLE);
    watch(&f, f.home, &viewer);
    run(&f, 1);
    assert_int_equal(layer_of(&viewer, 0), LOW);
    run(&f, 3);
    assert_int_equal(shown(&viewer), TOP);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void publishers_that_cannot_pause_are_not_asked(void **state)
{
    struct fixture f;

    fixture_init(&f, false);
    run(&f, SECONDS(30));
    assert_int_equal(f.publisher.pauses, 0);
    assert_int_equal(f.publisher.resumes, 0);
    fixture_finish(&f);
}

static void viewers_that_come_and_go_pause_nothing(void **state)
{
    struct fixture f;

    fixture_init(&f, true);
    for (unsigned i = 0; i < 10; i++) {
        struct viewer viewer;

        run(&f, SECONDS(4));
        watch(&f, f.home, &viewer);
        run(&f, SECONDS(1));
        viewer_destroy(&viewer);
    }
    assert_int_equal(paused(&f), MIDDLE);
    assert_int_equal(f.publisher.pauses, 1);
    fixture_finish(&f);
}

static void a_layer_that_does_not_come_back_is_dead_until_it_does(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, true);
    run(&f, SECONDS(20));
    for (unsigned i = 0; i < 3; i++) { /* the top layer stays away */
        watch(&f, f.home, &viewer);
        for (unsigned n = 0; n < SECONDS(5); n++) {
            f.publisher.paused |= UINT64_C(1) << 10;
            run(&f, 1);
            if (n == SECONDS(1) && i == 0)
                assert_int_equal(shown(&viewer), LOW);
        }
        assert_int_equal(shown(&viewer), MIDDLE);
        assert_no_break(&viewer, 70 * US_PER_MS);
        if (i < 2)
            viewer_destroy(&viewer);
    }
    unsigned resumes = f.publisher.resumes;
    f.publisher.paused = UINT64_C(1) << 10;
    run(&f, SECONDS(6)); /* it is asked now and then */
    assert_true(f.publisher.resumes > resumes);
    assert_int_equal(paused(&f), 0);
    run(&f, SECONDS(1));
    assert_int_equal(shown(&viewer), TOP);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void what_the_publisher_answers_is_heeded(void **state)
{
    struct fixture f;

    fixture_init(&f, true);
    f.disobeys = TOP | MIDDLE;
    while (f.publisher.pauses < 2)
        run(&f, 1);
    publisher_answer_pause(&f.publisher, 10, true);
    publisher_answer_pause(&f.publisher, 11, false);
    publisher_answer_pause(&f.publisher, 99, true);
    run(&f, 25);
    assert_int_equal(f.publisher.pauses, 2);
    f.disobeys = TOP; /* which refused; the other one only had much on its way */
    run(&f, SECONDS(50));
    assert_int_equal(f.publisher.pauses, 2);
    fixture_finish(&f);
}

static void when_the_lowest_ends_the_next_one_goes_on(void **state)
{
    struct fixture f;

    fixture_init(&f, true);
    run(&f, SECONDS(10));
    f.publisher.paused |= UINT64_C(1) << 12;
    run(&f, SECONDS(2));
    assert_int_equal(paused(&f), TOP | LOW);
    fixture_finish(&f);
}

/* ---- thin lines ---- */

static void a_better_layer_is_called_back_when_the_line_carries_what_it_had(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, true);
    watch(&f, f.home, &viewer);
    for (unsigned i = 0; i < 30; i++) {
        viewer_remb(&viewer, 800);
        run(&f, SECONDS(1));
    }
    assert_int_equal(shown(&viewer), MIDDLE);
    assert_int_equal(paused(&f), TOP);
    assert_int_equal(f.publisher.pauses, 1);
    for (unsigned i = 0; i < 6; i++) {
        viewer_remb(&viewer, 2500);
        run(&f, SECONDS(1));
    }
    assert_int_equal(shown(&viewer), TOP);
    assert_int_equal(f.publisher.resumes, 1);
    assert_no_break(&viewer, 400 * US_PER_MS);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_picture_that_stands_still_is_told_and_its_end_too(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, true);
    watch(&f, f.home, &viewer);
    run(&f, SECONDS(1));
    assert_int_equal(viewer.playing, 1);
    for (unsigned i = 0; i < 10; i++) {
        viewer_remb(&viewer, 50);
        run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 1);
    assert_int_equal(viewer.playing, 1);
    assert_int_equal(paused(&f), TOP | MIDDLE); /* who sees nothing wants nothing */
    for (unsigned i = 0; i < 10; i++) {
        viewer_remb(&viewer, 2500);
        run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 1);
    assert_int_equal(viewer.playing, 2);
    assert_int_equal(viewer.empty, 0);
    assert_int_equal(shown(&viewer), TOP);

    for (unsigned i = 0; i < 3; i++) {
        viewer_remb(&viewer, 50);
        run(&f, SECONDS(1));
    }
    assert_int_equal(viewer.paused, 2);
    publisher_destroy(&f.publisher);
    scene_advance(f.home, 50 * US_PER_MS);
    assert_int_equal(viewer.empty, 1);
    viewer_destroy(&viewer);
    scene_finish(&f.alone);
}

/* ---- several routers ---- */

static void viewers_at_other_routers_keep_the_layers_that_they_want(void **state)
{
    struct fixture f;
    struct viewer here;
    struct viewer there;

    fixture_init_several(&f);
    watch(&f, f.home, &here);
    watch(&f, &f.exchange.scenes[1], &there);
    viewer_destroy(&here);
    run(&f, SECONDS(30));
    assert_int_equal(shown(&there), TOP);
    assert_int_equal(paused(&f), MIDDLE);
    assert_int_equal(f.publisher.pauses, 1);
    assert_no_break(&there, 70 * US_PER_MS);

    viewer_destroy(&there);
    run(&f, SECONDS(4));
    assert_int_equal(paused(&f), MIDDLE);
    run(&f, SECONDS(2));
    assert_int_equal(paused(&f), TOP | MIDDLE);
    fixture_finish(&f);
}

static void a_viewer_elsewhere_brings_a_resting_layer_back(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init_several(&f);
    f.exchange.mail.delay_us = 3 * US_PER_MS;
    f.exchange.ring.delay_us = 1 * US_PER_MS;
    run(&f, SECONDS(21));
    assert_int_equal(paused(&f), TOP | MIDDLE);
    uint64_t joined_us = f.home->now_us;
    watch(&f, &f.exchange.scenes[2], &viewer);
    run(&f, 2);
    assert_int_equal(layer_of(&viewer, 0), LOW);
    assert_in_range(viewer.packets[0].sent_us - joined_us, 0, 20 * US_PER_MS);
    run(&f, 6);
    assert_in_range(f.publisher.last_resume_us - joined_us, 0, 150 * US_PER_MS);
    assert_int_equal(shown(&viewer), TOP);
    run(&f, SECONDS(20));
    assert_int_equal(paused(&f), MIDDLE);
    assert_int_equal(f.publisher.resumes, 1);
    assert_no_break(&viewer, 70 * US_PER_MS);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

/* It has seen the layer come, and rest; or it never has. */
static void a_mirror_knows_what_a_resting_layer_had(void **state)
{
    for (int late = 0; late < 2; late++) {
        struct fixture f;
        struct viewer viewer;

        fixture_init_several(&f);
        if (late)
            run(&f, SECONDS(20));
        watch(&f, &f.exchange.scenes[1], &viewer);
        for (unsigned i = 0; i < 30; i++) {
            viewer_remb(&viewer, 800);
            run(&f, SECONDS(1));
        }
        assert_int_equal(shown(&viewer), MIDDLE);
        assert_int_equal(paused(&f), TOP);
        unsigned pauses = f.publisher.pauses;
        for (unsigned i = 0; i < 30; i++) {
            viewer_remb(&viewer, 900);
            run(&f, SECONDS(1));
        }
        assert_int_equal(f.publisher.pauses, pauses); /* nothing was tried */
        for (unsigned i = 0; i < 6; i++) {
            viewer_remb(&viewer, 2500);
            run(&f, SECONDS(1));
        }
        assert_int_equal(shown(&viewer), TOP);
        viewer_destroy(&viewer);
        fixture_finish(&f);
    }
}

static void what_a_router_wanted_ends_with_its_interest(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init_several(&f);
    watch(&f, &f.exchange.scenes[1], &viewer);
    run(&f, SECONDS(10));
    assert_int_equal(paused(&f), MIDDLE);
    f.exchange.mail.delay_us = 20 * US_PER_S; /* its last word but one never counts */
    viewer_destroy(&viewer);
    run(&f, SECONDS(20));
    f.exchange.mail.delay_us = 0;
    run(&f, SECONDS(20));
    assert_int_equal(paused(&f), TOP | MIDDLE);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_that_nobody_watches_rest_but_for_the_lowest),
        cmocka_unit_test(a_viewer_that_joins_sees_the_lowest_at_once_and_soon_the_best),
        cmocka_unit_test(a_viewer_never_begins_with_what_a_resting_layer_left_behind),
        cmocka_unit_test(publishers_that_cannot_pause_are_not_asked),
        cmocka_unit_test(viewers_that_come_and_go_pause_nothing),
        cmocka_unit_test(a_layer_that_does_not_come_back_is_dead_until_it_does),
        cmocka_unit_test(what_the_publisher_answers_is_heeded),
        cmocka_unit_test(when_the_lowest_ends_the_next_one_goes_on),
        cmocka_unit_test(a_better_layer_is_called_back_when_the_line_carries_what_it_had),
        cmocka_unit_test(a_picture_that_stands_still_is_told_and_its_end_too),
        cmocka_unit_test(viewers_at_other_routers_keep_the_layers_that_they_want),
        cmocka_unit_test(a_viewer_elsewhere_brings_a_resting_layer_back),
        cmocka_unit_test(a_mirror_knows_what_a_resting_layer_had),
        cmocka_unit_test(what_a_router_wanted_ends_with_its_interest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
