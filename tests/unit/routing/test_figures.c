/* What is counted per lesson: it adds up, never goes back, and stays small. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include "relay/link_messages.h"
#include "relay/routing/lesson_figures.h"
#include "relay/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWERS 3

static const char *const teacher[] = {"teacher-camera"};

struct fixture {
    struct scene scene;
    struct media_track track;
    struct publisher publisher;
    struct encoder video;
    struct viewer viewers[VIEWERS];
    json_t *stats;
};

static void publish(struct fixture *f)
{
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &f->track, 1), 0);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1"};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct media_codec codec = shape_h264(102, 103, 0x42e01f);

    assert_non_null(f);
    scene_init(&f->scene);
    f->track = scene_track(MEDIA_VIDEO, &codec);
    publish(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < VIEWERS; i++) {
        if (f->viewers[i].subscriber != NULL)
            viewer_destroy(&f->viewers[i]);
    }
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
    json_decref(f->stats);
    free(f);
    return 0;
}

/* The teacher has been on for half a second. */
static int setup_live(void **state)
{
    setup(state);
    encoder_run(&((struct fixture *)*state)->video, true, US_PER_S / 2);
    return 0;
}

static void join(struct fixture *f, size_t i)
{
    assert_int_equal(viewer_create(&f->viewers[i], &f->scene, &f->track, teacher, 1), 0);
    scene_advance(&f->scene, 40 * US_PER_MS);
    viewer_start(&f->viewers[i]);
}

static json_t *read_stats(struct fixture *f)
{
    json_decref(f->stats);
    f->stats = router_stats(f->scene.router, 100, f->scene.now_us);
    assert_non_null(f->stats);
    return f->stats;
}

static json_int_t number(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* The only lesson's. */
static json_t *read_lesson(struct fixture *f)
{
    json_t *lessons = json_object_get(read_stats(f), "lessons");

    assert_int_equal(json_array_size(lessons), 1);
    return json_array_get(lessons, 0);
}

static json_int_t figure(struct fixture *f, const char *name)
{
    return number(read_lesson(f), name);
}

static json_int_t total(struct fixture *f, const char *name)
{
    return number(json_object_get(read_stats(f), "totals"), name);
}

static struct stream *publish_into(struct fixture *f, const char *lesson)
{
    struct stream_params params = {
        .lesson = lesson, .source = "s", .tracks = &f->track, .track_count = 1};
    struct stream *stream;

    assert_int_equal(stream_create(f->scene.router, &params, f->scene.now_us, &stream), 0);
    return stream;
}

static void a_lesson_sums_its_streams_and_viewers(void **state)
{
    struct fixture *f = *state;
    json_t *lesson;

    for (size_t i = 0; i < VIEWERS; i++)
        join(f, i);
    encoder_run(&f->video, true, US_PER_S);

    lesson = read_lesson(f);
    assert_string_equal(json_string_value(json_object_get(lesson, "lesson")), "lesson");
    assert_int_equal(number(lesson, "rtp_out_packets"),
        f->viewers[0].packet_count + f->viewers[1].packet_count + f->viewers[2].packet_count);
    assert_int_equal(number(lesson, "viewers"), VIEWERS);
    assert_int_equal(number(lesson, "active_sources"), 1);
    assert_int_equal(number(lesson, "keyframes_in"), 2);
    assert_int_equal(
        json_integer_value(json_array_get(json_object_get(lesson, "pictures"), 0)), VIEWERS);
    assert_true(number(lesson, "bitrate_in_bps") > 100000);
}

static void counts_never_go_back(void **state)
{
    struct fixture *f = *state;
    json_int_t in;
    json_int_t out;

    join(f, 0);
    encoder_run(&f->video, true, US_PER_S);
    in = figure(f, "rtp_in_packets");
    out = figure(f, "rtp_out_packets");
    assert_true(in > 0 && out > 0);

    viewer_destroy(&f->viewers[0]);
    f->viewers[0].subscriber = NULL;
    publisher_destroy(&f->publisher);
    assert_int_equal(figure(f, "rtp_in_packets"), in);
    assert_int_equal(figure(f, "rtp_out_packets"), out);
    assert_int_equal(figure(f, "viewers"), 0);

    publish(f);
    encoder_run(&f->video, true, US_PER_S);
    assert_int_equal(figure(f, "rtp_in_packets"), 2 * in);
    assert_int_equal(figure(f, "rtp_out_packets"), out);
}

static void what_was_asked_again_survives_a_restart_of_the_numbers(void **state)
{
    struct fixture *f = *state;
    json_int_t asked;

    f->video.first_loss = 0;
    f->video.last_loss = 2;
    encoder_frame(&f->video, false, 4, 3000);
    f->video.last_loss = 0;
    encoder_run(&f->video, false, US_PER_S / 2);
    asked = figure(f, "nacks_out");
    assert_true(asked > 0);

    f->video.sequence_number = (uint16_t)(f->video.sequence_number + 20000);
    encoder_run(&f->video, true, US_PER_S / 2);
    assert_true(figure(f, "nacks_out") >= asked);
}

static void a_forgotten_lesson_stays_in_the_totals(void **state)
{
    struct fixture *f = *state;
    json_int_t in;

    encoder_run(&f->video, true, US_PER_S);
    in = total(f, "rtp_in_packets");
    publisher_destroy(&f->publisher);
    scene_advance(&f->scene, 10 * US_PER_MS);
    assert_int_equal(json_array_size(json_object_get(read_stats(f), "lessons")), 1);

    f->scene.now_us += LESSON_FIGURES_KEEP_US;
    assert_int_equal(json_array_size(json_object_get(read_stats(f), "lessons")), 0);
    assert_true(in > 0);
    assert_int_equal(total(f, "rtp_in_packets"), in);
    publish(f);
}

static void many_lessons_that_ended_take_no_more_memory(void **state)
{
    struct fixture *f = *state;
    json_t *stats;

    for (int i = 0; i < LESSON_FIGURES_MAX_IDLE + 50; i++) {
        char lesson[16];

        snprintf(lesson, sizeof(lesson), "lesson-%d", i);
        stream_destroy(publish_into(f, lesson));
        scene_advance(&f->scene, 10 * US_PER_MS);
    }
    stats = router_stats(f->scene.router, 100000, f->scene.now_us);
    assert_int_equal(
        json_array_size(json_object_get(stats, "lessons")), LESSON_FIGURES_MAX_IDLE + 1);
    json_decref(stats);
}

static void a_join_is_timed_from_the_request_to_the_picture(void **state)
{
    struct fixture *f = *state;
    json_t *join_times;

    join(f, 0);
    scene_advance(&f->scene, 20 * US_PER_MS);
    join_times = json_object_get(read_stats(f), "join");
    assert_int_equal(number(join_times, "count"), 1);
    assert_int_equal(number(join_times, "sum_us"), 40000);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(join_times, "counts"), 2)),
        1); /* over 25 ms, at most 50 ms */
    assert_int_equal(figure(f, "joins"), 1);
    assert_int_equal(figure(f, "join_us"), 40000);
}

static void who_waits_for_the_teacher_is_not_a_slow_join(void **state)
{
    struct fixture *f = *state;

    join(f, 0);
    scene_advance(&f->scene, 60 * US_PER_S);
    encoder_run(&f->video, true, US_PER_S / 2);
    assert_true(f->viewers[0].packet_count > 0);
    assert_int_equal(figure(f, "joins"), 0);
}

static void drops_are_told_with_their_reason(void **state)
{
    struct fixture *f = *state;
    uint8_t garbage[40] = {0x80, 102};
    json_t *drops = json_object_get(read_lesson(f), "drops");

    assert_int_equal(json_object_size(drops), 0);
    stream_receive_rtp(f->publisher.stream, garbage, 5, f->scene.now_us);
    garbage[1] = 96;
    stream_receive_rtp(f->publisher.stream, garbage, sizeof(garbage), f->scene.now_us);
    drops = json_object_get(read_lesson(f), "drops");
    assert_int_equal(number(drops, "malformed"), 1);
    assert_int_equal(json_object_size(drops), 2);
}

static void losses_in_reports_add_up_whatever_the_viewer_says(void **state)
{
    static const int32_t lost[] = {3, 10, -5, 2};
    struct fixture *f = *state;

    join(f, 0);
    for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
        struct rtcp_report_block block = {.ssrc = VIEWER_SSRC, .cumulative_lost = lost[i]};
        struct byte_writer writer;
        uint8_t data[100];

        byte_writer_init(&writer, data, sizeof(data));
        rtcp_write_rr(&writer, 77, &block, 1);
        subscriber_receive_rtcp(f->viewers[0].subscriber, data, writer.len, f->scene.now_us);
    }
    assert_int_equal(figure(f, "lost_out"), 17);
}

/* As many lessons as a router may have in one answer, each with every counter at its longest. */
static void an_answer_fits_into_a_message_of_the_link(void **state)
{
    struct fixture *f = *state;
    struct stream *streams[STATS_MAX_LESSONS + 20];
    size_t count = sizeof(streams) / sizeof(streams[0]);
    struct viewer *crowd = calloc(1000, sizeof(*crowd));
    char *text;

    for (size_t i = 0; i < count; i++) {
        char lesson[MEDIA_NAME_CHARS];

        memset(lesson, 'x', sizeof(lesson));
        snprintf(lesson + 50, sizeof(lesson) - 50, "%zu", i);
        streams[i] = publish_into(f, lesson);
    }
    assert_non_null(crowd);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(viewer_create(&crowd[i], &f->scene, &f->track, teacher, 1), 0);

    json_decref(f->stats);
    f->stats = router_stats(f->scene.router, STATS_MAX_LESSONS, f->scene.now_us);
    assert_int_equal(json_array_size(json_object_get(f->stats, "lessons")), STATS_MAX_LESSONS);
    assert_int_equal(number(f->stats, "lessons_left_out"), 21);
    text = json_dumps(f->stats, JSON_COMPACT);
    assert_true(strlen(text) + STATS_MAX_LESSONS * 28 * 9 < LINK_MESSAGE_BYTES);

    free(text);
    for (size_t i = 0; i < 1000; i++)
        viewer_destroy(&crowd[i]);
    free(crowd);
    for (size_t i = 0; i < count; i++)
        stream_destroy(streams[i]);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, setup, teardown)
#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_live, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_lesson_sums_its_streams_and_viewers),
        TEST(counts_never_go_back),
        LIVE_TEST(what_was_asked_again_survives_a_restart_of_the_numbers),
        TEST(a_forgotten_lesson_stays_in_the_totals),
        TEST(many_lessons_that_ended_take_no_more_memory),
        LIVE_TEST(a_join_is_timed_from_the_request_to_the_picture),
        TEST(who_waits_for_the_teacher_is_not_a_slow_join),
        LIVE_TEST(drops_are_told_with_their_reason),
        TEST(losses_in_reports_add_up_whatever_the_viewer_says),
        TEST(an_answer_fits_into_a_message_of_the_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
