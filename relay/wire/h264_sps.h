/*
 * How large the pictures are that an H.264 sequence parameter set announces (ISO/IEC 14496-10 section
 * 7.3.2.1.1): enough to tell the layers of a publisher apart. Reads no further than the size; needed
 * once per keyframe. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_H264_SPS_H
#define DUET_RELAY_WIRE_H264_SPS_H

#include <stddef.h>
#include <stdint.h>

/* data is what follows the NAL header. Writes the number of pixels in whole macroblocks. Returns 0;
 * -EBADMSG for what is broken or too large, -ENOTSUP where scaling lists stand before the size. */
int h264_sps_pixels(const uint8_t *data, size_t len, uint32_t *ret_pixels);

#endif
