#include "relay/negotiation_track.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ONE_BYTE_ID_MAX 14
#define OPUS_CHANNELS   2 /* RFC 7587 section 7, whatever a=rtpmap forgot to say */

#define AT(member) offsetof(struct media_extensions, member)

const struct negotiation_extension negotiation_extensions[] = {
    {"urn:ietf:params:rtp-hdrext:sdes:mid", AT(mid)},
    {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", AT(rid)},
    {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", AT(repaired_rid)},
    {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", AT(transport_cc)},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", AT(abs_send_time)},
    {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", AT(audio_level)},
};

const size_t negotiation_extension_count =
    sizeof(negotiation_extensions) / sizeof(negotiation_extensions[0]);

uint8_t negotiation_extension_id(const struct media_extensions *extensions, size_t index)
{
    return ((const uint8_t *)extensions)[negotiation_extensions[index].offset];
}

void negotiation_drop_conflicts(
    const struct media_extensions *earlier, struct media_extensions *later)
{
    for (size_t i = 0; i < negotiation_extension_count; i++) {
        uint8_t id = negotiation_extension_id(later, i);

        for (size_t j = 0; j < negotiation_extension_count && id != 0; j++) {
            if (j != i && negotiation_extension_id(earlier, j) == id)
                ((uint8_t *)later)[negotiation_extensions[i].offset] = 0;
        }
    }
}

static void read_extensions(
    const struct sdp_media *media, enum session_kind kind, struct media_extensions *extensions)
{
    for (size_t i = 0; i < negotiation_extension_count; i++) {
        const struct sdp_extmap *extmap = sdp_find_extmap(media, negotiation_extensions[i].uri);

        if (extmap != NULL && extmap->id <= ONE_BYTE_ID_MAX)
            ((uint8_t *)extensions)[negotiation_extensions[i].offset] = extmap->id;
    }
    if (media->kind != SDP_AUDIO)
        extensions->audio_level = 0;
    /* Layers are told apart by RID on the way in only; a viewer gets one stream. */
    if (media->kind != SDP_VIDEO || kind == SESSION_WATCH) {
        extensions->rid = 0;
        extensions->repaired_rid = 0;
    }
}

/* RTX and RED go with their codec; the other repair formats wrap payloads that the relay rewrites; the
 * rest carries no picture or sound of a lesson. */
static bool is_forwardable(const char *name)
{
    static const char *const left_out[] = {
        "rtx", "red", "ulpfec", "flexfec", "flexfec-03", "parityfec", "telephone-event", "CN", ""};

    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
        if (strcasecmp(name, left_out[i]) == 0)
            return false;
    }
    return true;
}

/* With the marker set these payload types cannot be told from RTCP on the same port (RFC 5761 section 4). */
static bool is_rtcp(uint8_t payload_type)
{
    return payload_type >= 64 && payload_type <= 95;
}

static enum media_codec_id codec_id(const struct sdp_media *media, const char *name)
{
    if (media->kind == SDP_AUDIO)
        return strcasecmp(name, "opus") == 0 ? MEDIA_CODEC_OPUS : MEDIA_CODEC_OTHER;
    if (strcasecmp(name, "H264") == 0)
        return MEDIA_CODEC_H264;
    return strcasecmp(name, "VP8") == 0 ? MEDIA_CODEC_VP8 : MEDIA_CODEC_OTHER;
}

/* Parameter sets describe what the offerer sends; they mean nothing in an answer (RFC 6184 8.2.2). */
static void copy_fmtp(const char *fmtp, char *ret_fmtp, size_t capacity)
{
    size_t len = 0;

    ret_fmtp[0] = '\0';
    while (*fmtp != '\0') {
        size_t part = strcspn(fmtp, ";");
        const char *at = fmtp;
        size_t chars = part;

        while (chars > 0 && *at == ' ') {
            at++;
            chars--;
        }
        if (chars > 0 && strncasecmp(at, "sprop-", 6) != 0 && len + chars + 2 < capacity) {
            if (len > 0)
                ret_fmtp[len++] = ';';
            memcpy(ret_fmtp + len, at, chars);
            len += chars;
            ret_fmtp[len] = '\0';
        }
        fmtp += part + (fmtp[part] == ';');
    }
}

/* Defaults of RFC 6184 section 8.1. A viewer that says nothing at all takes, as players go, what it
 * gets; held to the defaults it would get nothing. */
static void read_h264(
    const struct sdp_codec *offered, enum session_kind kind, struct media_codec *codec)
{
    bool silent = kind == SESSION_WATCH && offered->fmtp[0] == '\0';

    codec->h264_packetization_mode =
        (uint8_t)sdp_fmtp_get_u32(offered->fmtp, "packetization-mode", 10, silent ? 1 : 0);
    codec->h264_profile_level_id =
        sdp_fmtp_get_u32(offered->fmtp, "profile-level-id", 16, silent ? 0x640028 : 0x42000a);
}

static void read_rtx(
    const struct sdp_media *media, const struct sdp_codec *offered, struct media_codec *codec)
{
    const struct sdp_codec *rtx = sdp_find_rtx(media, offered->payload_type);

    if (rtx == NULL || rtx->clock_rate != offered->clock_rate || is_rtcp(rtx->payload_type))
        return;
    codec->has_rtx = true;
    codec->rtx_payload_type = rtx->payload_type;
}

static void read_red(
    const struct sdp_media *media, const struct sdp_codec *offered, struct media_codec *codec)
{
    const struct sdp_codec *red = sdp_find_red(media, offered->payload_type);

    if (red == NULL || red->clock_rate != offered->clock_rate || is_rtcp(red->payload_type))
        return;
    codec->has_red = true;
    codec->red_payload_type = red->payload_type;
}

static void read_codec(const struct sdp_media *media, const struct sdp_codec *offered,
    enum session_kind kind, struct media_codec *ret_codec)
{
    struct media_codec codec = {
        .id = codec_id(media, offered->name),
        .clock_rate = offered->clock_rate,
        .channels = media->kind == SDP_AUDIO ? offered->channels : 0,
        .payload_type = offered->payload_type,
        .nack = offered->feedback & SDP_FEEDBACK_NACK,
        .pli = offered->feedback & SDP_FEEDBACK_NACK_PLI,
        .fir = offered->feedback & SDP_FEEDBACK_CCM_FIR,
        .transport_cc = offered->feedback & SDP_FEEDBACK_TRANSPORT_CC,
        /* of publishers only: what a viewer's slot shows is paused by other means */
        .pause = kind == SESSION_PUBLISH && (offered->feedback & SDP_FEEDBACK_CCM_PAUSE),
    };

    snprintf(codec.name, sizeof(codec.name), "%s", offered->name);
    copy_fmtp(offered->fmtp, codec.fmtp, sizeof(codec.fmtp));
    read_rtx(media, offered, &codec);
    if (codec.id == MEDIA_CODEC_OPUS) {
        codec.channels = OPUS_CHANNELS;
        read_red(media, offered, &codec);
    }
    if (codec.id == MEDIA_CODEC_H264)
        read_h264(offered, kind, &codec);
    *ret_codec = codec;
}

static void read_layers(const struct sdp_media *media, struct media_track *track)
{
    for (size_t i = 0; i < media->layer_count && track->rid_count < MEDIA_MAX_LAYERS; i++) {
        const struct sdp_layer *layer = &media->layers[i];

        /* One format per layer: behind a comma stand other choices for the same one. */
        if (layer->alternative)
            continue;
        snprintf(track->rids[track->rid_count], sizeof(track->rids[0]), "%s", layer->rid);
        track->rid_count++;
    }
    /* Without the header extension nobody could tell the layers apart. */
    if (track->extensions.rid == 0)
        track->rid_count = 0;
}

static uint32_t first_primary_ssrc(const struct sdp_media *media)
{
    for (size_t i = 0; i < media->ssrc_group_count; i++) {
        const struct sdp_ssrc_group *group = &media->ssrc_groups[i];

        if (group->semantics == SDP_GROUP_FID && group->ssrc_count == 2)
            return group->ssrcs[0];
    }
    return media->ssrc_count > 0 ? media->ssrcs[0].ssrc : 0;
}

void negotiation_track_init(
    const struct sdp_media *media, enum session_kind kind, struct media_track *ret_track)
{
    struct media_track *track = ret_track;

    memset(track, 0, sizeof(*track));
    track->kind = media->kind == SDP_AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO;
    snprintf(track->mid, sizeof(track->mid), "%s", media->mid);
    for (size_t i = 0; i < media->codec_count && track->codec_count < MEDIA_MAX_CODECS; i++) {
        if (is_forwardable(media->codecs[i].name) && !is_rtcp(media->codecs[i].payload_type))
            read_codec(media, &media->codecs[i], kind, &track->codecs[track->codec_count++]);
    }
    read_extensions(media, kind, &track->extensions);
    if (kind == SESSION_WATCH)
        return;
    read_layers(media, track);
    if (track->rid_count == 0) {
        track->ssrc = first_primary_ssrc(media);
        track->rtx_ssrc = sdp_find_rtx_ssrc(media, track->ssrc);
    }
}
