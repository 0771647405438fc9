#include "capture/painter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 16u

static cairo_surface_t *filled(double r, double g, double b)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)SIZE, (int)SIZE);
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, r, g, b);
    cairo_paint(cr);
    cairo_destroy(cr);
    return surface;
}

static void colours_become_bt601_in_video_range(void **state)
{
    static const struct {
        double r, g, b;
        int y, u, v;
    } rows[] = {
        {0, 0, 0, 16, 128, 128},
        {1, 1, 1, 235, 128, 128},
        {1, 0, 0, 82, 90, 240},
        {0, 1, 0, 145, 54, 34},
        {0, 0, 1, 41, 240, 110},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cairo_surface_t *surface = filled(rows[i].r, rows[i].g, rows[i].b);
        cairo_rectangle_int_t all = {.width = (int)SIZE, .height = (int)SIZE};
        struct canvas canvas;
        assert_int_equal(canvas_init(&canvas, SIZE, SIZE), 0);
        canvas_update(&canvas, surface, &all);
        assert_in_range(canvas.picture.planes[0][5] + 2, rows[i].y, rows[i].y + 4);
        assert_in_range(canvas.picture.planes[1][5] + 2, rows[i].u, rows[i].u + 4);
        assert_in_range(canvas.picture.planes[2][5] + 2, rows[i].v, rows[i].v + 4);
        canvas_finish(&canvas);
        cairo_surface_destroy(surface);
    }
}

static void only_the_named_area_changes_widened_to_even_edges(void **state)
{
    cairo_surface_t *white = filled(1, 1, 1);
    cairo_rectangle_int_t area = {.x = 3, .y = 5, .width = 4, .height = 2};
    struct canvas canvas;
    assert_int_equal(canvas_init(&canvas, SIZE, SIZE), 0);
    canvas_update(&canvas, white, &area);
    for (unsigned y = 0; y < SIZE; y++)
        for (unsigned x = 0; x < SIZE; x++) {
            bool inside = x >= 2 && x < 8 && y >= 4 && y < 8;
            assert_int_equal(canvas.bytes[y * SIZE + x], inside ? 235 : 16);
        }
    canvas_finish(&canvas);
    cairo_surface_destroy(white);
}

static void areas_outside_are_clipped(void **state)
{
    static const cairo_rectangle_int_t areas[] = {
        {.x = -10, .y = -10, .width = 100, .height = 100},
        {.x = 12, .y = 12, .width = 100, .height = 100},
        {.x = 100, .y = 100, .width = 5, .height = 5},
        {.x = -50, .y = 0, .width = 5, .height = 5},
        {.x = 4, .y = 4, .width = 0, .height = 0},
    };
    cairo_surface_t *white = filled(1, 1, 1);
    struct canvas canvas;
    assert_int_equal(canvas_init(&canvas, SIZE, SIZE), 0);
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        canvas_update(&canvas, white, &areas[i]);
    canvas_finish(&canvas);
    cairo_surface_destroy(white);
}

static void copies_respect_strides(void **state)
{
    uint8_t bytes[3][SIZE * 40];
    struct picture target = {
        .planes = {bytes[0], bytes[1], bytes[2]},
        .strides = {40, 24, 24},
        .width = SIZE,
        .height = SIZE,
    };
    struct canvas canvas;
    memset(bytes, 7, sizeof bytes);
    assert_int_equal(canvas_init(&canvas, SIZE, SIZE), 0);
    canvas_copy(&canvas, &target);
    assert_int_equal(bytes[0][40 * 3 + SIZE - 1], 16);
    assert_int_equal(bytes[0][40 * 3 + SIZE], 7);
    assert_int_equal(bytes[1][24 * 3 + SIZE / 2 - 1], 128);
    assert_int_equal(bytes[1][24 * 3 + SIZE / 2], 7);
    canvas_finish(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_become_bt601_in_video_range),
        cmocka_unit_test(only_the_named_area_changes_widened_to_even_edges),
        cmocka_unit_test(areas_outside_are_clipped),
        cmocka_unit_test(copies_respect_strides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
