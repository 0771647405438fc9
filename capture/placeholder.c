#include "capture/placeholder.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdbool.h>

#include "capture/painter.h"
#include "common/clock.h"

#define TWO_PI     6.283185307179586
#define DOT_PIXELS 24
#define BREATH_US  (2 * US_PER_S)

struct placeholder {
    unsigned width;
    unsigned height;
    cairo_surface_t *surface; /* owned */
    struct canvas canvas;
};

static void show_text(struct placeholder *placeholder, cairo_t *cr, const char *text, double size,
    double y, double grey)
{
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string("Noto Sans CJK SC, Sans");
    int width = 0, height = 0;
    pango_font_description_set_absolute_size(font, size * placeholder->height * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, text, -1);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_MIDDLE);
    pango_layout_set_width(layout, (int)(placeholder->width * 9 / 10) * PANGO_SCALE);
    pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
    pango_layout_get_pixel_size(layout, &width, &height);
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_move_to(cr, placeholder->width / 20.0, y * placeholder->height);
    pango_cairo_show_layout(cr, layout);
    pango_font_description_free(font);
    g_object_unref(layout);
}

static void draw(struct placeholder *placeholder, const char *name)
{
    cairo_t *cr = cairo_create(placeholder->surface);
    cairo_set_source_rgb(cr, 0.13, 0.15, 0.17);
    cairo_paint(cr);
    show_text(placeholder, cr, "摄像头没有画面，正在等待恢复", 0.065, 0.36, 0.95);
    show_text(placeholder, cr, "No picture from the camera, waiting for it", 0.045, 0.48, 0.8);
    show_text(placeholder, cr, name, 0.03, 0.58, 0.55);
    cairo_destroy(cr);
    cairo_rectangle_int_t all = {
        .width = (int)placeholder->width, .height = (int)placeholder->height};
    canvas_update(&placeholder->canvas, placeholder->surface, &all);
}

struct placeholder *placeholder_create(unsigned width, unsigned height, const char *name)
{
    struct placeholder *placeholder = g_new0(struct placeholder, 1);
    placeholder->width = width;
    placeholder->height = height;
    placeholder->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    if (canvas_init(&placeholder->canvas, width, height) != 0 ||
        cairo_surface_status(placeholder->surface) != CAIRO_STATUS_SUCCESS) {
        placeholder_destroy(placeholder);
        return NULL;
    }
    draw(placeholder, name);
    return placeholder;
}

void placeholder_destroy(struct placeholder *placeholder)
{
    if (!placeholder)
        return;
    cairo_surface_destroy(placeholder->surface);
    canvas_finish(&placeholder->canvas);
    g_free(placeholder);
}

void placeholder_paint(void *painter, uint64_t elapsed_us, struct picture *picture)
{
    struct placeholder *placeholder = painter;
    double x = placeholder->width / 2.0, y = placeholder->height * 0.72;
    double breath = 0.5 - 0.5 * cos(TWO_PI * (double)(elapsed_us % BREATH_US) / BREATH_US);
    double radius = DOT_PIXELS * (0.3 + 0.4 * breath);
    cairo_t *cr = cairo_create(placeholder->surface);
    cairo_rectangle(cr, x - DOT_PIXELS, y - DOT_PIXELS, 2 * DOT_PIXELS, 2 * DOT_PIXELS);
    cairo_set_source_rgb(cr, 0.13, 0.15, 0.17);
    cairo_fill(cr);
    cairo_arc(cr, x, y, radius, 0, TWO_PI);
    cairo_set_source_rgb(cr, 0.95, 0.75, 0.3);
    cairo_fill(cr);
    cairo_destroy(cr);
    cairo_rectangle_int_t dot = {.x = (int)x - DOT_PIXELS,
        .y = (int)y - DOT_PIXELS,
        .width = 2 * DOT_PIXELS,
        .height = 2 * DOT_PIXELS};
    canvas_update(&placeholder->canvas, placeholder->surface, &dot);
    canvas_copy(&placeholder->canvas, picture);
}
