/*
 * A stripe of black and white blocks at the top of a picture, and again at its lower edge, that says
 * when the picture was taken.
 *
 * Capture draws it into raw video before encoding, the player reads it from decoded video: on one
 * machine the difference to clock_now_us() is the real glass-to-glass delay. Two rows of 40 blocks,
 * sized relative to the frame so that the stripe survives scaling (720p to 180p: 8x8 pixels a block)
 * and x264 at low rates. Row by row, most significant bit first:
 *
 *     counter (24) | time in 100 us (40) | CRC-16/CCITT of the eight bytes before (16)
 *
 * Damage in a decoded picture spreads downwards: where upper and lower stripe do not say the same, the
 * picture is not the one that was taken.
 *
 * Works on the luma plane alone (I420, NV12 and the like; chroma may hold anything). Pure; any thread.
 */
#ifndef DUET_MEDIA_TIME_STRIPE_H
#define DUET_MEDIA_TIME_STRIPE_H

#include <stddef.h>
#include <stdint.h>

#define TIME_STRIPE_MIN_WIDTH    320u
#define TIME_STRIPE_MIN_HEIGHT   180u
#define TIME_STRIPE_COUNTER_MASK 0xffffffu
#define TIME_STRIPE_TICK_US      100u

struct time_stripe {
    uint32_t counter; /* of the frame, modulo 2^24 */
    uint64_t time_us; /* clock_now_us() of the drawing, rounded down to 100 us */
};

/* Height of one stripe in pixels for a frame of this height. */
uint32_t time_stripe_height(uint32_t frame_height);

/* Draws over top and bottom of a luma plane of 8 bits per pixel. stride is in bytes, at least width.
 * Returns 0, or -EINVAL for a frame under 320x180. */
int time_stripe_draw(uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    uint32_t counter, uint64_t now_us);

/* Returns 0; -EINVAL for a frame under 320x180, -ENODATA when there is no stripe (blocks that are
 * neither black nor white), -EBADMSG when its CRC is wrong or the lower one differs. */
int time_stripe_read(const uint8_t *luma, uint32_t width, uint32_t height, size_t stride,
    struct time_stripe *ret_stripe);

#endif
