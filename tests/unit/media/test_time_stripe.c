#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/time_stripe.h"

#define MAX_WIDTH  1920u
#define MAX_HEIGHT 1080u

static uint8_t frame[MAX_WIDTH * MAX_HEIGHT];
static uint8_t small[MAX_WIDTH * MAX_HEIGHT];

static uint32_t noise_state = 1;

static uint32_t noise(void)
{
    noise_state = noise_state * 1664525u + 1013904223u;
    return noise_state >> 16;
}

static void what_is_drawn_is_read_at_any_size(void **state)
{
    static const struct {
        uint32_t width, height, stride;
    } sizes[] = {
        {320, 180, 320},
        {320, 240, 384},
        {366, 206, 368},
        {640, 360, 640},
        {640, 480, 640},
        {854, 480, 864},
        {1280, 720, 1280},
        {1366, 768, 1376},
        {1920, 1080, 1920},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct time_stripe stripe = {0};

        memset(frame, 99, sizeof(frame));
        assert_int_equal(time_stripe_draw(frame, sizes[i].width, sizes[i].height, sizes[i].stride,
                             0x01abcdefu, UINT64_C(12345678901234)),
            0);
        assert_int_equal(
            time_stripe_read(frame, sizes[i].width, sizes[i].height, sizes[i].stride, &stripe), 0);
        assert_int_equal(stripe.counter, 0xabcdef);
        assert_true(stripe.time_us == UINT64_C(12345678901200));
    }
}

static void nothing_between_the_stripes_or_beyond_the_width_is_touched(void **state)
{
    memset(frame, 99, sizeof(frame));
    assert_int_equal(time_stripe_draw(frame, 640, 360, 704, 1, 1), 0);

    uint32_t height = time_stripe_height(360);
    assert_int_equal(height, 32);
    for (uint32_t y = 0; y < 360; y++)
        for (uint32_t x = y < height || y >= 360 - height ? 640 : 0; x < 704; x++)
            assert_int_equal(frame[y * 704 + x], 99);
}

/* Box filter over whole factors, as a scaler would do, with noise on top. */
static void shrink(uint32_t width, uint32_t height, uint32_t factor, uint32_t amplitude)
{
    for (uint32_t y = 0; y < height / factor; y++) {
        for (uint32_t x = 0; x < width / factor; x++) {
            uint32_t sum = 0;
            for (uint32_t j = 0; j < factor; j++)
                for (uint32_t i = 0; i < factor; i++)
                    sum += frame[(y * factor + j) * width + x * factor + i];
            int value = (int)(sum / (factor * factor)) + (int)(noise() % (2 * amplitude + 1)) -
                        (int)amplitude;
            small[y * (width / factor) + x] =
                (uint8_t)(value < 0 ? 0 : (value > 255 ? 255 : value));
        }
    }
}

static void the_stripe_survives_scaling_to_180_lines_and_noise(void **state)
{
    for (uint32_t counter = 0; counter < 200; counter++) {
        struct time_stripe stripe = {0};
        uint64_t now_us = counter * UINT64_C(33333) + UINT64_C(86400000000);

        memset(frame, 128, sizeof(frame));
        assert_int_equal(time_stripe_draw(frame, 1280, 720, 1280, counter, now_us), 0);
        shrink(1280, 720, 4, 60);
        assert_int_equal(time_stripe_read(small, 320, 180, 320, &stripe), 0);
        assert_int_equal(stripe.counter, counter);
        assert_true(stripe.time_us == now_us / 100 * 100);
    }
}

static void a_picture_without_a_stripe_is_told_apart(void **state)
{
    struct time_stripe stripe = {.counter = 7};

    memset(frame, 125, sizeof(frame));
    assert_int_equal(time_stripe_read(frame, 1280, 720, 1280, &stripe), -ENODATA);
    memset(frame, 16, sizeof(frame));
    assert_int_equal(time_stripe_read(frame, 1280, 720, 1280, &stripe), -EBADMSG);
    memset(frame, 235, sizeof(frame));
    assert_int_equal(time_stripe_read(frame, 1280, 720, 1280, &stripe), -EBADMSG);
    assert_int_equal(stripe.counter, 7);
}

static void one_wrong_block_of_either_stripe_is_noticed(void **state)
{
    for (uint32_t bit = 0; bit < 160; bit++) {
        struct time_stripe stripe;
        uint32_t left = bit % 40 * 8;
        uint32_t top = bit / 40 % 2 * 8 + (bit < 80 ? 0 : 180 - 16);

        assert_int_equal(time_stripe_draw(frame, 320, 180, 320, 1000 + bit, 5000000), 0);
        uint8_t flipped = frame[top * 320 + left] > 125 ? 16 : 235;
        for (uint32_t y = top; y < top + 8; y++)
            memset(frame + y * 320 + left, flipped, 8);
        assert_int_equal(time_stripe_read(frame, 320, 180, 320, &stripe), -EBADMSG);
    }
}

/* What a decoder shows that conceals a lost lower half, or has none at all. */
static void a_picture_whose_lower_part_is_of_another_moment_or_grey_is_noticed(void **state)
{
    struct time_stripe stripe;

    assert_int_equal(time_stripe_draw(frame, 640, 360, 640, 7, 5000000), 0);
    assert_int_equal(time_stripe_draw(small, 640, 360, 640, 8, 5033333), 0);
    memcpy(small + 180 * 640, frame + 180 * 640, 180 * 640);
    assert_int_equal(time_stripe_read(small, 640, 360, 640, &stripe), -EBADMSG);
    memset(small + 180 * 640, 125, 180 * 640);
    assert_int_equal(time_stripe_read(small, 640, 360, 640, &stripe), -EBADMSG);
}

static void frames_that_are_too_small_are_refused(void **state)
{
    struct time_stripe stripe;

    assert_int_equal(time_stripe_draw(frame, 319, 180, 320, 1, 1), -EINVAL);
    assert_int_equal(time_stripe_draw(frame, 320, 179, 320, 1, 1), -EINVAL);
    assert_int_equal(time_stripe_draw(frame, 320, 180, 319, 1, 1), -EINVAL);
    assert_int_equal(time_stripe_draw(NULL, 320, 180, 320, 1, 1), -EINVAL);
    assert_int_equal(time_stripe_read(frame, 0, 0, 0, &stripe), -EINVAL);
    assert_int_equal(time_stripe_read(NULL, 320, 180, 320, &stripe), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_drawn_is_read_at_any_size),
        cmocka_unit_test(nothing_between_the_stripes_or_beyond_the_width_is_touched),
        cmocka_unit_test(the_stripe_survives_scaling_to_180_lines_and_noise),
        cmocka_unit_test(a_picture_without_a_stripe_is_told_apart),
        cmocka_unit_test(one_wrong_block_of_either_stripe_is_noticed),
        cmocka_unit_test(a_picture_whose_lower_part_is_of_another_moment_or_grey_is_noticed),
        cmocka_unit_test(frames_that_are_too_small_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
