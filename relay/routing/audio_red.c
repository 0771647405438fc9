#include "relay/routing/audio_red.h"

#include <errno.h>
#include <string.h>

int audio_red_read(const struct media_codec *source, const uint8_t *payload, size_t len,
    uint16_t *ret_primary_offset)
{
    struct red_view view;

    if (red_parse(payload, len, &view) < 0 || view.primary.payload_type != source->payload_type)
        return -EBADMSG;
    for (size_t i = 0; i < view.redundant_count; i++) {
        if (view.redundant[i].payload_type != source->payload_type)
            return -EBADMSG;
    }
    *ret_primary_offset = view.primary.offset;
    return 0;
}

size_t audio_red_header_bytes(const uint8_t *payload)
{
    size_t bytes = 0;

    while (bytes < AUDIO_RED_HEADER_BYTES - RED_PRIMARY_HEADER_BYTES && (payload[bytes] & 0x80))
        bytes += RED_BLOCK_HEADER_BYTES;
    return bytes + RED_PRIMARY_HEADER_BYTES;
}

size_t audio_red_write_headers(
    const uint8_t *payload, const struct media_payload_types *viewer, uint8_t *out)
{
    size_t bytes = audio_red_header_bytes(payload);

    memcpy(out, payload, bytes);
    red_set_payload_type(out, bytes, viewer->media);
    return bytes;
}
