#include "media/time_stripe.h"

#include <errno.h>
#include <string.h>

#define COLUMNS    40u
#define ROWS       2u
#define BYTES      (COLUMNS * ROWS / 8u)
#define DATA_BYTES 8u

/* Limited-range black and white, so that no converter on the way clips them. */
#define LUMA_BLACK 16
#define LUMA_WHITE 235

/* How far the mean of a block must be from the middle to count as black or white. */
#define LUMA_MIDDLE 125u
#define LUMA_MARGIN 20u

static uint16_t crc16_ccitt(const uint8_t *data, size_t len)
{
    uint16_t crc = 0xffff;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint16_t)(data[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* 2/45 of the height per row: 8 pixels at 180p, 32 at 720p, whole macroblocks in between. */
static uint32_t row_edge(uint32_t row, uint32_t frame_height)
{
    return (uint32_t)((uint64_t)row * frame_height * 2 / 45);
}

static uint32_t column_edge(uint32_t column, uint32_t frame_width)
{
    return (uint32_t)((uint64_t)column * frame_width / COLUMNS);
}

uint32_t time_stripe_height(uint32_t frame_height)
{
    return row_edge(ROWS, frame_height);
}

/* Where the stripe at the lower edge begins, in pixels from the top. */
static uint32_t lower_stripe(uint32_t frame_height)
{
    return frame_height - time_stripe_height(frame_height);
}

/* luma is that of the stripe's first line; width and height are the frame's. */
static void draw_one(
    uint8_t *luma, uint32_t width, uint32_t height, size_t stride, const uint8_t bytes[BYTES])
{
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t top = row_edge(row, height);
        uint32_t bottom = row_edge(row + 1, height);
        uint8_t *first = luma + top * stride;

        for (uint32_t column = 0; column < COLUMNS; column++) {
            uint32_t bit = row * COLUMNS + column;
            uint32_t left = column_edge(column, width);
            int white = bytes[bit / 8] >> (7 - bit % 8) & 1;

            memset(first + left, white ? LUMA_WHITE : LUMA_BLACK,
                column_edge(column + 1, width) - left);
        }
        for (uint32_t y = top + 1; y < bottom; y++)
            memcpy(luma + y * stride, first, width);
    }
}

int time_stripe_draw(uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    uint32_t counter, uint64_t now_us)
{
    uint64_t ticks = now_us / TIME_STRIPE_TICK_US;
    uint8_t bytes[BYTES];

    if (!luma || width < TIME_STRIPE_MIN_WIDTH || height < TIME_STRIPE_MIN_HEIGHT || stride < width)
        return -EINVAL;

    for (unsigned i = 0; i < 3; i++)
        bytes[i] = (uint8_t)(counter >> (16 - 8 * i));
    for (unsigned i = 0; i < 5; i++)
        bytes[3 + i] = (uint8_t)(ticks >> (32 - 8 * i));
    uint16_t crc = crc16_ccitt(bytes, DATA_BYTES);
    bytes[8] = (uint8_t)(crc >> 8);
    bytes[9] = (uint8_t)crc;

    draw_one(luma, width, height, stride, bytes);
    draw_one(luma + lower_stripe(height) * stride, width, height, stride, bytes);
    return 0;
}

/* Mean of the inner half of a block: its edges are blurred by scaling and by the encoder. */
static uint32_t block_mean(const uint8_t *luma, size_t stride, uint32_t left, uint32_t right,
    uint32_t top, uint32_t bottom)
{
    uint32_t inset_x = (right - left) / 4;
    uint32_t inset_y = (bottom - top) / 4;
    uint32_t sum = 0;
    uint32_t count = 0;

    for (uint32_t y = top + inset_y; y < bottom - inset_y; y++) {
        for (uint32_t x = left + inset_x; x < right - inset_x; x++) {
            sum += luma[y * stride + x];
            count++;
        }
    }
    return sum / count;
}

/* luma is that of the stripe's first line; width and height are the frame's. */
static int read_bytes(
    const uint8_t *luma, uint32_t width, uint32_t height, size_t stride, uint8_t ret_bytes[BYTES])
{
    uint8_t bytes[BYTES] = {0};

    for (uint32_t bit = 0; bit < ROWS * COLUMNS; bit++) {
        uint32_t row = bit / COLUMNS;
        uint32_t column = bit % COLUMNS;
        uint32_t mean = block_mean(luma, stride, column_edge(column, width),
            column_edge(column + 1, width), row_edge(row, height), row_edge(row + 1, height));

        if (mean > LUMA_MIDDLE - LUMA_MARGIN && mean < LUMA_MIDDLE + LUMA_MARGIN)
            return -ENODATA;
        if (mean > LUMA_MIDDLE)
            bytes[bit / 8] |= (uint8_t)(1u << (7 - bit % 8));
    }
    memcpy(ret_bytes, bytes, sizeof(bytes));
    return 0;
}

int time_stripe_read(const uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    struct time_stripe *ret_stripe)
{
    uint8_t bytes[BYTES];
    uint8_t lower[BYTES];
    uint64_t ticks = 0;

    if (!luma || width < TIME_STRIPE_MIN_WIDTH || height < TIME_STRIPE_MIN_HEIGHT || stride < width)
        return -EINVAL;

    int r = read_bytes(luma, width, height, stride, bytes);
    if (r < 0)
        return r;
    if (crc16_ccitt(bytes, DATA_BYTES) != (uint16_t)(bytes[8] << 8 | bytes[9]))
        return -EBADMSG;
    r = read_bytes(luma + lower_stripe(height) * stride, width, height, stride, lower);
    if (r < 0 || memcmp(lower, bytes, sizeof(lower)) != 0)
        return -EBADMSG;

    for (unsigned i = 0; i < 5; i++)
        ticks = ticks << 8 | bytes[3 + i];
    ret_stripe->counter = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
    ret_stripe->time_us = ticks * TIME_STRIPE_TICK_US;
    return 0;
}
