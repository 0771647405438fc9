/* From one packet in to one packet out: numbers, payload types, extensions, codecs, sources. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <errno.h>
#include <string.h>

static const char *const teacher[] = {"teacher-camera", "teacher-camera"};

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct encoder audio;
    struct media_track tracks[2];
    struct media_track wanted[2];
};

static void fixture_init(struct fixture *f)
{
    struct media_codec h264 = shape_h264(102, 0, 0x42e01f);
    struct media_codec opus = shape_opus(111);

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->tracks[0] = scene_track(MEDIA_VIDEO, &h264);
    f->tracks[1] = scene_track(MEDIA_AUDIO, &opus);
    h264 = shape_h264(96, 97, 0x42e01f);
    opus = shape_opus(109);
    f->wanted[0] = scene_track(MEDIA_VIDEO, &h264);
    f->wanted[1] = scene_track(MEDIA_AUDIO, &opus);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .sequence_number = 65530,
        .timestamp_rtp = 0xfffffff0};
    f->audio = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_OPUS,
        .payload_type = 111,
        .ssrc = 22,
        .mid = "0",
        .sequence_number = 5};
}

static void publish(struct fixture *f)
{
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", f->tracks, 2), 0);
}

static void a_viewer_gets_its_own_numbers_types_and_extensions(void **state)
{
    struct fixture f;
    struct viewer viewer;
    size_t len;

    fixture_init(&f);
    publish(&f);
    f.wanted[0].extensions = (struct media_extensions){.mid = 9, .transport_cc = 3};
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, teacher, 2), 0);
    viewer_start(&viewer);
    encoder_frame(&f.video, true, 10, 3000);
    encoder_frame(&f.audio, false, 1, 960);

    assert_int_equal(viewer.packet_count, 13);
    const struct viewer_packet *first = &viewer.packets[0];
    assert_in_range(first->view.sequence_number, 0, 32767);
    for (size_t i = 0; i < 12; i++) {
        const struct viewer_packet *packet = &viewer.packets[i];
        assert_int_equal(packet->view.ssrc, VIEWER_SSRC);
        assert_int_equal(packet->view.payload_type, 96);
        assert_int_equal(packet->view.marker, i == 11);
        assert_int_equal(packet->view.timestamp, first->view.timestamp);
        assert_int_equal(packet->view.sequence_number, (uint16_t)(first->view.sequence_number + i));
        assert_int_equal(packet->len, first->len);
        const uint8_t *mid = rtp_find_extension(packet->data, &packet->view, 9, &len);
        assert_int_equal(len, 1);
        assert_memory_equal(mid, "1", 1);
        const uint8_t *transport = rtp_find_extension(packet->data, &packet->view, 3, &len);
        const uint8_t *before = rtp_find_extension(first->data, &first->view, 3, &len);
        assert_int_equal(bytes_get_u16(transport), (uint16_t)(bytes_get_u16(before) + i));
        assert_null(rtp_find_extension(packet->data, &packet->view, SCENE_RID_ID, &len));
    }
    assert_int_equal(viewer.packets[12].view.payload_type, 109);
    assert_int_equal(viewer.packets[12].view.ssrc, VIEWER_SSRC + 1);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void audio_level_is_carried_over_and_the_length_stays_without_it(void **state)
{
    struct fixture f;
    struct viewer viewer;
    size_t len;
    const uint8_t payload[20] = {1};

    fixture_init(&f);
    publish(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, &f.wanted[1], teacher, 1), 0);
    viewer_start(&viewer);
    struct scene_rtp rtp = {.payload_type = 111,
        .ssrc = 22,
        .mid = "0",
        .payload = payload,
        .payload_bytes = sizeof(payload),
        .has_level = true,
        .level = 0x85};
    publisher_send(&f.publisher, &rtp);
    rtp.sequence_number++;
    rtp.has_level = false;
    publisher_send(&f.publisher, &rtp);

    assert_int_equal(viewer.packet_count, 2);
    const struct viewer_packet *packet = &viewer.packets[0];
    const uint8_t *level = rtp_find_extension(packet->data, &packet->view, SCENE_LEVEL_ID, &len);
    assert_non_null(level);
    assert_int_equal(*level, 0x85);
    packet = &viewer.packets[1];
    assert_null(rtp_find_extension(packet->data, &packet->view, SCENE_LEVEL_ID, &len));
    assert_int_equal(packet->len, viewer.packets[0].len);
    assert_int_equal(packet->view.payload_bytes, sizeof(payload));

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void holes_stay_holes_and_late_packets_fill_them(void **state)
{
    struct fixture f;
    struct viewer viewer;
    const uint8_t payload[4] = {1, 2, 3, 4};

    fixture_init(&f);
    publish(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, &f.wanted[1], teacher, 1), 0);
    viewer_start(&viewer);
    struct scene_rtp rtp = {.payload_type = 111,
        .ssrc = 22,
        .mid = "0",
        .payload = payload,
        .payload_bytes = sizeof(payload)};
    const uint16_t order[] = {65534, 65535, 1, 0, 3, 1};
    for (size_t i = 0; i < 6; i++) {
        rtp.sequence_number = order[i];
        rtp.timestamp_rtp = (uint32_t)(order[i] + (order[i] < 100 ? 65536 : 0)) * 960;
        publisher_send(&f.publisher, &rtp);
    }

    assert_int_equal(viewer.packet_count, 5); /* the repeated one is not sent twice */
    uint16_t base = viewer.packets[0].view.sequence_number;
    const uint16_t expected[] = {0, 1, 3, 2, 5};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal((uint16_t)(viewer.packets[i].view.sequence_number - base), expected[i]);
        assert_int_equal(
            viewer.packets[i].view.timestamp - viewer.packets[0].view.timestamp, expected[i] * 960);
    }

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void padding_and_forbidden_payloads_leave_no_hole(void **state)
{
    struct fixture f;
    struct viewer viewer;
    uint8_t mtap[20] = {26};

    fixture_init(&f);
    publish(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, teacher, 1), 0);
    viewer_start(&viewer);
    encoder_frame(&f.video, true, 2, 3000);
    struct scene_rtp rtp = {.payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .padding_bytes = 200,
        .sequence_number = f.video.sequence_number++,
        .timestamp_rtp = f.video.timestamp_rtp - 3000};
    publisher_send(&f.publisher, &rtp);
    for (uint8_t type = 26; type <= 27; type++) {
        mtap[0] = type;
        rtp.sequence_number = f.video.sequence_number++;
        rtp.padding_bytes = 0;
        rtp.payload = mtap;
        rtp.payload_bytes = sizeof(mtap);
        publisher_send(&f.publisher, &rtp);
    }
    encoder_frame(&f.video, false, 2, 3000);

    assert_int_equal(viewer.packet_count, 6);
    for (size_t i = 1; i < 6; i++)
        assert_int_equal(viewer.packets[i].view.sequence_number,
            (uint16_t)(viewer.packets[i - 1].view.sequence_number + 1));

    json_t *stream = stream_stats(f.publisher.stream, f.scene.now_us);
    json_t *track = json_array_get(json_object_get(stream, "tracks"), 0);
    json_t *layer = json_array_get(json_object_get(track, "layers"), 0);
    assert_int_equal(json_integer_value(json_object_get(layer, "forbidden")), 2);
    json_decref(stream);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void a_viewer_may_come_before_the_publisher(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, teacher, 2), 0);
    viewer_start(&viewer);
    scene_advance(&f.scene, US_PER_S);
    publish(&f);
    encoder_frame(&f.video, true, 2, 3000);
    scene_advance(&f.scene, 10000);

    assert_int_equal(viewer.packet_count, 4);
    assert_int_equal(viewer.playing, 1);
    publisher_destroy(&f.publisher);
    scene_advance(&f.scene, 10000);
    assert_int_equal(viewer.empty, 1);

    viewer_destroy(&viewer);
    scene_finish(&f.scene);
}

static void no_common_codec_is_told_once_and_nothing_is_sent(void **state)
{
    struct fixture f;
    struct viewer viewer;
    struct media_codec vp8 = shape_vp8(98, 0);

    fixture_init(&f);
    struct media_track wanted = scene_track(MEDIA_VIDEO, &vp8);
    assert_int_equal(viewer_create(&viewer, &f.scene, &wanted, teacher, 1), 0);
    viewer_start(&viewer);
    publish(&f);
    encoder_run(&f.video, true, US_PER_S);

    assert_int_equal(viewer.packet_count, 0);
    assert_int_equal(viewer.no_codec, 1);
    assert_int_equal(f.publisher.plis, 0);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void a_codec_actually_sent_that_the_viewer_does_not_take_is_told(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f);
    f.tracks[0].codecs[1] = shape_vp8(100, 0);
    f.tracks[0].codec_count = 2;
    publish(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, teacher, 1), 0);
    viewer_start(&viewer);
    f.video.codec = MEDIA_CODEC_VP8;
    f.video.payload_type = 100;
    encoder_run(&f.video, true, US_PER_S);

    assert_int_equal(viewer.packet_count, 0);
    assert_int_equal(viewer.no_codec, 1);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void nothing_is_sent_before_the_start(void **state)
{
    struct fixture f;
    struct viewer viewer;

    fixture_init(&f);
    publish(&f);
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, teacher, 2), 0);
    encoder_run(&f.video, true, US_PER_S / 2);
    encoder_frame(&f.audio, false, 1, 960);
    assert_int_equal(viewer.packet_count, 0);
    assert_int_equal(f.publisher.plis, 0);
    viewer_start(&viewer);
    assert_true(viewer.packet_count > 0);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void an_empty_slot_takes_a_source_and_gives_it_back(void **state)
{
    struct fixture f;
    struct viewer viewer;
    static const char *const nobody[] = {""};

    fixture_init(&f);
    publish(&f);
    encoder_run(&f.video, true, US_PER_S / 10);
    assert_int_equal(viewer_create(&viewer, &f.scene, f.wanted, nobody, 1), 0);
    viewer_start(&viewer);
    encoder_run(&f.video, false, US_PER_S / 10);
    assert_int_equal(viewer.packet_count, 0);

    assert_int_equal(
        subscriber_set_slot(viewer.subscriber, 0, "teacher-camera", f.scene.now_us), 0);
    assert_int_equal(subscriber_set_slot(viewer.subscriber, 1, "", f.scene.now_us), -EINVAL);
    encoder_run(&f.video, false, US_PER_S / 10);
    assert_int_equal(viewer.playing, 1);
    assert_true(viewer.packet_count > 0);

    assert_int_equal(subscriber_set_slot(viewer.subscriber, 0, "", f.scene.now_us), 0);
    viewer_forget(&viewer);
    encoder_run(&f.video, false, US_PER_S / 10);
    assert_int_equal(viewer.packet_count, 0);
    assert_int_equal(viewer.empty, 1);

    viewer_destroy(&viewer);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void a_taken_source_is_refused(void **state)
{
    struct fixture f;
    struct publisher other;

    fixture_init(&f);
    publish(&f);
    assert_int_equal(publisher_create(&other, &f.scene, "teacher-camera", f.tracks, 2), -EEXIST);
    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

static void on_activity(void *user, bool active)
{
    int *silences = user;

    assert_false(active);
    (*silences)++;
}

static void a_replacement_that_sends_nothing_makes_the_source_silent(void **state)
{
    struct fixture f;
    struct stream *stream = NULL;
    int silences = 0;

    fixture_init(&f);
    struct stream_params params = {.lesson = "lesson",
        .source = "teacher-camera",
        .tracks = f.tracks,
        .track_count = 2,
        .was_active = true,
        .on_active = on_activity,
        .user = &silences};
    assert_int_equal(stream_create(f.scene.router, &params, f.scene.now_us, &stream), 0);
    scene_advance(&f.scene, 1900 * US_PER_MS);
    assert_int_equal(silences, 0);
    scene_advance(&f.scene, 200 * US_PER_MS);
    assert_int_equal(silences, 1);
    stream_destroy(stream);
    scene_finish(&f.scene);
}

static void activity_is_told_and_ends_with_two_seconds_of_silence(void **state)
{
    struct fixture f;

    fixture_init(&f);
    publish(&f);
    scene_advance(&f.scene, US_PER_S);
    assert_int_equal(f.publisher.active_events, 0);
    encoder_frame(&f.video, true, 1, 3000);
    scene_advance(&f.scene, 1900 * US_PER_MS);
    assert_true(f.publisher.active);
    scene_advance(&f.scene, 200 * US_PER_MS);
    assert_false(f.publisher.active);
    encoder_frame(&f.video, true, 1, 3000);
    scene_advance(&f.scene, 20 * US_PER_MS);
    assert_true(f.publisher.active);
    assert_int_equal(f.publisher.active_events, 3);

    publisher_destroy(&f.publisher);
    scene_finish(&f.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_viewer_gets_its_own_numbers_types_and_extensions),
        cmocka_unit_test(audio_level_is_carried_over_and_the_length_stays_without_it),
        cmocka_unit_test(holes_stay_holes_and_late_packets_fill_them),
        cmocka_unit_test(padding_and_forbidden_payloads_leave_no_hole),
        cmocka_unit_test(a_viewer_may_come_before_the_publisher),
        cmocka_unit_test(no_common_codec_is_told_once_and_nothing_is_sent),
        cmocka_unit_test(a_codec_actually_sent_that_the_viewer_does_not_take_is_told),
        cmocka_unit_test(nothing_is_sent_before_the_start),
        cmocka_unit_test(an_empty_slot_takes_a_source_and_gives_it_back),
        cmocka_unit_test(a_taken_source_is_refused),
        cmocka_unit_test(a_replacement_that_sends_nothing_makes_the_source_silent),
        cmocka_unit_test(activity_is_told_and_ends_with_two_seconds_of_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
