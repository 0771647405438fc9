/*
 * From a cairo surface to an I420 picture, rectangle by rectangle, so that a picture of which little
 * moves costs little. Pure; any thread.
 */
#ifndef DUET_CAPTURE_PAINTER_H
#define DUET_CAPTURE_PAINTER_H

#include <cairo.h>
#include <stdint.h>

#include "capture/painted_source.h"

/* An I420 picture in memory of its own, that keeps between frames what does not change. */
struct canvas {
    uint8_t *bytes; /* owned */
    struct picture picture;
};

/* width and height are even. Returns 0 or -ENOMEM. */
int canvas_init(struct canvas *canvas, unsigned width, unsigned height);
void canvas_finish(struct canvas *canvas);

/* Converts a rectangle of an RGB24 surface of the canvas's size; clipped, and widened to even
 * edges. */
void canvas_update(
    struct canvas *canvas, cairo_surface_t *surface, const cairo_rectangle_int_t *area);

/* Copies the whole picture; same size. */
void canvas_copy(const struct canvas *canvas, struct picture *picture);

#endif
