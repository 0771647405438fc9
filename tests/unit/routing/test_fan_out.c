/* Serving viewers in walks: budgets, turns, and a shell that is full. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

#define VIEWERS 4
#define ALL     SIZE_MAX

#define VIDEO_SSRC VIEWER_SSRC
#define AUDIO_SSRC (VIEWER_SSRC + 1)

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct encoder audio;
    struct viewer viewers[VIEWERS];
    size_t room;
};

static void fixture_init(struct fixture *f, enum media_codec_id codec)
{
    static const char *const sources[] = {"teacher-camera", "teacher-camera"};
    struct media_codec codecs[] = {
        codec == MEDIA_CODEC_H264 ? shape_h264(102, 0, 0x42e01f) : shape_vp8(102, 0),
        shape_opus(111)};
    struct media_track tracks[] = {
        scene_track(MEDIA_VIDEO, &codecs[0]), scene_track(MEDIA_AUDIO, &codecs[1])};

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->room = SIZE_MAX;
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", tracks, 2), 0);
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_int_equal(viewer_create(&f->viewers[i], &f->scene, tracks, sources, 2), 0);
        f->viewers[i].room = &f->room;
        viewer_start(&f->viewers[i]);
    }
    f->video = (struct encoder){
        .publisher = &f->publisher, .codec = codec, .payload_type = 102, .ssrc = 11, .mid = "1"};
    f->audio = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_OPUS,
        .payload_type = 111,
        .ssrc = 22,
        .mid = "0"};
    encoder_frame(&f->video, true, 2, 3000);
    encoder_frame(&f->audio, false, 1, 960);
    for (size_t i = 0; i < VIEWERS; i++)
        viewer_forget(&f->viewers[i]);
    f->scene.sent_count = 0;
    f->scene.holds_back = true;
}

static void fixture_finish(struct fixture *f)
{
    for (size_t i = 0; i < VIEWERS; i++) {
        if (f->viewers[i].subscriber != NULL)
            viewer_destroy(&f->viewers[i]);
    }
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

static bool serve(struct fixture *f, size_t budget)
{
    return router_fan_out(f->scene.router, budget, f->scene.now_us);
}

/* How many viewers have so many packets. */
static unsigned viewers_with(const struct fixture *f, size_t packets)
{
    unsigned count = 0;

    for (size_t i = 0; i < VIEWERS; i++)
        count += f->viewers[i].subscriber != NULL && f->viewers[i].packet_count == packets;
    return count;
}

/* Packets of one slot follow each other in number and place. */
static void assert_in_order(const struct viewer *viewer, uint32_t ssrc)
{
    const struct viewer_packet *before = NULL;

    for (size_t i = 0; i < viewer->packet_count; i++) {
        const struct viewer_packet *packet = &viewer->packets[i];

        if (packet->view.ssrc != ssrc)
            continue;
        if (before != NULL) {
            assert_int_equal(
                packet->view.sequence_number, (uint16_t)(before->view.sequence_number + 1));
            assert_true(viewer_packet_frame(packet) > viewer_packet_frame(before) ||
                        viewer_packet_index(packet) == viewer_packet_index(before) + 1);
        }
        before = packet;
    }
}

static void a_budget_stops_a_walk_and_it_goes_on_where_it_was(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, false, 3, 3000);
    for (unsigned served = 1; served <= VIEWERS; served++) {
        assert_int_equal(serve(&f, 3), served < VIEWERS);
        assert_int_equal(viewers_with(&f, 3), served);
        assert_int_equal(viewers_with(&f, 0), VIEWERS - served);
    }
    assert_false(serve(&f, ALL));
    assert_int_equal(f.scene.sent_count, VIEWERS * 3);
    fixture_finish(&f);
}

static void what_comes_while_a_walk_is_stopped_is_not_forgotten(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, false, 3, 3000);
    assert_true(serve(&f, 3));
    encoder_frame(&f.video, false, 3, 3000);
    assert_false(serve(&f, ALL));
    assert_int_equal(viewers_with(&f, 6), VIEWERS);
    for (size_t i = 0; i < VIEWERS; i++)
        assert_in_order(&f.viewers[i], VIDEO_SSRC);
    fixture_finish(&f);
}

static size_t order_of(const struct viewer *viewer, uint32_t ssrc)
{
    for (size_t i = 0; i < viewer->packet_count; i++) {
        if (viewer->packets[i].view.ssrc == ssrc)
            return viewer->packets[i].order;
    }
    fail();
    return 0;
}

static void sound_goes_before_pictures_also_in_the_middle_of_a_walk(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, false, 3, 3000);
    encoder_frame(&f.audio, false, 1, 960);
    assert_false(serve(&f, ALL));
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_in_range(order_of(&f.viewers[i], AUDIO_SSRC), 0, VIEWERS - 1);
        viewer_forget(&f.viewers[i]);
    }

    f.scene.sent_count = 0;
    encoder_frame(&f.video, false, 3, 3000);
    assert_true(serve(&f, 3));
    encoder_frame(&f.audio, false, 1, 960);
    assert_false(serve(&f, ALL));
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_in_range(order_of(&f.viewers[i], AUDIO_SSRC), 3, 3 + VIEWERS - 1);
        assert_int_equal(f.viewers[i].packet_count, 4);
    }
    fixture_finish(&f);
}

static void a_keyframe_goes_out_in_chunks_to_one_viewer_after_the_other(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, true, 28, 3000); /* 30 with its parameter sets */
    assert_true(serve(&f, 12 * VIEWERS));
    assert_int_equal(viewers_with(&f, 12), VIEWERS);
    assert_true(serve(&f, 12 * VIEWERS));
    assert_int_equal(viewers_with(&f, 24), VIEWERS);
    assert_false(serve(&f, ALL));
    assert_int_equal(viewers_with(&f, 30), VIEWERS);
    for (size_t i = 0; i < VIEWERS; i++)
        assert_in_order(&f.viewers[i], VIDEO_SSRC);
    fixture_finish(&f);
}

static size_t who_is_next(struct fixture *f)
{
    size_t before[VIEWERS];

    for (size_t i = 0; i < VIEWERS; i++)
        before[i] = f->viewers[i].packet_count;
    serve(f, 1);
    for (size_t i = 0; i < VIEWERS; i++) {
        if (f->viewers[i].packet_count > before[i])
            return i;
    }
    return VIEWERS;
}

static void who_is_served_first_changes_from_walk_to_walk(void **state)
{
    struct fixture f;
    unsigned firsts[VIEWERS] = {0};

    fixture_init(&f, MEDIA_CODEC_H264);
    for (unsigned i = 0; i < 3 * VIEWERS; i++) {
        encoder_frame(&f.video, false, 2, 3000);
        size_t first = who_is_next(&f);
        assert_in_range(first, 0, VIEWERS - 1);
        firsts[first]++;
        assert_false(serve(&f, ALL));
    }
    for (size_t i = 0; i < VIEWERS; i++)
        assert_int_equal(firsts[i], 3);
    fixture_finish(&f);
}

/* Who leaves: the one to be served next, the one just served, or all. */
static void viewers_may_leave_while_a_walk_is_stopped(void **state)
{
    for (unsigned leaving = 0; leaving < 3; leaving++) {
        struct fixture f;
        size_t served;

        fixture_init(&f, MEDIA_CODEC_H264);
        encoder_frame(&f.video, false, 3, 3000);
        served = who_is_next(&f);
        if (leaving == 0)
            viewer_destroy(&f.viewers[(served + 1) % VIEWERS]);
        for (size_t i = 0; i < VIEWERS && leaving > 0; i++) {
            if (leaving == 2 || i == served)
                viewer_destroy(&f.viewers[i]);
        }
        serve(&f, ALL);
        encoder_frame(&f.video, false, 3, 3000);
        assert_false(serve(&f, ALL));
        assert_int_equal(viewers_with(&f, 6), leaving == 2 ? 0 : VIEWERS - 1);
        fixture_finish(&f);
    }
}

static void the_source_may_end_while_a_walk_is_stopped(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, false, 3, 3000);
    assert_true(serve(&f, 3));
    publisher_destroy(&f.publisher);
    assert_false(serve(&f, ALL));
    assert_int_equal(f.scene.sent_count, 3);
    fixture_finish(&f);
}

/* Wherever in a walk it happens, the next call goes on with the packet that found no room. */
static void a_full_shell_stops_a_walk_and_nothing_is_lost(void **state)
{
    static const enum media_codec_id codecs[] = {MEDIA_CODEC_H264, MEDIA_CODEC_VP8};

    for (size_t codec = 0; codec < 2; codec++) {
        for (size_t room = 0; room < VIEWERS * 3; room++) {
            struct fixture f;

            fixture_init(&f, codecs[codec]);
            encoder_frame(&f.video, false, 3, 3000);
            f.room = room;
            assert_true(serve(&f, ALL));
            assert_int_equal(f.scene.sent_count, room);
            assert_true(serve(&f, ALL)); /* still full */
            f.room = SIZE_MAX;
            assert_false(serve(&f, ALL));
            assert_int_equal(viewers_with(&f, 3), VIEWERS);
            for (size_t i = 0; i < VIEWERS; i++)
                assert_in_order(&f.viewers[i], VIDEO_SSRC);
            fixture_finish(&f);
        }
    }
}

static void sources_take_turns(void **state)
{
    struct fixture f;
    struct publisher room;
    struct viewer watching;
    static const char *const sources[] = {"room-1"};
    struct media_codec codec = shape_h264(102, 0, 0x42e01f);
    struct media_track track = scene_track(MEDIA_VIDEO, &codec);

    fixture_init(&f, MEDIA_CODEC_H264);
    f.scene.holds_back = false;
    assert_int_equal(publisher_create(&room, &f.scene, "room-1", &track, 1), 0);
    assert_int_equal(viewer_create(&watching, &f.scene, &track, sources, 1), 0);
    viewer_start(&watching);
    struct encoder theirs = {
        .publisher = &room, .codec = MEDIA_CODEC_H264, .payload_type = 102, .ssrc = 33, .mid = "1"};
    encoder_frame(&theirs, true, 2, 3000);
    viewer_forget(&watching);
    f.scene.sent_count = 0;
    f.scene.holds_back = true;

    /* the teacher's keyframe is many chunks long; the room's frame waits for one round of it */
    encoder_frame(&f.video, true, 58, 3000);
    encoder_frame(&theirs, false, 3, 3000);
    assert_false(serve(&f, ALL));
    assert_int_equal(viewers_with(&f, 60), VIEWERS);
    assert_int_equal(watching.packet_count, 3);
    assert_int_equal(watching.packets[0].order, 12 * VIEWERS);
    viewer_destroy(&watching);
    publisher_destroy(&room);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_stops_a_walk_and_it_goes_on_where_it_was),
        cmocka_unit_test(what_comes_while_a_walk_is_stopped_is_not_forgotten),
        cmocka_unit_test(sound_goes_before_pictures_also_in_the_middle_of_a_walk),
        cmocka_unit_test(a_keyframe_goes_out_in_chunks_to_one_viewer_after_the_other),
        cmocka_unit_test(who_is_served_first_changes_from_walk_to_walk),
        cmocka_unit_test(viewers_may_leave_while_a_walk_is_stopped),
        cmocka_unit_test(the_source_may_end_while_a_walk_is_stopped),
        cmocka_unit_test(a_full_shell_stops_a_walk_and_nothing_is_lost),
        cmocka_unit_test(sources_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
