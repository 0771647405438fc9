/* Reports in both directions: lip-sync, round trip, what the publisher hears of its packets. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

static const char *const teacher[] = {"teacher-camera", "teacher-camera"};

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct encoder audio;
    struct viewer viewer;
};

static void fixture_init(struct fixture *f)
{
    struct media_codec codecs[] = {shape_h264(102, 103, 0x42e01f), shape_opus(111)};
    struct media_track tracks[] = {
        scene_track(MEDIA_VIDEO, &codecs[0]), scene_track(MEDIA_AUDIO, &codecs[1])};

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", tracks, 2), 0);
    assert_int_equal(viewer_create(&f->viewer, &f->scene, tracks, teacher, 2), 0);
    viewer_start(&f->viewer);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .timestamp_rtp = 0xfffff000};
    f->audio = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_OPUS,
        .payload_type = 111,
        .ssrc = 22,
        .mid = "0",
        .timestamp_rtp = 0x7fffff00};
}

static void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->viewer);
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

/* Both encoders in step for so many frames of 20 ms. */
static void run(struct fixture *f, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        encoder_frame(&f->audio, false, 1, 960);
        encoder_frame(&f->video, f->video.frame % 100 == 0, 2, 1800);
        scene_advance(&f->scene, 20 * US_PER_MS);
    }
}

/* Wall time that the last report gives to an outgoing timestamp of the slot, µs. */
static int64_t wall_of(const struct viewer *viewer, size_t slot, uint32_t timestamp, uint32_t rate)
{
    const struct rtcp_sender_info *info = &viewer->last_report[slot];
    int64_t ntp_us = (int64_t)((info->ntp >> 32) * US_PER_S) +
                     (int64_t)(((info->ntp & 0xffffffff) * US_PER_S) >> 32);
    return ntp_us + (int64_t)(int32_t)(timestamp - info->timestamp_rtp) * 1000000 / (int64_t)rate;
}

static uint32_t last_timestamp(const struct viewer *viewer, uint32_t ssrc)
{
    for (size_t i = viewer->packet_count; i-- > 0;) {
        if (viewer->packets[i].view.ssrc == ssrc)
            return viewer->packets[i].view.timestamp;
    }
    fail();
    return 0;
}

static int64_t sound_before_picture_us(const struct fixture *f)
{
    return wall_of(&f->viewer, 0, last_timestamp(&f->viewer, VIEWER_SSRC), 90000) -
           wall_of(&f->viewer, 1, last_timestamp(&f->viewer, VIEWER_SSRC + 1), 48000);
}

static void lip_sync_of_the_publisher_is_kept_to_the_millisecond(void **state)
{
    struct fixture f;
    uint64_t ntp = UINT64_C(0xe8000000) << 32;

    fixture_init(&f);
    run(&f, 80);
    /* the publisher says: the frame just sent was captured 45 ms before the sound just sent; the
     * reports come at different times and each with its own delay */
    publisher_report(&f.publisher, 11, ntp, f.video.timestamp_rtp - 1800);
    scene_advance(&f.scene, 37 * US_PER_MS);
    publisher_report(
        &f.publisher, 22, ntp + (UINT64_C(45) << 32) / 1000, f.audio.timestamp_rtp - 960);
    f.audio.timestamp_rtp += 37 * 48;
    f.video.timestamp_rtp += 37 * 90;
    scene_advance(&f.scene, 1500 * US_PER_MS);
    f.audio.timestamp_rtp += 1500 * 48;
    f.video.timestamp_rtp += 1500 * 90;
    run(&f, 80);

    assert_in_range(sound_before_picture_us(&f) + 45000 + 1000, 0, 2000);
    fixture_finish(&f);
}

static void before_the_publishers_first_report_arrival_keeps_them_together(void **state)
{
    struct fixture f;

    fixture_init(&f);
    run(&f, 80);
    assert_true(f.viewer.sender_reports >= 2);
    assert_in_range(sound_before_picture_us(&f) + 1000, 0, 2000);

    /* a report for one of them alone must not tear them apart */
    publisher_report(&f.publisher, 11, UINT64_C(0xe8000000) << 32, f.video.timestamp_rtp - 9000);
    run(&f, 80);
    assert_in_range(sound_before_picture_us(&f) + 1000, 0, 2000);
    fixture_finish(&f);
}

static void a_join_from_the_cache_keeps_lip_sync(void **state)
{
    struct fixture f;
    struct viewer late;
    struct media_codec codecs[] = {shape_h264(102, 103, 0x42e01f), shape_opus(111)};
    struct media_track tracks[] = {
        scene_track(MEDIA_VIDEO, &codecs[0]), scene_track(MEDIA_AUDIO, &codecs[1])};
    uint64_t ntp = UINT64_C(0xe8000000) << 32;

    fixture_init(&f);
    run(&f, 180); /* 1.6 s after a keyframe */
    publisher_report(&f.publisher, 11, ntp, f.video.timestamp_rtp - 1800);
    publisher_report(&f.publisher, 22, ntp, f.audio.timestamp_rtp - 960);
    assert_int_equal(viewer_create(&late, &f.scene, tracks, teacher, 2), 0);
    viewer_start(&late);
    run(&f, 15);
    assert_true(late.sender_reports >= 2);
    int64_t between_us = wall_of(&late, 0, last_timestamp(&late, VIEWER_SSRC), 90000) -
                         wall_of(&late, 1, last_timestamp(&late, VIEWER_SSRC + 1), 48000);
    assert_in_range(between_us + 1000, 0, 2000);
    viewer_destroy(&late);
    fixture_finish(&f);
}

static void sender_reports_count_and_carry_the_time_of_sending(void **state)
{
    struct fixture f;

    fixture_init(&f);
    run(&f, 200);
    const struct rtcp_sender_info *info = &f.viewer.last_report[1];
    assert_in_range(info->packet_count, 140, 200);
    assert_int_equal(info->octet_count, info->packet_count * 200);
    uint64_t behind_us = f.scene.now_us - f.viewer.last_report_us[1];
    assert_int_equal(info->ntp, clock_ntp_from_wall_us(f.scene.wall_us - behind_us));
    /* two slots, about one each second */
    assert_in_range(f.viewer.sender_reports, 8, 10);
    fixture_finish(&f);
}

static void a_jump_of_the_wall_clock_moves_no_report(void **state)
{
    struct fixture f;

    fixture_init(&f);
    run(&f, 100);
    uint64_t before = f.viewer.last_report[1].ntp;
    uint64_t before_us = f.viewer.last_report_us[1];
    f.scene.wall_us += 3600 * US_PER_S;
    run(&f, 100);
    uint64_t elapsed = (f.viewer.last_report[1].ntp - before) >> 32;
    assert_in_range(elapsed, 0, (f.viewer.last_report_us[1] - before_us) / US_PER_S + 1);
    fixture_finish(&f);
}

static void the_round_trip_is_read_from_receiver_reports(void **state)
{
    struct fixture f;
    uint8_t data[100];
    struct byte_writer writer;

    fixture_init(&f);
    run(&f, 100);
    struct rtcp_report_block block = {.ssrc = VIEWER_SSRC, .fraction_lost = 26};
    block.last_sr = (uint32_t)(f.viewer.last_report[0].ntp >> 16);
    uint64_t since_us = f.scene.now_us - f.viewer.last_report_us[0];
    scene_advance(&f.scene, 80 * US_PER_MS);
    block.delay_since_last_sr = (uint32_t)(since_us * 65536 / US_PER_S);
    byte_writer_init(&writer, data, sizeof(data));
    rtcp_write_rr(&writer, 77, &block, 1);
    subscriber_receive_rtcp(f.viewer.subscriber, data, writer.len, f.scene.now_us);

    json_t *viewer = subscriber_stats(f.viewer.subscriber);
    assert_in_range(json_integer_value(json_object_get(viewer, "rtt_us")), 79900, 80100);
    json_decref(viewer);
    fixture_finish(&f);
}

static void the_publisher_hears_of_its_losses(void **state)
{
    struct fixture f;

    fixture_init(&f);
    run(&f, 110);
    f.video.first_loss = 0;
    f.video.last_loss = 2;
    encoder_frame(&f.audio, false, 1, 960);
    uint8_t rtx[] = {0, 0, 0x41, 0x9a, 1};
    struct scene_rtp rtp = {.payload_type = 103,
        .ssrc = 12,
        .mid = "1",
        .timestamp_rtp = f.video.timestamp_rtp,
        .payload = rtx,
        .payload_bytes = sizeof(rtx)};
    encoder_frame(&f.video, false, 2, 1800);
    encoder_frame(&f.video, false, 2, 1800);
    bytes_put_u16(rtx, (uint16_t)(f.video.sequence_number - 4));
    publisher_send(&f.publisher, &rtp); /* repaired, but lost on the way all the same */
    run(&f, 100);
    assert_int_equal(f.publisher.last_block.ssrc, 11);
    assert_int_equal(f.publisher.last_block.cumulative_lost, 2);
    assert_in_range(f.publisher.received_reports, 3, 6);
    fixture_finish(&f);
}

static void transport_feedback_comes_ten_times_a_second_and_names_a_real_ssrc(void **state)
{
    struct fixture f;

    fixture_init(&f);
    run(&f, 100); /* 2 s, 150 packets a second */
    assert_in_range(f.publisher.feedbacks, 15, 41);
    assert_true(f.publisher.feedback_media_ssrc == 11 || f.publisher.feedback_media_ssrc == 22);
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lip_sync_of_the_publisher_is_kept_to_the_millisecond),
        cmocka_unit_test(before_the_publishers_first_report_arrival_keeps_them_together),
        cmocka_unit_test(a_join_from_the_cache_keeps_lip_sync),
        cmocka_unit_test(sender_reports_count_and_carry_the_time_of_sending),
        cmocka_unit_test(a_jump_of_the_wall_clock_moves_no_report),
        cmocka_unit_test(the_round_trip_is_read_from_receiver_reports),
        cmocka_unit_test(the_publisher_hears_of_its_losses),
        cmocka_unit_test(transport_feedback_comes_ten_times_a_second_and_names_a_real_ssrc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
