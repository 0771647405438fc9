/* A video payload, read as H.264 and as VP8. */
#include "relay/wire/h264.h"
#include "relay/wire/h264_sps.h"
#include "relay/wire/vp8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_h264(const uint8_t *data, size_t size)
{
    struct h264_nal_iterator iterator;
    struct h264_scan scan;
    struct h264_nal nal;

    h264_payload_scan(data, size, &scan);
    h264_nal_iterator_init(&iterator, data, size);
    while (h264_nal_iterator_next(&iterator, &nal)) {
        uint32_t pixels;

        if (nal.data < data || nal.data + nal.bytes > data + size)
            abort();
        if (h264_sps_pixels(nal.data, nal.bytes, &pixels) == 0 && pixels == 0)
            abort();
    }
    if (iterator.failed != scan.forbidden)
        abort();
}

static void read_vp8(const uint8_t *data, size_t size)
{
    uint8_t copy[64];
    struct vp8_view view;
    struct vp8_view again;
    size_t len = size < sizeof(copy) ? size : sizeof(copy);

    if (len == 0)
        return;
    memcpy(copy, data, len);
    if (vp8_parse(copy, len, &view) < 0)
        return;
    if (vp8_keyframe_pixels(data, len, &view) != 0 && !view.keyframe_start)
        abort();
    vp8_set_picture_id(copy, &view, 0x1234);
    vp8_set_tl0picidx(copy, &view, 7);
    if (vp8_parse(copy, len, &again) < 0 || again.descriptor_bytes != view.descriptor_bytes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_h264(data, size);
    read_vp8(data, size);
    return 0;
}
