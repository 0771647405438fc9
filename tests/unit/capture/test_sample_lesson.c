#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/lesson_board.h"
#include "capture/lesson_voice.h"
#include "capture/painter.h"
#include "capture/placeholder.h"
#include "common/clock.h"

#define WIDTH  640u
#define HEIGHT 360u
#define RATE   48000u

static size_t count_different(const struct canvas *a, const struct canvas *b)
{
    size_t different = 0;
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        different += a->bytes[i] != b->bytes[i];
    return different;
}

static void no_two_frames_of_the_lesson_are_alike(void **state)
{
    struct lesson_board *board = lesson_board_create(WIDTH, HEIGHT);
    struct canvas frames[2];
    assert_non_null(board);
    assert_int_equal(canvas_init(&frames[0], WIDTH, HEIGHT), 0);
    assert_int_equal(canvas_init(&frames[1], WIDTH, HEIGHT), 0);
    lesson_board_paint(board, 0, &frames[0].picture);
    for (unsigned i = 1; i < 60; i++) {
        lesson_board_paint(board, i * US_PER_S / 30, &frames[i % 2].picture);
        assert_true(count_different(&frames[0], &frames[1]) > 0);
    }
    canvas_finish(&frames[0]);
    canvas_finish(&frames[1]);
    lesson_board_destroy(board);
}

/* Chalk is bright, the board is dark: brightness on the board grows as it is written. */
static uint64_t chalk(const struct canvas *frame)
{
    uint64_t bright = 0;
    for (unsigned y = HEIGHT / 6; y < HEIGHT * 5 / 6; y++)
        for (unsigned x = WIDTH / 12; x < WIDTH / 2; x++)
            bright += frame->bytes[y * WIDTH + x] > 120;
    return bright;
}

static void the_board_fills_and_is_wiped(void **state)
{
    struct lesson_board *board = lesson_board_create(WIDTH, HEIGHT);
    struct canvas frame;
    assert_int_equal(canvas_init(&frame, WIDTH, HEIGHT), 0);
    lesson_board_paint(board, 0, &frame.picture);
    uint64_t before = chalk(&frame), most = before;
    bool grew = false, wiped = false;
    for (uint64_t second = 1; second < 60 && !wiped; second++) {
        lesson_board_paint(board, second * US_PER_S, &frame.picture);
        uint64_t now = chalk(&frame);
        grew |= now > before + 500;
        wiped = grew && now < most / 2;
        most = now > most ? now : most;
    }
    assert_true(grew);
    assert_true(wiped);
    canvas_finish(&frame);
    lesson_board_destroy(board);
}

static void the_lesson_can_be_drawn_in_every_size(void **state)
{
    static const unsigned sizes[][2] = {{320, 180}, {1280, 720}, {1920, 1080}, {640, 480}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct lesson_board *board = lesson_board_create(sizes[i][0], sizes[i][1]);
        struct canvas frame;
        assert_int_equal(canvas_init(&frame, sizes[i][0], sizes[i][1]), 0);
        for (uint64_t second = 0; second < 30; second += 7)
            lesson_board_paint(board, second * US_PER_S, &frame.picture);
        canvas_finish(&frame);
        lesson_board_destroy(board);
    }
}

static void the_placeholder_breathes(void **state)
{
    struct placeholder *placeholder = placeholder_create(WIDTH, HEIGHT, "camera /dev/video0");
    struct canvas frames[2];
    assert_int_equal(canvas_init(&frames[0], WIDTH, HEIGHT), 0);
    assert_int_equal(canvas_init(&frames[1], WIDTH, HEIGHT), 0);
    placeholder_paint(placeholder, 0, &frames[0].picture);
    placeholder_paint(placeholder, US_PER_S, &frames[1].picture);
    assert_true(count_different(&frames[0], &frames[1]) > 100);
    canvas_finish(&frames[0]);
    canvas_finish(&frames[1]);
    placeholder_destroy(placeholder);
}

static double rms_db(const int16_t *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * samples[i];
    return 10 * log10(sum / (double)count / (32768.0 * 32768.0) + 1e-12);
}

static void the_voice_is_well_above_silence_and_below_clipping(void **state)
{
    struct lesson_voice *voice = lesson_voice_create(RATE);
    size_t count = 20 * RATE, clipped = 0;
    int16_t *samples = malloc(count * sizeof *samples);
    lesson_voice_render(voice, samples, count, 1);
    double level = rms_db(samples, count);
    for (size_t i = 0; i < count; i++)
        clipped += abs(samples[i]) >= 32767;
    assert_true(level > -30 && level < -10);
    assert_true(clipped < count / 10000);
    free(samples);
    lesson_voice_destroy(voice);
}

static void the_voice_has_the_rhythm_of_speech(void **state)
{
    struct lesson_voice *voice = lesson_voice_create(RATE);
    int16_t block[RATE / 50];
    unsigned loud = 0, silent = 0, changes = 0;
    bool was_loud = false;
    for (unsigned i = 0; i < 500; i++) {
        lesson_voice_render(voice, block, RATE / 50, 1);
        bool is_loud = rms_db(block, RATE / 50) > -40;
        loud += is_loud;
        silent += !is_loud;
        changes += is_loud != was_loud;
        was_loud = is_loud;
    }
    assert_true(loud > 200 && silent > 50);
    assert_in_range(changes / 2, 15, 40); /* syllables in ten seconds */
    lesson_voice_destroy(voice);
}

static void stereo_has_the_same_voice_in_both_ears(void **state)
{
    struct lesson_voice *voice = lesson_voice_create(RATE);
    int16_t samples[2 * 4800];
    lesson_voice_render(voice, samples, 4800, 2);
    for (unsigned i = 0; i < 4800; i++)
        assert_int_equal(samples[2 * i], samples[2 * i + 1]);
    lesson_voice_destroy(voice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_frames_of_the_lesson_are_alike),
        cmocka_unit_test(the_board_fills_and_is_wiped),
        cmocka_unit_test(the_lesson_can_be_drawn_in_every_size),
        cmocka_unit_test(the_placeholder_breathes),
        cmocka_unit_test(the_voice_is_well_above_silence_and_below_clipping),
        cmocka_unit_test(the_voice_has_the_rhythm_of_speech),
        cmocka_unit_test(stereo_has_the_same_voice_in_both_ears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
