#include "tests/support/media_shapes.h"

#include <string.h>

static struct media_codec video(
    enum media_codec_id id, const char *name, uint8_t payload_type, uint8_t rtx_payload_type)
{
    struct media_codec codec = {
        .id = id,
        .clock_rate = 90000,
        .payload_type = payload_type,
        .rtx_payload_type = rtx_payload_type,
        .has_rtx = rtx_payload_type != 0,
        .nack = true,
        .pli = true,
    };

    strcpy(codec.name, name);
    return codec;
}

struct media_codec shape_h264(uint8_t payload_type, uint8_t rtx_payload_type, uint32_t profile)
{
    struct media_codec codec = video(MEDIA_CODEC_H264, "H264", payload_type, rtx_payload_type);

    codec.h264_packetization_mode = 1;
    codec.h264_profile_level_id = profile;
    return codec;
}

struct media_codec shape_vp8(uint8_t payload_type, uint8_t rtx_payload_type)
{
    return video(MEDIA_CODEC_VP8, "VP8", payload_type, rtx_payload_type);
}

struct media_codec shape_opus(uint8_t payload_type)
{
    return (struct media_codec){
        .id = MEDIA_CODEC_OPUS,
        .name = "opus",
        .clock_rate = 48000,
        .channels = 2,
        .payload_type = payload_type,
    };
}

struct media_track shape_track(enum media_kind kind, const struct media_codec *codec,
    const struct media_extensions *extensions)
{
    struct media_track track = {.kind = kind, .codec_count = 1, .extensions = *extensions};

    track.codecs[0] = *codec;
    strcpy(track.mid, kind == MEDIA_AUDIO ? "0" : "1");
    return track;
}
