#include "relay/routing/audio_red.h"

#include "common/red.h"

#include <errno.h>

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

struct audio_red_choice audio_red_choose(
    uint16_t primary_offset, const struct media_codec *viewer, bool rtx)
{
    if (primary_offset > 0 && viewer->has_red && !rtx)
        return (struct audio_red_choice){.payload_type = viewer->red_payload_type, .red = true};
    return (struct audio_red_choice){
        .payload_type = rtx ? viewer->rtx_payload_type : viewer->payload_type,
        .offset = primary_offset,
    };
}

void audio_red_finish(uint8_t *copy, size_t len, const struct media_codec *viewer)
{
    red_set_payload_type(copy, len, viewer->payload_type);
}
