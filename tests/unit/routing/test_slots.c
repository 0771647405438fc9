/* A slot that is given other sources while it plays: what the viewer's decoder and clock notice of it. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/two_sources.h"

/* ---- lip-sync as the viewer's player works it out ---- */

static int64_t wall_of(const struct viewer *viewer, size_t slot, uint32_t timestamp, uint32_t rate)
{
    const struct rtcp_sender_info *info = &viewer->last_report[slot];
    int64_t ntp_us = (int64_t)((info->ntp >> 32) * US_PER_S) +
                     (int64_t)(((info->ntp & 0xffffffff) * US_PER_S) >> 32);

    return ntp_us + (int64_t)(int32_t)(timestamp - info->timestamp_rtp) * 1000000 / (int64_t)rate;
}

/* How much later than the newest sound the newest picture is to be played. */
static int64_t picture_after_sound_us(const struct viewer *viewer)
{
    struct slot_line video;
    struct slot_line audio;

    line_of(viewer, 0, &video);
    line_of(viewer, 1, &audio);
    return wall_of(viewer, 0, video.packets[video.count - 1]->view.timestamp, 90000) -
           wall_of(viewer, 1, audio.packets[audio.count - 1]->view.timestamp, 48000);
}

/* The publisher says that its newest picture was taken so much later than its newest sound. */
static void report(struct source *source, uint64_t ntp_s, int64_t picture_later_us)
{
    uint64_t ntp = ntp_s << 32;
    int64_t later = picture_later_us * (INT64_C(1) << 32) / 1000000;

    publisher_report(
        &source->publisher, source->audio.ssrc, ntp, source->audio.timestamp_rtp - 960);
    publisher_report(&source->publisher, source->video.ssrc, ntp + (uint64_t)later,
        source->video.timestamp_rtp - 1800);
}

/* ---- tests ---- */

static void a_switch_begins_with_the_cached_keyframe_and_numbers_go_on(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 120);
    uint64_t asked_us = f.scene.now_us;
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 60);

    const struct viewer_packet *first = find_switch(&f.viewer, 0);
    assert_true(begins_keyframe(first));
    assert_in_range(first->sent_us - asked_us, 0, 10 * US_PER_MS);
    assert_in_range(find_switch(&f.viewer, 1)->sent_us - asked_us, 0, 20 * US_PER_MS);
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 1000);
    fixture_finish(&f);
}

static void without_a_cached_keyframe_a_switch_asks_for_one_and_begins_with_it(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 20);
    /* the room's keyframe is too old to be replayed, and no other comes by itself */
    for (unsigned i = 0; i < 150; i++) {
        encoder_frame(&f.sources[CAMERA].video, i % 50 == 30, 2, 1800);
        encoder_frame(&f.sources[ROOM].video, false, 2, 1800);
        scene_advance(&f.scene, 20 * US_PER_MS);
    }
    f.sources[ROOM].publisher.plis = 0;
    fixture_set(&f, 0, "room-1");
    scene_advance(&f.scene, 20 * US_PER_MS);
    assert_int_equal(f.sources[ROOM].publisher.plis, 1);
    for (unsigned i = 0; i < 10; i++) {
        encoder_frame(&f.sources[ROOM].video, i == 5, 2, 1800);
        scene_advance(&f.scene, 20 * US_PER_MS);
    }
    assert_true(begins_keyframe(find_switch(&f.viewer, 0)));
    assert_continuous(&f.viewer, 0, 25000);
    fixture_finish(&f);
}

static void switching_to_and_fro_many_times_never_breaks_the_numbers(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 70);
    for (unsigned i = 0; i < 40; i++) {
        fixture_set_both(&f, source_names[(i + 1) % 2]);
        fixture_run(&f, 3 + i % 7 * 5);
    }
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 5000);
    fixture_finish(&f);
}

static void video_and_audio_can_show_different_sources(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    fixture_set(&f, 1, "room-1");
    fixture_run(&f, 60);
    struct slot_line video;
    line_of(&f.viewer, 0, &video);
    for (size_t i = 0; i < video.count; i++)
        assert_int_equal(source_of(video.packets[i]), CAMERA);
    assert_int_equal(source_of(find_switch(&f.viewer, 1)), ROOM);
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 1000);
    fixture_finish(&f);
}

static void lip_sync_is_the_new_sources_own_after_a_switch(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    report(&f.sources[CAMERA], 0xe8000000, -40000);
    report(&f.sources[ROOM], 0x11000000, 70000); /* and its clock is a century wrong */
    fixture_run(&f, 110);
    assert_in_range(picture_after_sound_us(&f.viewer) + 40000 + 1000, 0, 2000);
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 110); /* long enough for reports and for the replay to be over */
    assert_in_range(picture_after_sound_us(&f.viewer) - 70000 + 1000, 0, 2000);
    fixture_set_both(&f, "teacher-camera");
    fixture_run(&f, 110);
    assert_in_range(picture_after_sound_us(&f.viewer) + 40000 + 1000, 0, 2000);
    fixture_finish(&f);
}

static void the_clock_of_reports_goes_on_through_a_switch(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    report(&f.sources[CAMERA], 0xe8000000, 0);
    report(&f.sources[ROOM], 0x11000000, 0);
    fixture_run(&f, 110);
    for (size_t slot = 0; slot < 2; slot++) {
        uint32_t rate = slot == 0 ? 90000 : 48000;
        uint32_t timestamp = f.viewer.last_report[slot].timestamp_rtp;
        int64_t before_us = wall_of(&f.viewer, slot, timestamp, rate);

        fixture_set(&f, slot, "room-1");
        fixture_run(&f, 110);
        /* what the old timestamps meant, they mean still: within what the sources' delays differ */
        assert_in_range(wall_of(&f.viewer, slot, timestamp, rate) - before_us + 25000, 0, 50000);
    }
    fixture_finish(&f);
}

static void an_emptied_slot_sends_nothing_not_even_again(void **state)
{
    struct fixture f;
    struct slot_line line;
    uint16_t last[8];

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    fixture_set_both(&f, "");
    uint64_t emptied_us = f.scene.now_us;
    line_of(&f.viewer, 0, &line);
    for (size_t i = 0; i < 8; i++)
        last[i] = line.packets[line.count - 1 - i]->view.sequence_number;
    unsigned reports = f.viewer.sender_reports;
    fixture_run(&f, 5);
    viewer_nack(&f.viewer, VIEWER_SSRC, last, 8);
    viewer_pli(&f.viewer, VIEWER_SSRC);
    fixture_run(&f, 120);
    assert_int_equal(count_since(&f.viewer, emptied_us), 0);
    assert_int_equal(f.viewer.sender_reports, reports);
    assert_int_equal(f.viewer.empty, 2);
    assert_int_equal(f.viewer.playing, 2);
    fixture_finish(&f);
}

static void a_slot_that_was_empty_goes_on_where_it_stopped(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    fixture_set_both(&f, "");
    fixture_run(&f, 200);
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 60);
    assert_true(begins_keyframe(find_switch(&f.viewer, 0)));
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 5000);
    assert_int_equal(f.viewer.playing, 4);
    fixture_finish(&f);
}

static void a_slot_that_begins_empty_sends_nothing_until_it_is_set(void **state)
{
    struct fixture f;

    fixture_init(&f, "", true);
    fixture_run(&f, 60);
    assert_int_equal(f.viewer.packet_count, 0);
    assert_int_equal(f.viewer.sender_reports, 0);
    assert_int_equal(f.viewer.empty, 0);
    fixture_set(&f, 0, "room-1");
    fixture_run(&f, 1);
    assert_true(f.viewer.packet_count > 0);
    assert_true(begins_keyframe(&f.viewer.packets[0]));
    fixture_finish(&f);
}

static void the_same_source_again_changes_nothing(void **state)
{
    struct fixture f;
    struct slot_line line;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    for (unsigned i = 0; i < 30; i++) {
        fixture_set_both(&f, "teacher-camera");
        encoder_frame(&f.sources[CAMERA].audio, false, 1, 960);
        encoder_frame(&f.sources[CAMERA].video, false, 2, 1800);
        scene_advance(&f.scene, 20 * US_PER_MS);
    }
    assert_int_equal(f.viewer.playing, 2);
    assert_int_equal(f.viewer.empty, 0);
    assert_int_equal(f.sources[CAMERA].publisher.plis, 0);
    line_of(&f.viewer, 0, &line);
    for (size_t i = 1; i < line.count; i++) {
        assert_true(
            viewer_packet_frame(line.packets[i]) - viewer_packet_frame(line.packets[i - 1]) <= 1);
    }
    assert_continuous(&f.viewer, 0, 1000);
    fixture_finish(&f);
}

static void a_source_that_is_not_there_yet_is_waited_for_in_silence(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", false);
    fixture_run(&f, 60);
    uint64_t asked_us = f.scene.now_us;
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 100);
    assert_int_equal(count_since(&f.viewer, asked_us), 0);
    assert_int_equal(f.viewer.empty, 2);
    fixture_publish(&f, ROOM);
    fixture_run(&f, 60); /* the publisher's first frames are deltas: it is asked for a keyframe */
    assert_true(begins_keyframe(find_switch(&f.viewer, 0)));
    assert_int_equal(source_of(find_switch(&f.viewer, 1)), ROOM);
    assert_int_equal(f.viewer.playing, 4);
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 5000);
    fixture_finish(&f);
}

static void a_source_that_comes_back_plays_on_in_the_slot_that_waits_for_it(void **state)
{
    struct fixture f;

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 60);
    publisher_destroy(&f.sources[ROOM].publisher);
    f.sources[ROOM].exists = false;
    fixture_run(&f, 60);
    uint64_t away_us = f.scene.now_us;
    fixture_run(&f, 60);
    assert_int_equal(count_since(&f.viewer, away_us), 0);
    fixture_publish(&f, ROOM);
    fixture_run(&f, 60);
    assert_true(count_since(&f.viewer, away_us) > 0);
    assert_int_equal(f.viewer.playing, 6);
    assert_continuous(&f.viewer, 0, 25000);
    assert_continuous(&f.viewer, 1, 5000);
    fixture_finish(&f);
}

static void a_slot_set_twice_at_once_shows_the_last_and_never_the_first(void **state)
{
    struct fixture f;

    fixture_init(&f, "", true);
    fixture_run(&f, 60);
    fixture_set_both(&f, "teacher-camera");
    fixture_set_both(&f, "room-1");
    fixture_run(&f, 60);
    struct slot_line line;
    line_of(&f.viewer, 1, &line);
    for (size_t i = 0; i < line.count; i++)
        assert_int_equal(source_of(line.packets[i]), ROOM);
    line_of(&f.viewer, 0, &line);
    assert_int_equal(source_of(line.packets[line.count - 1]), ROOM);
    assert_continuous(&f.viewer, 0, 25000);
    fixture_finish(&f);
}

static void losses_before_a_switch_are_repaired_after_it_or_not_at_all(void **state)
{
    struct fixture f;
    struct slot_line line;
    uint16_t lost[4];

    fixture_init(&f, "teacher-camera", true);
    fixture_run(&f, 60);
    line_of(&f.viewer, 0, &line);
    for (size_t i = 0; i < 4; i++)
        lost[i] = line.packets[line.count - 4 + i]->view.sequence_number;
    fixture_set(&f, 0, "room-1");
    fixture_run(&f, 2);
    size_t before = f.viewer.packet_count;
    viewer_nack(&f.viewer, VIEWER_SSRC, lost, 4);
    for (size_t i = before; i < f.viewer.packet_count; i++) {
        const struct viewer_packet *packet = &f.viewer.packets[i];

        /* whatever comes under an old number is what had that number: the camera's */
        if (packet->view.ssrc == VIEWER_RTX_SSRC)
            assert_int_equal(source_of(packet), CAMERA);
    }
    fixture_run(&f, 30);
    assert_continuous(&f.viewer, 0, 25000);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_begins_with_the_cached_keyframe_and_numbers_go_on),
        cmocka_unit_test(without_a_cached_keyframe_a_switch_asks_for_one_and_begins_with_it),
        cmocka_unit_test(switching_to_and_fro_many_times_never_breaks_the_numbers),
        cmocka_unit_test(video_and_audio_can_show_different_sources),
        cmocka_unit_test(lip_sync_is_the_new_sources_own_after_a_switch),
        cmocka_unit_test(the_clock_of_reports_goes_on_through_a_switch),
        cmocka_unit_test(an_emptied_slot_sends_nothing_not_even_again),
        cmocka_unit_test(a_slot_that_was_empty_goes_on_where_it_stopped),
        cmocka_unit_test(a_slot_that_begins_empty_sends_nothing_until_it_is_set),
        cmocka_unit_test(the_same_source_again_changes_nothing),
        cmocka_unit_test(a_source_that_is_not_there_yet_is_waited_for_in_silence),
        cmocka_unit_test(a_source_that_comes_back_plays_on_in_the_slot_that_waits_for_it),
        cmocka_unit_test(a_slot_set_twice_at_once_shows_the_last_and_never_the_first),
        cmocka_unit_test(losses_before_a_switch_are_repaired_after_it_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
