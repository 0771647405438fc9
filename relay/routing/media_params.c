#include "relay/routing/media_params.h"

#include <string.h>
#include <strings.h>

#define PROFILE_BASELINE 0x42
#define PROFILE_MAIN     0x4d
#define PROFILE_HIGH     0x64

/* RFC 6184 section 8.1: without profile-level-id the stream is baseline. */
static unsigned h264_profile(const struct media_codec *codec)
{
    unsigned profile = (codec->h264_profile_level_id >> 16) & 0xff;
    return profile != 0 ? profile : PROFILE_BASELINE;
}

/* What senders call baseline is constrained baseline (no encoder in use has FMO or ASO), which every
 * profile above can decode. The level says what a sender may reach, not what it sends. */
static bool h264_decodable(const struct media_codec *sent, const struct media_codec *taken)
{
    unsigned from = h264_profile(sent);
    unsigned to = h264_profile(taken);

    if (sent->h264_packetization_mode != taken->h264_packetization_mode)
        return false;
    if (from == to)
        return true;
    if (from == PROFILE_BASELINE)
        return to == PROFILE_MAIN || to == PROFILE_HIGH;
    return from == PROFILE_MAIN && to == PROFILE_HIGH;
}

static unsigned channels(const struct media_codec *codec)
{
    return codec->channels != 0 ? codec->channels : 1;
}

bool media_codec_compatible(const struct media_codec *a, const struct media_codec *b)
{
    if (a->id != b->id || strcasecmp(a->name, b->name) != 0 || a->clock_rate != b->clock_rate ||
        channels(a) != channels(b))
        return false;

    switch (a->id) {
    case MEDIA_CODEC_H264:
        return h264_decodable(a, b);
    case MEDIA_CODEC_OPUS:
    case MEDIA_CODEC_VP8:
        return true; /* their parameters are wishes of the receiver */
    case MEDIA_CODEC_OTHER:
        break;
    }
    return strcmp(a->fmtp, b->fmtp) == 0;
}
