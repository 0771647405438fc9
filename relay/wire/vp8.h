/*
 * The VP8 payload descriptor (RFC 7741 section 4.2), as far as forwarding must know.
 *
 *    0 1 2 3 4 5 6 7
 *   |X|R|N|S|R| PID |   always
 *   |I|L|T|K|  RSV  |   X
 *   |M| PictureID   |   I: 7 bits, or 15 with M
 *   |   TL0PICIDX   |   L
 *   |TID|Y| KEYIDX  |   T or K
 *
 * Hot path on every video packet of a publisher: no allocation. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_VP8_H
#define DUET_RELAY_WIRE_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vp8_view {
    uint8_t descriptor_bytes;
    uint8_t partition;
    bool partition_start;
    bool non_reference;
    bool keyframe_start; /* first packet of a key frame */
    bool has_tid;
    uint8_t tid;
    bool layer_sync;

    /* Where to rewrite; an offset of 0 means absent. */
    uint8_t picture_id_offset;
    uint8_t picture_id_bits; /* 7 or 15 */
    uint16_t picture_id;
    uint8_t tl0picidx_offset;
    uint8_t tl0picidx;
};

/* Returns 0, or -EBADMSG when the descriptor is longer than the payload or nothing follows it. */
int vp8_parse(const uint8_t *payload, size_t len, struct vp8_view *ret_view);

/* Pixels of the picture that a key frame's first packet announces (RFC 6386 section 9.1), 0 when it does
 * not say. view is of this payload. */
uint32_t vp8_keyframe_pixels(const uint8_t *payload, size_t len, const struct vp8_view *view);

/* Writes a picture id in the width it has (masked), or a TL0PICIDX; nothing when absent. */
void vp8_set_picture_id(uint8_t *payload, const struct vp8_view *view, uint16_t picture_id);
void vp8_set_tl0picidx(uint8_t *payload, const struct vp8_view *view, uint8_t tl0picidx);

#endif
