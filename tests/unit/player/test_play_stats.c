#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "common/clock.h"
#include "player/play_stats.h"

static int64_t integer(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void percentiles_come_from_the_stripes(void **state)
{
    struct play_stats *stats = play_stats_new(true, 0, 0);

    for (uint64_t i = 1; i <= 100; i++)
        play_stats_latency(stats, 10 * US_PER_S, 10 * US_PER_S + i * US_PER_MS);
    /* From another clock: no delay at all. */
    play_stats_latency(stats, 20 * US_PER_S, 10 * US_PER_S);
    play_stats_latency(stats, 0, 100 * US_PER_S);
    json_t *object = play_stats_to_json(stats, 30 * US_PER_S);
    json_t *latency = json_object_get(object, "latency_ms");
    assert_true(json_real_value(json_object_get(latency, "p50")) == 50);
    assert_true(json_real_value(json_object_get(latency, "p95")) == 95);
    assert_true(json_real_value(json_object_get(latency, "p99")) == 99);
    assert_true(json_real_value(json_object_get(latency, "max")) == 100);
    assert_int_equal(integer(latency, "count"), 100);
    json_decref(object);
    play_stats_free(stats);
}

static void frames_freezes_and_damaged_pictures_are_counted(void **state)
{
    struct play_stats *stats = play_stats_new(true, US_PER_S, 0);
    uint64_t now_us = 2 * US_PER_S;

    for (int64_t i = 0; i < 60; i++) {
        struct play_stats_frame frame = {i == 40 ? -1 : i, now_us, now_us};
        play_stats_video_frame(stats, &frame, i < 30 ? 640 : 1280, i < 30 ? 360 : 720, "H264");
        now_us += i == 20 ? 500 * US_PER_MS : 33 * US_PER_MS;
    }
    json_t *object = play_stats_to_json(stats, now_us);
    assert_int_equal(integer(object, "frames_decoded"), 60);
    assert_int_equal(integer(object, "freezes"), 1);
    assert_int_equal(integer(object, "frames_corrupted"), 1);
    assert_int_equal(integer(object, "resolution_changes"), 1);
    assert_int_equal(integer(object, "width"), 1280);
    assert_int_equal(integer(object, "first_frame_us"), 2 * US_PER_S);
    assert_int_equal(json_array_size(json_object_get(object, "frame_log")), 60);
    assert_true(json_is_null(json_object_get(object, "latency_ms")));
    json_decref(object);
    play_stats_free(stats);
}

static void loudness_is_that_of_all_sound(void **state)
{
    struct play_stats *stats = play_stats_new(false, 0, 0);
    struct play_stats_now now;
    float samples[960];

    play_stats_read(stats, &now);
    assert_true(now.audio_rms_db == -120);
    for (int i = 0; i < 960; i++)
        samples[i] = i % 2 ? 0.1f : -0.1f;
    play_stats_audio(stats, US_PER_S, samples, 960, 0);
    play_stats_audio(stats, 2 * US_PER_S, samples, 960, 20 * US_PER_MS);
    play_stats_read(stats, &now);
    assert_true(fabs(now.audio_rms_db + 20) < 0.01);
    assert_int_equal(now.last_audio_us, 2 * US_PER_S);
    json_t *object = play_stats_to_json(stats, 3 * US_PER_S);
    assert_int_equal(integer(object, "audio_gaps"), 1);
    assert_int_equal(integer(object, "audio_gaps_ms"), 20);
    assert_true(json_is_null(json_object_get(object, "first_frame_us")));
    json_decref(object);
    play_stats_free(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_come_from_the_stripes),
        cmocka_unit_test(frames_freezes_and_damaged_pictures_are_counted),
        cmocka_unit_test(loudness_is_that_of_all_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
