#include "relay/wire/vp8.h"

#include "common/bytes.h"

#include <errno.h>
#include <string.h>

#define FRAME_TAG_BYTES       3
#define KEYFRAME_HEADER_BYTES 10

/* The bytes that the X byte announces; false when they are not there. */
static bool parse_extended(struct byte_reader *reader, struct vp8_view *view)
{
    uint8_t present = byte_reader_u8(reader);

    if (present & 0x80) {
        view->picture_id_offset = (uint8_t)reader->pos;
        uint8_t high = byte_reader_u8(reader);
        if (high & 0x80) {
            view->picture_id_bits = 15;
            view->picture_id = (uint16_t)((high & 0x7f) << 8 | byte_reader_u8(reader));
        } else {
            view->picture_id_bits = 7;
            view->picture_id = high;
        }
    }
    if (present & 0x40) {
        view->tl0picidx_offset = (uint8_t)reader->pos;
        view->tl0picidx = byte_reader_u8(reader);
    }
    if (present & 0x30) {
        uint8_t byte = byte_reader_u8(reader);
        view->has_tid = (present & 0x20) != 0;
        view->tid = view->has_tid ? byte >> 6 : 0;
        view->layer_sync = view->has_tid && (byte & 0x20) != 0;
    }
    return !reader->failed;
}

int vp8_parse(const uint8_t *payload, size_t len, struct vp8_view *ret_view)
{
    struct byte_reader reader;
    struct vp8_view view = {0};

    byte_reader_init(&reader, payload, len);
    uint8_t first = byte_reader_u8(&reader);
    view.partition = first & 0x07;
    view.partition_start = (first & 0x10) != 0;
    view.non_reference = (first & 0x20) != 0;
    if ((first & 0x80) && !parse_extended(&reader, &view))
        return -EBADMSG;
    if (reader.failed || byte_reader_left(&reader) == 0)
        return -EBADMSG;

    view.descriptor_bytes = (uint8_t)reader.pos;
    /* The frame tag's lowest bit is 0 in key frames (RFC 6386 section 9.1). */
    view.keyframe_start =
        view.partition_start && view.partition == 0 && (payload[reader.pos] & 0x01) == 0;
    *ret_view = view;
    return 0;
}

uint32_t vp8_keyframe_pixels(const uint8_t *payload, size_t len, const struct vp8_view *view)
{
    static const uint8_t start_code[] = {0x9d, 0x01, 0x2a};
    const uint8_t *header = payload + view->descriptor_bytes;

    if (!view->keyframe_start || len < (size_t)view->descriptor_bytes + KEYFRAME_HEADER_BYTES ||
        memcmp(header + FRAME_TAG_BYTES, start_code, sizeof(start_code)) != 0)
        return 0;
    /* 14 bits each, little-endian; above them how a player is to scale it */
    uint32_t width = header[6] | (header[7] & 0x3fU) << 8;
    uint32_t height = header[8] | (header[9] & 0x3fU) << 8;
    return width * height;
}

void vp8_set_picture_id(uint8_t *payload, const struct vp8_view *view, uint16_t picture_id)
{
    if (view->picture_id_bits == 15)
        bytes_put_u16(payload + view->picture_id_offset, picture_id | 0x8000);
    else if (view->picture_id_bits == 7)
        payload[view->picture_id_offset] = picture_id & 0x7f;
}

void vp8_set_tl0picidx(uint8_t *payload, const struct vp8_view *view, uint8_t tl0picidx)
{
    if (view->tl0picidx_offset != 0)
        payload[view->tl0picidx_offset] = tl0picidx;
}
