#include "capture/lesson_figures.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "capture/lesson_voice.h"
#include "common/clock.h"

#define TWO_PI 6.283185307179586

const struct lesson_area lesson_teacher_area = {.x = 862, .y = 250, .width = 378, .height = 470};
const struct lesson_area lesson_clock_area = {.x = 1000, .y = 70, .width = 150, .height = 180};

static void colour(cairo_t *cr, unsigned rgb)
{
    cairo_set_source_rgb(
        cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static void fill_rectangle(
    cairo_t *cr, unsigned rgb, double x, double y, double width, double height)
{
    colour(cr, rgb);
    cairo_rectangle(cr, x, y, width, height);
    cairo_fill(cr);
}

static void fill_ellipse(cairo_t *cr, unsigned rgb, double x, double y, double rx, double ry)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, rx, ry);
    cairo_arc(cr, 0, 0, 1, 0, TWO_PI);
    cairo_restore(cr);
    colour(cr, rgb);
    cairo_fill(cr);
}

static void stroke_line(
    cairo_t *cr, unsigned rgb, double width, double x1, double y1, double x2, double y2)
{
    colour(cr, rgb);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr, width);
    cairo_move_to(cr, x1, y1);
    cairo_line_to(cr, x2, y2);
    cairo_stroke(cr);
}

void lesson_figures_draw_room(cairo_t *cr, double width, double height)
{
    cairo_pattern_t *wall = cairo_pattern_create_linear(0, 0, 0, height);
    cairo_pattern_add_color_stop_rgb(wall, 0, 0.93, 0.92, 0.87);
    cairo_pattern_add_color_stop_rgb(wall, 1, 0.84, 0.83, 0.77);
    cairo_set_source(cr, wall);
    cairo_paint(cr);
    cairo_pattern_destroy(wall);
    fill_rectangle(cr, 0x9c7a55, 0, height - 34, width, 34);
    fill_rectangle(cr, 0x7d6143, 0, height - 34, width, 3);
}

void lesson_figures_draw_board(cairo_t *cr, double x, double y, double width, double height)
{
    fill_rectangle(cr, 0x8a6a45, x - 14, y - 14, width + 28, height + 28);
    fill_rectangle(cr, 0x6f5334, x - 4, y - 4, width + 8, height + 8);
    cairo_pattern_t *green = cairo_pattern_create_linear(x, y, x + width, y + height);
    cairo_pattern_add_color_stop_rgb(green, 0, 0.13, 0.33, 0.27);
    cairo_pattern_add_color_stop_rgb(green, 1, 0.10, 0.27, 0.22);
    cairo_rectangle(cr, x, y, width, height);
    cairo_set_source(cr, green);
    cairo_fill(cr);
    cairo_pattern_destroy(green);
    fill_rectangle(cr, 0xb08d5f, x + 40, y + height + 6, width - 80, 12);
    fill_rectangle(cr, 0xf5f2e8, x + 90, y + height, 46, 7);
    fill_rectangle(cr, 0xf3d36b, x + 150, y + height, 40, 7);
}

void lesson_figures_set_chalk(cairo_t *cr, unsigned line)
{
    static const unsigned colours[] = {0xffe9a8, 0xd7ead9, 0xffffff, 0xf6c9c1, 0xffffff, 0xc8dcf2};
    colour(cr, colours[line % (sizeof colours / sizeof colours[0])]);
}

static void draw_face(cairo_t *cr, double x, double y, const struct lesson_moment *moment)
{
    double mouth = lesson_voice_mouth(moment->elapsed_us);
    /* A blink of 120 ms every 3.1 s. */
    double eye = moment->elapsed_us % 3100000 < 120000 ? 1 : 6;
    fill_ellipse(cr, 0x2f2622, x, y - 14, 66, 72);
    fill_ellipse(cr, 0xf0cba8, x, y, 54, 64);
    fill_ellipse(cr, 0x2f2622, x, y - 50, 56, 26);
    fill_ellipse(cr, 0x2b2523, x - 20, y - 4, 6, eye);
    fill_ellipse(cr, 0x2b2523, x + 20, y - 4, 6, eye);
    fill_ellipse(cr, 0xe9ae95, x - 32, y + 18, 10, 6);
    fill_ellipse(cr, 0xe9ae95, x + 32, y + 18, 10, 6);
    fill_ellipse(cr, 0x9c3d3d, x, y + 34, 14 + 4 * mouth, 3 + 13 * mouth);
}

void lesson_figures_draw_teacher(cairo_t *cr, const struct lesson_moment *moment)
{
    const double seconds = (double)moment->elapsed_us / (double)US_PER_S;
    const double sway = 7 * sin(seconds * 1.9);
    const double x = 1070 + sway, shoulder = 500;
    const double hand_y = 430 + 60 * sin(seconds * 2.6);
    fill_ellipse(cr, 0x3c6e8f, x, 690, 112, 210);
    fill_rectangle(cr, 0xf0cba8, x - 16, 440, 32, 50);
    cairo_move_to(cr, x - 26, 486);
    cairo_line_to(cr, x, 540);
    cairo_line_to(cr, x + 26, 486);
    colour(cr, 0xf7f4ec);
    cairo_fill(cr);
    stroke_line(cr, 0x34617f, 44, x - 78, shoulder + 40, x - 136, hand_y + 66);
    stroke_line(cr, 0xf0cba8, 30, x - 136, hand_y + 66, x - 150, hand_y + 36);
    stroke_line(cr, 0xc8a165, 6, x - 150, hand_y + 36, x - 200, hand_y - 30);
    stroke_line(cr, 0x34617f, 44, x + 80, shoulder + 40, x + 104, 660);
    draw_face(cr, x, 390 + 4 * sin(seconds * 3.1), moment);
}

static void draw_hand(cairo_t *cr, unsigned rgb, double width, double turns, double length)
{
    double angle = turns * TWO_PI;
    stroke_line(cr, rgb, width, 0, 0, length * sin(angle), -length * cos(angle));
}

static void draw_dial(cairo_t *cr)
{
    fill_ellipse(cr, 0x4a4a4a, 0, 0, 70, 70);
    fill_ellipse(cr, 0xfbfaf5, 0, 0, 64, 64);
    for (unsigned i = 0; i < 12; i++) {
        double angle = i / 12.0 * TWO_PI;
        stroke_line(cr, 0x555555, i % 3 ? 2 : 4, 54 * sin(angle), -54 * cos(angle), 60 * sin(angle),
            -60 * cos(angle));
    }
}

void lesson_figures_draw_clock(cairo_t *cr, const struct lesson_moment *moment)
{
    time_t wall_s = (time_t)(moment->wall_us / US_PER_S);
    struct tm local = {0};
    localtime_r(&wall_s, &local);
    double second = local.tm_sec + (double)(moment->wall_us % US_PER_S) / (double)US_PER_S;
    double minute = local.tm_min + second / 60;
    cairo_save(cr);
    cairo_translate(cr, 1075, 145);
    draw_dial(cr);
    draw_hand(cr, 0x333333, 6, (local.tm_hour % 12 + minute / 60) / 12, 34);
    draw_hand(cr, 0x333333, 4, minute / 60, 48);
    draw_hand(cr, 0xc0392b, 2.5, second / 60, 54);
    /* A bead that goes round once a second: no two frames are alike. */
    double bead = (second - floor(second)) * TWO_PI;
    fill_ellipse(cr, 0xc0392b, 57 * sin(bead), -57 * cos(bead), 5, 5);
    cairo_restore(cr);
    char text[16];
    snprintf(text, sizeof text, "%02d:%02d:%02d", local.tm_hour % 24, local.tm_min % 60,
        local.tm_sec % 61);
    colour(cr, 0x4a4a4a);
    cairo_select_font_face(cr, "monospace", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    cairo_set_font_size(cr, 22);
    cairo_move_to(cr, 1022, 242);
    cairo_show_text(cr, text);
}
