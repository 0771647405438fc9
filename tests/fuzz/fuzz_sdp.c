/* An offer from anybody, and every look-up in what came out of it. */
#include "relay/wire/sdp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where reads go, so that none is optimised away. */
static volatile size_t sink;

static size_t read_media(const struct sdp_media *media)
{
    size_t sum = strlen(media->mid) + strlen(media->formats) + strlen(media->ice_ufrag) +
                 strlen(media->ice_pwd) + strlen(media->fingerprint);

    for (size_t i = 0; i < media->codec_count; i++) {
        const struct sdp_codec *codec = &media->codecs[i];
        if (sdp_find_codec(media, codec->payload_type) != codec)
            abort();
        sdp_find_rtx(media, codec->payload_type);
        sum += strlen(codec->name) + strlen(codec->fmtp);
        sum += sdp_fmtp_get_u32(codec->fmtp, "profile-level-id", 16, 0);
    }
    for (size_t i = 0; i < media->extmap_count; i++) {
        if (!sdp_find_extmap(media, media->extmaps[i].uri))
            abort();
    }
    for (size_t i = 0; i < media->rid_count; i++)
        sum += strlen(media->rids[i].id);
    for (size_t i = 0; i < media->layer_count; i++)
        sum += strlen(media->layers[i].rid);
    for (size_t i = 0; i < media->ssrc_count; i++)
        sum += sdp_find_rtx_ssrc(media, media->ssrcs[i].ssrc);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp_error error = {0};
    struct sdp *sdp;

    if (sdp_parse((const char *)data, size, &sdp_limits_whip, &sdp, &error) < 0) {
        if (error.text[0] == '\0')
            abort();
        return 0;
    }
    for (size_t i = 0; i < sdp->media_count; i++) {
        if (sdp->media[i].mid[0] != '\0' &&
            sdp_find_media(sdp, sdp->media[i].mid) != &sdp->media[i])
            abort();
        sink += read_media(&sdp->media[i]);
    }
    sdp_destroy(sdp);
    return 0;
}
