#include "capture/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"

static const struct layer_plan layers[] = {{1280, 720, 1800}, {640, 360, 600}};

static json_int_t number(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void counters_are_kept_by_layer(void **state)
{
    struct figures *figures = figures_create(layers, 2, false);
    uint64_t now_us = clock_now_us();
    for (unsigned i = 0; i < 5; i++)
        figures_count_captured(figures, now_us + i);
    figures_count_encoded(figures, 0, 1000, true, now_us, now_us);
    figures_count_encoded(figures, 0, 1000, false, now_us, now_us);
    figures_count_encoded(figures, 1, 300, true, now_us, now_us);
    figures_count_request(figures, 1);
    figures_count_audio(figures, 100);
    json_t *object = figures_counters(figures, 3);
    assert_int_equal(number(object, "frames_captured"), 5);
    assert_int_equal(number(object, "frames_dropped"), 3);
    assert_int_equal(number(json_object_get(object, "frames_encoded"), "h"), 2);
    assert_int_equal(number(json_object_get(object, "frames_encoded"), "m"), 1);
    assert_null(json_object_get(json_object_get(object, "frames_encoded"), "l"));
    assert_int_equal(number(json_object_get(object, "keyframes"), "h"), 1);
    assert_int_equal(number(json_object_get(object, "keyframe_requests"), "m"), 1);
    assert_int_equal(number(object, "audio_packets"), 1);
    json_decref(object);
    figures_destroy(figures);
}

static void rates_are_those_since_the_last_reading(void **state)
{
    struct figures *figures = figures_create(layers, 2, false);
    double fps = -1, kbps = -1;
    uint64_t now_us = clock_now_us() + US_PER_S;
    figures_read_rates(figures, now_us, &fps, &kbps);
    for (unsigned i = 0; i < 60; i++)
        figures_count_encoded(figures, 0, 1000, false, now_us, now_us);
    figures_read_rates(figures, now_us + 2 * US_PER_S, &fps, &kbps);
    assert_true(fps > 29.99 && fps < 30.01);
    assert_true(kbps > 239.9 && kbps < 240.1);
    figures_read_rates(figures, now_us + 3 * US_PER_S, &fps, &kbps);
    assert_true(fps == 0 && kbps == 0);
    figures_destroy(figures);
}

static void frames_are_logged_with_their_counter_and_time(void **state)
{
    struct figures *figures = figures_create(layers, 2, true);
    for (unsigned i = 0; i < 10; i++) {
        uint64_t taken_us = 1000000 + i * 33333;
        assert_int_equal(figures_count_captured(figures, taken_us), i);
        if (i != 4) /* one that the encoder was too slow for */
            figures_count_encoded(figures, 0, 500, i == 0, taken_us + 5000, taken_us);
    }
    json_t *object = json_object();
    figures_add_final(figures, object, clock_now_us());
    json_t *log = json_object_get(object, "frame_log");
    assert_int_equal(json_array_size(log), 9);
    json_t *sixth = json_array_get(log, 5);
    assert_int_equal(json_integer_value(json_array_get(sixth, 0)), 6);
    assert_int_equal(json_integer_value(json_array_get(sixth, 1)), 1000000 + 6 * 33333 + 5000);
    assert_int_equal(number(json_object_get(object, "encode_us"), "p50"), 5000);
    assert_int_equal(json_array_size(json_object_get(object, "layers")), 2);
    json_decref(object);
    figures_destroy(figures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_kept_by_layer),
        cmocka_unit_test(rates_are_those_since_the_last_reading),
        cmocka_unit_test(frames_are_logged_with_their_counter_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
