/* Joining: the cached keyframe, its replay on the live line, gathered keyframe requests. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <stdlib.h>
#include <string.h>

static const char *const teacher[] = {"teacher-camera"};

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct media_track wanted;
    struct viewer old; /* there from the beginning */
};

static void fixture_init(struct fixture *f, enum media_codec_id codec)
{
    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    struct media_codec offered =
        codec == MEDIA_CODEC_H264 ? shape_h264(102, 0, 0x42e01f) : shape_vp8(102, 0);
    struct media_track track = scene_track(MEDIA_VIDEO, &offered);
    f->wanted = track;
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &track, 1), 0);
    assert_int_equal(viewer_create(&f->old, &f->scene, &f->wanted, teacher, 1), 0);
    viewer_start(&f->old);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = codec,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .sequence_number = 60000,
        .timestamp_rtp = 0xfffff000};
}

static void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->old);
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

static void join(struct fixture *f, struct viewer *viewer)
{
    assert_int_equal(viewer_create(viewer, &f->scene, &f->wanted, teacher, 1), 0);
    viewer_start(viewer);
}

/* What a receiver that anchors its clock at the first packet would add to each later packet. */
static int64_t lateness_us(const struct viewer *viewer, size_t index)
{
    const struct viewer_packet *first = &viewer->packets[0];
    const struct viewer_packet *packet = &viewer->packets[index];
    int64_t ticks = (int32_t)(packet->view.timestamp - first->view.timestamp);
    return (int64_t)(packet->sent_us - first->sent_us) - ticks * 1000000 / 90000;
}

static void assert_decodable(const struct viewer *viewer, uint32_t first_frame)
{
    uint32_t frame = first_frame;
    uint16_t index = 0;

    assert_true(viewer->packet_count > 0);
    for (size_t i = 0; i < viewer->packet_count; i++) {
        const struct viewer_packet *packet = &viewer->packets[i];
        assert_int_equal(viewer_packet_frame(packet), frame);
        assert_int_equal(viewer_packet_index(packet), index);
        if (i > 0) {
            const struct viewer_packet *before = &viewer->packets[i - 1];
            assert_int_equal(
                packet->view.sequence_number, (uint16_t)(before->view.sequence_number + 1));
            int32_t ticks = (int32_t)(packet->view.timestamp - before->view.timestamp);
            assert_true(index == 0 ? ticks > 0 : ticks == 0);
        }
        index++;
        if (packet->view.marker) {
            frame++;
            index = 0;
        }
    }
}

static void joining_late_shows_a_picture_at_once_and_adds_no_delay(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 3 * US_PER_S);
    uint32_t keyframe = f.video.frame;
    encoder_run(&f.video, true, 1900 * US_PER_MS);
    uint64_t joined_us = f.scene.now_us;
    join(&f, &viewer);

    /* the keyframe goes out without asking anybody and without waiting */
    assert_true(viewer.packet_count >= 12);
    assert_int_equal(viewer.packets[0].sent_us, joined_us);
    encoder_run(&f.video, false, 2 * US_PER_S);
    assert_decodable(&viewer, keyframe);
    assert_int_equal(f.publisher.plis, 0);

    /* replayed in 0.2 s, then each packet leaves together with the old viewer's */
    size_t caught_up = 0;
    for (size_t i = 0; i < viewer.packet_count; i++) {
        int64_t lateness = lateness_us(&viewer, i);
        assert_in_range(lateness + 20000, 0, 40000);
        if (caught_up == 0 && viewer_packet_frame(&viewer.packets[i]) == keyframe + 65)
            caught_up = i;
    }
    assert_true(caught_up > 0);
    const struct viewer_packet *last = &viewer.packets[viewer.packet_count - 1];
    const struct viewer_packet *theirs = &f.old.packets[f.old.packet_count - 1];
    for (; last->sent_us > joined_us + 300 * US_PER_MS; last--, theirs--) {
        assert_int_equal(viewer_packet_frame(last), viewer_packet_frame(theirs));
        assert_int_equal(last->sent_us, theirs->sent_us);
    }

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

/* Arrival at the relay jitters: the anchored receiver still ends within 20 ms of the others. */
static void joining_late_adds_no_delay_on_a_jittery_uplink(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    srand(7);
    uint64_t start_us = f.scene.now_us;
    uint64_t sent_us = 0;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t at_us = start_us + i * US_PER_S / 30 + (unsigned)(rand() % 15) * US_PER_MS;
        if (at_us > f.scene.now_us)
            scene_advance(&f.scene, at_us - f.scene.now_us);
        encoder_frame(&f.video, i % 100 == 0, 4, 3000);
        if (i == 100 + 57) {
            join(&f, &viewer);
            sent_us = f.scene.now_us;
        }
    }
    assert_decodable(&viewer, 100);
    assert_int_equal(f.publisher.plis, 0);
    for (size_t i = 0; i < viewer.packet_count; i++) {
        if (viewer.packets[i].sent_us > sent_us + US_PER_S)
            assert_in_range(lateness_us(&viewer, i) + 20000, 0, 40000);
    }

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_live_packet_during_the_replay_waits_its_turn(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_VP8);
    encoder_run(&f.video, true, US_PER_S);
    join(&f, &viewer);
    size_t at_once = viewer.packet_count;
    encoder_frame(&f.video, false, 3, 3000);
    assert_int_equal(viewer.packet_count, at_once);
    scene_advance(&f.scene, 33 * US_PER_MS);
    encoder_run(&f.video, false, US_PER_S);
    assert_decodable(&viewer, 0);

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_keyframe_too_old_for_the_cache_is_asked_for_once_by_a_hundred(void **state)
{
    struct fixture f;
    static struct viewer viewers[100];

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 2100 * US_PER_MS);
    for (size_t i = 0; i < 100; i++)
        join(&f, &viewers[i]);
    assert_int_equal(f.publisher.plis, 1);
    encoder_run(&f.video, false, 100 * US_PER_MS);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(viewers[i].packet_count, 0);

    uint32_t keyframe = f.video.frame;
    encoder_run(&f.video, true, 500 * US_PER_MS);
    for (size_t i = 0; i < 100; i++) {
        assert_decodable(&viewers[i], keyframe);
        viewer_destroy(&viewers[i]);
    }
    assert_int_equal(f.publisher.plis, 1);
    fixture_finish(&f);
}

static void a_keyframe_larger_than_the_limit_is_not_replayed(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, true, 2, 3000);
    /* more packets than the cache holds, too */
    for (unsigned i = 0; i < 30; i++)
        encoder_frame(&f.video, false, 350, 3000);
    join(&f, &viewer);
    assert_int_equal(viewer.packet_count, 0);
    assert_int_equal(f.publisher.plis, 1);

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_request_is_repeated_every_two_seconds_until_the_keyframe_comes(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 2500 * US_PER_MS);
    join(&f, &viewer);
    encoder_run(&f.video, false, 5 * US_PER_S);
    assert_int_equal(f.publisher.plis, 3);
    encoder_run(&f.video, true, 6 * US_PER_S);
    assert_int_equal(f.publisher.plis, 3);

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_thousand_complaints_a_second_become_one_request(void **state)
{
    struct fixture f;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, US_PER_S);
    unsigned before = 0;
    uint64_t asked_us = 0;
    for (unsigned i = 0; i < 20000; i++) {
        scene_advance(&f.scene, US_PER_MS);
        viewer_pli(&f.old, VIEWER_SSRC);
        if (i % 33 == 0) { /* the keyframe comes at once when it was asked for */
            encoder_frame(&f.video, f.publisher.plis != before, 3, 3000);
            before = f.publisher.plis;
        }
        if (f.publisher.last_keyframe_request_us == asked_us)
            continue;
        assert_true(f.publisher.last_keyframe_request_us - asked_us >= 2 * US_PER_S);
        asked_us = f.publisher.last_keyframe_request_us;
    }
    assert_in_range(f.publisher.plis, 2, 10);
    fixture_finish(&f);
}

static void an_unrepaired_hole_is_not_replayed(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, true, 10, 3000);
    f.video.first_loss = 1;
    f.video.last_loss = 2;
    encoder_frame(&f.video, false, 3, 3000);
    encoder_run(&f.video, false, 1500 * US_PER_MS); /* ten tries are over */
    unsigned before = f.publisher.plis;
    assert_int_equal(before, 1); /* asked as soon as the packet was given up */
    join(&f, &viewer);
    assert_int_equal(viewer.packet_count, 0);

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void what_is_lost_of_a_replay_is_sent_again(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 1900 * US_PER_MS);
    join(&f, &viewer);
    uint16_t lost = viewer.packets[1].view.sequence_number;
    encoder_run(&f.video, false, 700 * US_PER_MS);
    size_t before = viewer.packet_count;
    viewer_nack(&viewer, VIEWER_SSRC, &lost, 1);
    assert_int_equal(viewer.packet_count, before + 1);
    assert_memory_equal(viewer.packets[before].data, viewer.packets[1].data, viewer.packets[1].len);

    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void slides_at_a_frame_a_second_are_shown_at_once(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_frame(&f.video, true, 10, 90000);
    scene_advance(&f.scene, 1500 * US_PER_MS);
    join(&f, &viewer);
    assert_int_equal(viewer.packet_count, 12);
    viewer_destroy(&viewer);

    scene_advance(&f.scene, 1500 * US_PER_MS);
    join(&f, &viewer);
    encoder_frame(&f.video, false, 1, 90000);
    assert_int_equal(f.publisher.plis, 1);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void repair(
    struct fixture *f, uint16_t sequence_number, uint32_t timestamp, const uint8_t *payload)
{
    struct scene_rtp rtp = {.payload_type = 102,
        .ssrc = 11,
        .sequence_number = sequence_number,
        .timestamp_rtp = timestamp,
        .payload = payload,
        .payload_bytes = 20};
    publisher_send(&f->publisher, &rtp);
}

static void a_hole_on_its_way_to_be_repaired_does_not_stop_a_replay(void **state)
{
    struct fixture f;
    struct viewer viewer;
    const uint8_t slice[20] = {0x41, 0x9a};

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 500 * US_PER_MS);
    f.video.first_loss = 1;
    f.video.last_loss = 2;
    uint16_t lost = (uint16_t)(f.video.sequence_number + 1);
    uint32_t timestamp = f.video.timestamp_rtp;
    encoder_frame(&f.video, false, 6, 3000);
    scene_advance(&f.scene, 33333);
    join(&f, &viewer);
    encoder_run(&f.video, false, 200 * US_PER_MS);
    repair(&f, lost, timestamp, slice);
    encoder_run(&f.video, false, 200 * US_PER_MS);

    /* everything came, the repaired one last and in its place */
    assert_int_equal(viewer.packet_count, f.old.packet_count);
    uint16_t start = viewer.packets[0].view.sequence_number;
    static bool seen[200];
    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < viewer.packet_count; i++) {
        uint16_t place = (uint16_t)(viewer.packets[i].view.sequence_number - start);
        assert_true(place < viewer.packet_count && !seen[place]);
        seen[place] = true;
        if (viewer.packets[i].view.payload_bytes == 20) {
            const struct viewer_packet *before = viewer.packets;
            while ((uint16_t)(before->view.sequence_number - start) != place - 1)
                before++;
            assert_int_equal(viewer.packets[i].view.timestamp, before->view.timestamp);
        }
    }
    assert_int_equal(f.publisher.plis, 0);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void nobody_begins_at_a_picture_whose_parameter_sets_are_lost(void **state)
{
    struct fixture f;
    struct viewer viewer;
    const uint8_t sps[20] = {0x67, 0x42};

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 2500 * US_PER_MS);
    join(&f, &viewer);
    uint16_t lost = f.video.sequence_number;
    uint32_t timestamp = f.video.timestamp_rtp;
    uint32_t keyframe = f.video.frame;
    f.video.last_loss = 1;
    encoder_frame(&f.video, true, 5, 3000);
    assert_int_equal(viewer.packet_count, 0);
    scene_advance(&f.scene, 30 * US_PER_MS);
    repair(&f, lost, timestamp, sps);
    assert_int_equal(viewer.packet_count, 7);
    assert_int_equal(viewer_packet_payload(&viewer.packets[0])[0], 0x67);
    assert_int_equal(viewer_packet_frame(&viewer.packets[6]), keyframe);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void a_jump_of_the_publishers_timestamps_does_not_stretch_a_replay(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f, MEDIA_CODEC_H264);
    encoder_run(&f.video, true, 500 * US_PER_MS);
    f.video.timestamp_rtp += 3600 * 90000;
    encoder_run(&f.video, false, 200 * US_PER_MS);
    join(&f, &viewer);
    encoder_run(&f.video, false, 500 * US_PER_MS);
    assert_int_equal(
        viewer_packet_frame(&viewer.packets[viewer.packet_count - 1]), f.video.frame - 1);
    viewer_destroy(&viewer);
    fixture_finish(&f);
}

static void changing_the_source_replays_the_new_one_with_continuous_numbers(void **state)
{
    struct fixture f;
    struct publisher room;
    struct media_codec h264 = shape_h264(100, 0, 0x42c01f);
    struct media_track track = scene_track(MEDIA_VIDEO, &h264);

    fixture_init(&f, MEDIA_CODEC_H264);
    assert_int_equal(publisher_create(&room, &f.scene, "room-7", &track, 1), 0);
    struct encoder theirs = {.publisher = &room,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 100,
        .ssrc = 33,
        .mid = "1",
        .sequence_number = 9,
        .timestamp_rtp = 77,
        .frame = 1000};
    encoder_frame(&theirs, true, 5, 3000);
    encoder_run(&f.video, true, 900 * US_PER_MS);
    for (unsigned i = 0; i < 20; i++) {
        scene_advance(&f.scene, 33333);
        encoder_frame(&theirs, false, 2, 3000);
        encoder_frame(&f.video, false, 2, 3000);
    }

    struct viewer_packet last = f.old.packets[f.old.packet_count - 1];
    viewer_forget(&f.old);
    scene_advance(&f.scene, 20 * US_PER_MS);
    assert_int_equal(subscriber_set_slot(f.old.subscriber, 0, "room-7", f.scene.now_us), 0);
    scene_fan_out(&f.scene);
    assert_true(f.old.packet_count > 0);
    for (unsigned i = 0; i < 20; i++) {
        scene_advance(&f.scene, 33333);
        encoder_frame(&theirs, false, 2, 3000);
    }
    assert_decodable(&f.old, 1000);
    assert_int_equal(room.plis, 0);
    assert_int_equal(
        f.old.packets[0].view.sequence_number, (uint16_t)(last.view.sequence_number + 1));
    int32_t ticks = (int32_t)(f.old.packets[0].view.timestamp - last.view.timestamp);
    /* 20 ms since the last packet, which itself came 33 ms behind its line */
    assert_in_range(ticks, 53 * 90, 54 * 90);

    publisher_destroy(&room);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joining_late_shows_a_picture_at_once_and_adds_no_delay),
        cmocka_unit_test(joining_late_adds_no_delay_on_a_jittery_uplink),
        cmocka_unit_test(a_live_packet_during_the_replay_waits_its_turn),
        cmocka_unit_test(a_keyframe_too_old_for_the_cache_is_asked_for_once_by_a_hundred),
        cmocka_unit_test(a_keyframe_larger_than_the_limit_is_not_replayed),
        cmocka_unit_test(a_request_is_repeated_every_two_seconds_until_the_keyframe_comes),
        cmocka_unit_test(a_thousand_complaints_a_second_become_one_request),
        cmocka_unit_test(an_unrepaired_hole_is_not_replayed),
        cmocka_unit_test(what_is_lost_of_a_replay_is_sent_again),
        cmocka_unit_test(slides_at_a_frame_a_second_are_shown_at_once),
        cmocka_unit_test(a_hole_on_its_way_to_be_repaired_does_not_stop_a_replay),
        cmocka_unit_test(nobody_begins_at_a_picture_whose_parameter_sets_are_lost),
        cmocka_unit_test(a_jump_of_the_publishers_timestamps_does_not_stretch_a_replay),
        cmocka_unit_test(changing_the_source_replays_the_new_one_with_continuous_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
