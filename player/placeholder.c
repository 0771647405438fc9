#include "player/placeholder.h"

#include <math.h>

struct placeholder {
    GObject parent;
};

struct placeholder_class {
    GObjectClass parent_class;
};

/* The names that GObject's macros build upon. */
typedef struct placeholder Placeholder;
typedef struct placeholder_class PlaceholderClass;

static void paintable_interface_init(GdkPaintableInterface *interface);
G_DEFINE_TYPE_WITH_CODE(Placeholder, placeholder, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE(GDK_TYPE_PAINTABLE, paintable_interface_init))

static void set_colour(cairo_t *cairo, unsigned rgb)
{
    cairo_set_source_rgb(
        cairo, (rgb >> 16 & 0xff) / 255.0, (rgb >> 8 & 0xff) / 255.0, (rgb & 0xff) / 255.0);
}

static void fill_rectangle(
    cairo_t *cairo, unsigned rgb, double x, double y, double width, double height)
{
    set_colour(cairo, rgb);
    cairo_rectangle(cairo, x, y, width, height);
    cairo_fill(cairo);
}

static void fill_rounded(
    cairo_t *cairo, unsigned rgb, double x, double y, double width, double height, double radius)
{
    set_colour(cairo, rgb);
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + width - radius, y + radius, radius, -G_PI_2, 0);
    cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, G_PI_2);
    cairo_arc(cairo, x + radius, y + height - radius, radius, G_PI_2, G_PI);
    cairo_arc(cairo, x + radius, y + radius, radius, G_PI, 3 * G_PI_2);
    cairo_close_path(cairo);
    cairo_fill(cairo);
}

static void draw_board(cairo_t *cairo)
{
    fill_rounded(cairo, 0x8a6a45, 18, 9, 124, 55, 1.6);
    fill_rectangle(cairo, 0x1f4a3d, 20, 11, 120, 51);
    fill_rectangle(cairo, 0x6f5436, 18, 63, 124, 2.2);
    fill_rounded(cairo, 0xf1efe6, 104, 62, 6, 1.2, 0.5);
    fill_rounded(cairo, 0xe8c55a, 112, 62, 4, 1.2, 0.5);
    fill_rounded(cairo, 0xb9bec6, 30, 61.4, 9, 1.8, 0.6);
}

static void draw_desk(cairo_t *cairo, double x)
{
    fill_rectangle(cairo, 0x3a3026, x + 3, 80, 2, 10);
    fill_rectangle(cairo, 0x3a3026, x + 29, 80, 2, 10);
    fill_rounded(cairo, 0xa9855a, x, 77, 34, 3.6, 1);
    fill_rectangle(cairo, 0x8f6f4a, x + 2, 80.2, 30, 1.6);
}

static void draw_book(cairo_t *cairo, unsigned rgb, double x)
{
    fill_rounded(cairo, rgb, x, 75, 11, 2, 0.4);
    fill_rectangle(cairo, 0xece9df, x + 0.8, 75.5, 10, 0.9);
}

static void draw_plant(cairo_t *cairo)
{
    for (int leaf = -2; leaf <= 2; leaf++) {
        cairo_save(cairo);
        cairo_translate(cairo, 10, 62);
        cairo_rotate(cairo, leaf * 0.42);
        cairo_scale(cairo, 1.7, 8);
        set_colour(cairo, leaf % 2 ? 0x4d8f5f : 0x3c7a50);
        cairo_arc(cairo, 0, -0.9, 1, 0, 2 * G_PI);
        cairo_fill(cairo);
        cairo_restore(cairo);
    }
    set_colour(cairo, 0xb4633f);
    cairo_move_to(cairo, 5.5, 61);
    cairo_line_to(cairo, 14.5, 61);
    cairo_line_to(cairo, 13, 71);
    cairo_line_to(cairo, 7, 71);
    cairo_close_path(cairo);
    cairo_fill(cairo);
}

/* Drawn on 160 by 90, then cut to the shape at hand: the picture covers, as a camera's would. */
static void snapshot(
    GdkPaintable *paintable, GdkSnapshot *gdk_snapshot, double width, double height)
{
    cairo_t *cairo = gtk_snapshot_append_cairo(
        gdk_snapshot, &GRAPHENE_RECT_INIT(0, 0, (float)width, (float)height));
    double scale = fmax(width / 160, height / 90);

    cairo_translate(cairo, (width - 160 * scale) / 2, (height - 90 * scale) / 2);
    cairo_scale(cairo, scale, scale);
    fill_rectangle(cairo, 0x34404c, 0, 0, 160, 71);
    fill_rectangle(cairo, 0x2a333d, 0, 71, 160, 1.2);
    fill_rectangle(cairo, 0x3b3630, 0, 72.2, 160, 18);
    draw_board(cairo);
    draw_plant(cairo);
    draw_desk(cairo, 14);
    draw_desk(cairo, 63);
    draw_desk(cairo, 112);
    draw_book(cairo, 0x4a7fb5, 22);
    draw_book(cairo, 0xc65b4e, 80);
    draw_book(cairo, 0x5a9a6a, 118);
    cairo_destroy(cairo);
}

static double get_aspect_ratio(GdkPaintable *paintable)
{
    return 16.0 / 9.0;
}

static GdkPaintableFlags get_flags(GdkPaintable *paintable)
{
    return GDK_PAINTABLE_STATIC_SIZE | GDK_PAINTABLE_STATIC_CONTENTS;
}

static void paintable_interface_init(GdkPaintableInterface *interface)
{
    interface->snapshot = snapshot;
    interface->get_intrinsic_aspect_ratio = get_aspect_ratio;
    interface->get_flags = get_flags;
}

static void placeholder_class_init(struct placeholder_class *class)
{
}

static void placeholder_init(struct placeholder *self)
{
}

GdkPaintable *placeholder_new(void)
{
    return g_object_new(placeholder_get_type(), NULL);
}
