/* Simulcast layers, sources that come back as somebody else, publishers that start anew. */
#include "relay/routing/subscriber.h"
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

static const char *const teacher[] = {"teacher-camera"};

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct media_track track;
    struct media_track wanted;
    struct encoder layers[3];
    struct viewer viewer;
};

static void fixture_init(struct fixture *f, enum media_codec_id codec, size_t rids)
{
    static const char *const names[] = {"h", "m", "l"};
    struct media_codec offered =
        codec == MEDIA_CODEC_H264 ? shape_h264(102, 103, 0x42e01f) : shape_vp8(102, 103);

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->wanted = scene_track(MEDIA_VIDEO, &offered);
    f->track = f->wanted;
    f->track.rid_count = rids;
    for (size_t i = 0; i < 3; i++) {
        strcpy(f->track.rids[i], i < rids ? names[i] : "");
        f->layers[i] = (struct encoder){.publisher = &f->publisher,
            .codec = codec,
            .payload_type = 102,
            .ssrc = 10 + (uint32_t)i,
            .mid = "1",
            .rid = rids > 0 ? names[i] : NULL,
            .sequence_number = (uint16_t)(1000 * i),
            .timestamp_rtp = 123456789 * (uint32_t)(i + 1),
            .frame = 10000 * (uint32_t)i,
            .picture_id = (uint16_t)(5000 * i)};
    }
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &f->track, 1), 0);
    assert_int_equal(viewer_create(&f->viewer, &f->scene, &f->wanted, teacher, 1), 0);
    viewer_start(&f->viewer);
}

static void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->viewer);
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

/* Frames of the layers in mask, 30 a second for so many frames; keyframes on the first one. */
static void run(struct fixture *f, unsigned mask, unsigned keyframes, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        for (unsigned l = 0; l < 3; l++) {
            if (mask & (1U << l))
                encoder_frame(&f->layers[l], i == 0 && (keyframes & (1U << l)), 2, 3000);
            else
                f->layers[l].timestamp_rtp += 3000; /* the camera's clock goes on */
        }
        scene_advance(&f->scene, 33333);
    }
}

static unsigned shown_layer(const struct fixture *f)
{
    assert_true(f->viewer.packet_count > 0);
    return viewer_packet_frame(&f->viewer.packets[f->viewer.packet_count - 1]) / 10000;
}

/* Sequence without a break, timestamps never back and in step with the clock. */
static void assert_continuous(const struct fixture *f, int64_t tolerance_us)
{
    const struct viewer_packet *first = &f->viewer.packets[0];
    for (size_t i = 1; i < f->viewer.packet_count; i++) {
        const struct viewer_packet *packet = &f->viewer.packets[i];
        const struct viewer_packet *before = packet - 1;
        assert_int_equal(
            packet->view.sequence_number, (uint16_t)(before->view.sequence_number + 1));
        assert_true((int32_t)(packet->view.timestamp - before->view.timestamp) >= 0);
        int64_t ticks = (int32_t)(packet->view.timestamp - first->view.timestamp);
        int64_t late_us = (int64_t)(packet->sent_us - first->sent_us) - ticks * 1000000 / 90000;
        assert_in_range(late_us + tolerance_us, 0, 2 * tolerance_us);
    }
}

static void a_viewer_gets_the_best_layer_and_only_that(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 30);
    assert_int_equal(shown_layer(&f), 0);
    assert_int_equal(f.viewer.packet_count, 62);
    assert_int_equal(f.publisher.plis, 0);
    assert_continuous(&f, 1000);
    fixture_finish(&f);
}

static void a_silent_layer_is_left_for_the_next_and_taken_back_at_its_keyframe(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 30);
    run(&f, 6, 6, 60); /* the top layer stops */
    assert_int_equal(shown_layer(&f), 1);
    assert_int_equal(f.publisher.last_keyframe_ssrc, 0); /* its keyframe was in the cache */

    run(&f, 7, 0, 10); /* back in the middle of a group of pictures */
    assert_int_equal(shown_layer(&f), 1);
    assert_int_equal(f.publisher.plis, 1);
    assert_int_equal(f.publisher.last_keyframe_ssrc, 10);
    run(&f, 7, 1, 10);
    assert_int_equal(shown_layer(&f), 0);
    assert_continuous(&f, 20000);
    fixture_finish(&f);
}

static void without_a_cached_keyframe_the_next_layer_is_asked_for_one(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 75);
    run(&f, 6, 0, 45);
    assert_int_equal(shown_layer(&f), 0); /* nothing came since */
    assert_int_equal(f.publisher.plis, 1);
    assert_int_equal(f.publisher.last_keyframe_ssrc, 11);
    run(&f, 6, 2, 10);
    assert_int_equal(shown_layer(&f), 1);
    assert_continuous(&f, 20000);
    fixture_finish(&f);
}

static void a_sender_that_starts_with_its_low_layer_is_shown_at_once_and_improves(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_VP8, 3);
    run(&f, 4, 4, 30);
    assert_int_equal(shown_layer(&f), 2);
    run(&f, 6, 2, 30);
    assert_int_equal(shown_layer(&f), 1);
    run(&f, 7, 1, 30);
    assert_int_equal(shown_layer(&f), 0);
    assert_continuous(&f, 20000);

    /* picture ids go on by one at each frame, whichever layer it comes from */
    uint16_t id = 0;
    for (size_t i = 0; i < f.viewer.packet_count; i++) {
        const uint8_t *payload = viewer_packet_payload(&f.viewer.packets[i]);
        uint16_t now = bytes_get_u16(payload + 2) & 0x7fff;
        if (i > 0)
            assert_int_equal(now, (id + (payload[0] & 0x10 ? 1 : 0)) & 0x7fff);
        id = now;
    }
    fixture_finish(&f);
}

/* Who plays the lesson later has a use for what he missed: the better layer's keyframe waits for it. */
static void a_better_layer_that_comes_while_a_viewer_catches_up_begins_behind_that(void **state)
{
    struct fixture f;
    uint32_t frame = 10000 + 30; /* of the middle layer's keyframe */

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 30);
    assert_int_equal(subscriber_set_slot(f.viewer.subscriber, 0, "", f.scene.now_us), 0);
    run(&f, 7, 2, 45); /* the best layer's keyframe is too old to begin with */
    size_t i = f.viewer.packet_count;
    assert_int_equal(
        subscriber_set_slot(f.viewer.subscriber, 0, "teacher-camera", f.scene.now_us), 0);
    run(&f, 7, 0, 1);
    run(&f, 7, 1, 20);

    for (; i < f.viewer.packet_count; i++) {
        uint32_t next = viewer_packet_frame(&f.viewer.packets[i]);
        if (next < 10000)
            break;
        assert_in_range(next, frame, frame + 1);
        frame = next;
    }
    assert_true(frame >= 10000 + 30 + 45); /* all that was there when the viewer came back */
    assert_true(i < f.viewer.packet_count);
    assert_int_equal(viewer_packet_frame(&f.viewer.packets[i]), 30 + 45 + 1);
    fixture_finish(&f);
}

/* However slowly its line takes it: what was before that keyframe comes from the layer below, all of it. */
static void a_viewer_that_catches_up_slowly_goes_up_where_the_better_keyframe_is(void **state)
{
    struct fixture f;
    uint32_t frame = 30;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 30);
    assert_int_equal(subscriber_set_slot(f.viewer.subscriber, 0, "", f.scene.now_us), 0);
    run(&f, 7, 2, 45);
    size_t first = f.viewer.packet_count;
    /* the past takes 0.35 s, nearly twice as long as its pace */
    line_take_remb(&f.viewer.subscriber->line, 240000, f.scene.now_us);
    assert_int_equal(
        subscriber_set_slot(f.viewer.subscriber, 0, "teacher-camera", f.scene.now_us), 0);
    run(&f, 7, 0, 1);
    run(&f, 7, 1, 22);

    for (size_t i = first; i < f.viewer.packet_count; i++) {
        uint32_t next = viewer_packet_frame(&f.viewer.packets[i]);
        bool better = next < 10000;

        assert_int_equal(better, (better ? next : next - 10000) >= 30 + 45 + 1);
        next = better ? next : next - 10000;
        assert_in_range(next, frame, frame + 1);
        frame = next;
    }
    assert_int_equal(frame, 30 + 45 + 1 + 22 - 1);
    fixture_finish(&f);
}

static void a_sender_that_lists_its_smallest_layer_first_is_shown_at_its_largest(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_VP8, 3);
    for (unsigned i = 0; i < 3; i++)
        f.layers[i].width = (uint16_t)(320 << i);
    run(&f, 7, 7, 10);
    assert_int_equal(shown_layer(&f), 2);
    run(&f, 7, 3, 10); /* keyframes of the worse ones */
    assert_int_equal(shown_layer(&f), 2);
    run(&f, 3, 3, 60); /* the best stops: the next is the one in the middle */
    assert_int_equal(shown_layer(&f), 1);
    run(&f, 7, 4, 10);
    assert_int_equal(shown_layer(&f), 2);
    fixture_finish(&f);
}

static void a_worse_layers_keyframe_changes_nothing(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 10);
    run(&f, 7, 6, 10);
    assert_int_equal(shown_layer(&f), 0);
    assert_continuous(&f, 1000);
    fixture_finish(&f);
}

static void rtx_of_a_layer_is_found_by_its_repaired_rid(void **state)
{
    struct fixture f;
    const uint8_t payload[] = {0, 0, 0x41, 0x9a, 1, 0, 0, 0, 1, 0, 1};
    uint8_t data[sizeof(payload)];

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 7, 7, 5);
    f.layers[0].first_loss = 0;
    f.layers[0].last_loss = 1;
    uint16_t lost = f.layers[0].sequence_number;
    run(&f, 7, 0, 3);
    assert_int_equal(f.publisher.nacked[0], lost);
    memcpy(data, payload, sizeof(payload));
    bytes_put_u16(data, lost);
    size_t before = f.viewer.packet_count;
    struct scene_rtp rtp = {.payload_type = 103,
        .ssrc = 4711,
        .mid = "1",
        .repaired_rid = "h",
        .timestamp_rtp = f.layers[0].timestamp_rtp - 9000,
        .payload = data,
        .payload_bytes = sizeof(data)};
    publisher_send(&f.publisher, &rtp);
    assert_int_equal(f.viewer.packet_count, before + 1);
    rtp.ssrc = 4712; /* of an unknown layer */
    rtp.repaired_rid = "x";
    publisher_send(&f.publisher, &rtp);
    assert_int_equal(f.viewer.packet_count, before + 1);
    fixture_finish(&f);
}

static void a_source_published_anew_goes_on_in_the_same_stream(void **state)
{
    struct fixture f;
    struct media_codec codec = shape_h264(45, 0, 0x42001f);
    struct media_track track = scene_track(MEDIA_VIDEO, &codec);

    fixture_init(&f, MEDIA_CODEC_H264, 0);
    run(&f, 1, 1, 100);
    struct viewer_packet last = f.viewer.packets[f.viewer.packet_count - 1];
    publisher_destroy(&f.publisher);
    scene_advance(&f.scene, 3 * US_PER_S);
    assert_int_equal(publisher_create(&f.publisher, &f.scene, "teacher-camera", &track, 1), 0);
    scene_advance(&f.scene, 200 * US_PER_MS);
    f.layers[0].payload_type = 45;
    f.layers[0].ssrc = 777;
    f.layers[0].sequence_number = 40000;
    f.layers[0].timestamp_rtp = 7;
    size_t first = f.viewer.packet_count;
    run(&f, 1, 1, 30);

    assert_true(f.viewer.packet_count > first);
    const struct viewer_packet *next = &f.viewer.packets[first];
    assert_int_equal(next->view.ssrc, VIEWER_SSRC);
    assert_int_equal(next->view.payload_type, 102);
    assert_int_equal(next->view.sequence_number, (uint16_t)(last.view.sequence_number + 1));
    int64_t elapsed_us = (int64_t)(next->sent_us - last.sent_us);
    int64_t ticks = (int32_t)(next->view.timestamp - last.view.timestamp);
    assert_in_range(ticks * 1000000 / 90000 - elapsed_us + 5000, 0, 10000);
    assert_continuous(&f, 10000);
    assert_int_equal(f.viewer.playing, 2);
    assert_int_equal(f.viewer.empty, 1);
    fixture_finish(&f);
}

static void a_sender_that_restarts_its_sequence_is_followed_from_its_next_keyframe(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 0);
    run(&f, 1, 1, 30);
    f.layers[0].sequence_number = (uint16_t)(f.layers[0].sequence_number + 20000);
    f.layers[0].timestamp_rtp += 0x40000000;
    run(&f, 1, 0, 10);
    assert_int_equal(f.publisher.plis, 1);
    run(&f, 1, 1, 10);
    assert_int_equal(shown_layer(&f), 0);
    assert_continuous(&f, 20000);
    fixture_finish(&f);
}

static void a_new_ssrc_takes_the_place_of_a_silent_one(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 3);
    run(&f, 1, 1, 30);
    f.layers[0].ssrc = 999; /* while the old one is alive it is a stranger */
    size_t before = f.viewer.packet_count;
    encoder_frame(&f.layers[0], true, 2, 3000);
    assert_int_equal(f.viewer.packet_count, before);
    scene_advance(&f.scene, 600 * US_PER_MS);
    f.layers[0].timestamp_rtp += 54000;
    run(&f, 1, 1, 30);
    assert_true(f.viewer.packet_count > before + 50);
    assert_continuous(&f, 20000);
    fixture_finish(&f);
}

/* The clocks of camera and relay differ by 100 ppm for an hour: still no jump at the switch. */
static void a_change_after_an_hour_of_drift_keeps_the_line(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264, 0);
    run(&f, 1, 1, 2);
    for (unsigned i = 0; i < 3600; i++) {
        encoder_frame(&f.layers[0], false, 1, 90000 + 9);
        scene_advance(&f.scene, US_PER_S);
    }
    run(&f, 1, 1, 30);
    struct viewer_packet last = f.viewer.packets[f.viewer.packet_count - 1];
    publisher_destroy(&f.publisher);
    assert_int_equal(publisher_create(&f.publisher, &f.scene, "teacher-camera", &f.track, 1), 0);
    f.layers[0].timestamp_rtp = 0;
    size_t first = f.viewer.packet_count;
    run(&f, 1, 1, 3);
    int32_t ticks = (int32_t)(f.viewer.packets[first].view.timestamp - last.view.timestamp);
    assert_in_range(ticks, 3000 - 500, 3000 + 500);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_viewer_gets_the_best_layer_and_only_that),
        cmocka_unit_test(a_silent_layer_is_left_for_the_next_and_taken_back_at_its_keyframe),
        cmocka_unit_test(without_a_cached_keyframe_the_next_layer_is_asked_for_one),
        cmocka_unit_test(a_sender_that_starts_with_its_low_layer_is_shown_at_once_and_improves),
        cmocka_unit_test(a_better_layer_that_comes_while_a_viewer_catches_up_begins_behind_that),
        cmocka_unit_test(a_viewer_that_catches_up_slowly_goes_up_where_the_better_keyframe_is),
        cmocka_unit_test(a_sender_that_lists_its_smallest_layer_first_is_shown_at_its_largest),
        cmocka_unit_test(a_worse_layers_keyframe_changes_nothing),
        cmocka_unit_test(rtx_of_a_layer_is_found_by_its_repaired_rid),
        cmocka_unit_test(a_source_published_anew_goes_on_in_the_same_stream),
        cmocka_unit_test(a_sender_that_restarts_its_sequence_is_followed_from_its_next_keyframe),
        cmocka_unit_test(a_new_ssrc_takes_the_place_of_a_silent_one),
        cmocka_unit_test(a_change_after_an_hour_of_drift_keeps_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
