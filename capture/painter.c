#include "capture/painter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int canvas_init(struct canvas *canvas, unsigned width, unsigned height)
{
    size_t luma = (size_t)width * height;
    canvas->bytes = malloc(luma * 3 / 2);
    if (!canvas->bytes)
        return -ENOMEM;
    memset(canvas->bytes, 16, luma);
    memset(canvas->bytes + luma, 128, luma / 2);
    canvas->picture = (struct picture){
        .planes = {canvas->bytes, canvas->bytes + luma, canvas->bytes + luma * 5 / 4},
        .strides = {(int)width, (int)width / 2, (int)width / 2},
        .width = width,
        .height = height,
    };
    return 0;
}

void canvas_finish(struct canvas *canvas)
{
    free(canvas->bytes);
    canvas->bytes = NULL;
}

/* BT.601 in video range, in 1/256. */
static uint8_t luma_of(uint32_t rgb)
{
    int r = (rgb >> 16) & 255, g = (rgb >> 8) & 255, b = rgb & 255;
    return (uint8_t)(((66 * r + 129 * g + 25 * b + 128) >> 8) + 16);
}

static void convert_row_pair(
    struct picture *picture, const uint32_t *rows[2], unsigned y, unsigned from, unsigned to)
{
    uint8_t *luma[2] = {picture->planes[0] + (size_t)y * picture->strides[0],
        picture->planes[0] + (size_t)(y + 1) * picture->strides[0]};
    uint8_t *u = picture->planes[1] + (size_t)(y / 2) * picture->strides[1];
    uint8_t *v = picture->planes[2] + (size_t)(y / 2) * picture->strides[2];
    for (unsigned x = from; x < to; x += 2) {
        const uint32_t block[4] = {rows[0][x], rows[0][x + 1], rows[1][x], rows[1][x + 1]};
        int r = 0, g = 0, b = 0;
        for (unsigned i = 0; i < 4; i++) {
            luma[i / 2][x + i % 2] = luma_of(block[i]);
            r += (block[i] >> 16) & 255;
            g += (block[i] >> 8) & 255;
            b += block[i] & 255;
        }
        u[x / 2] = (uint8_t)(((-38 * r - 74 * g + 112 * b + 512) >> 10) + 128);
        v[x / 2] = (uint8_t)(((112 * r - 94 * g - 18 * b + 512) >> 10) + 128);
    }
}

static unsigned clip(int value, unsigned max)
{
    return value < 0 ? 0 : (unsigned)value > max ? max : (unsigned)value;
}

void canvas_update(
    struct canvas *canvas, cairo_surface_t *surface, const cairo_rectangle_int_t *area)
{
    struct picture *picture = &canvas->picture;
    unsigned left = clip(area->x, picture->width) & ~1u;
    unsigned top = clip(area->y, picture->height) & ~1u;
    unsigned right = (clip(area->x + area->width, picture->width) + 1) & ~1u;
    unsigned bottom = (clip(area->y + area->height, picture->height) + 1) & ~1u;
    cairo_surface_flush(surface);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (unsigned y = top; data && y < bottom; y += 2) {
        const void *first = data + y * stride;
        const void *second = data + (y + 1) * stride;
        const uint32_t *rows[2] = {first, second};
        convert_row_pair(picture, rows, y, left, right);
    }
}

void canvas_copy(const struct canvas *canvas, struct picture *picture)
{
    for (unsigned i = 0; i < 3; i++) {
        unsigned width = i ? picture->width / 2 : picture->width;
        unsigned height = i ? picture->height / 2 : picture->height;
        for (unsigned y = 0; y < height; y++)
            memcpy(picture->planes[i] + (size_t)y * picture->strides[i],
                canvas->picture.planes[i] + (size_t)y * canvas->picture.strides[i], width);
    }
}
