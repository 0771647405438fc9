#include "relay/negotiation.h"

#include "common/random.h"
#include "relay/negotiation_track.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BAD_SDP     400, "bad_sdp"
#define UNSUPPORTED 422, "unsupported_sdp"

void negotiation_destroy(struct negotiation *negotiation)
{
    if (negotiation == NULL)
        return;
    sdp_destroy(negotiation->offer);
    free(negotiation->media);
    free(negotiation);
}

/* An m-line that takes part: not rejected by the offer itself. */
static bool is_active(const struct sdp_media *media)
{
    return media->port != 0 || media->bundle_only;
}

static bool is_secure_rtp(const char *proto)
{
    static const char *const known[] = {"UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF",
        "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVP", "RTP/SAVPF"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(proto, known[i]) == 0)
            return true;
    }
    return false;
}

/* ---- what every m-line must bring ---- */

static int check_transport(const struct sdp_media *media, struct session_error *error)
{
    if (media->ice_ufrag[0] == '\0' || media->ice_pwd[0] == '\0')
        return session_fail(error, UNSUPPORTED,
            "line %zu: the m-line has no a=ice-ufrag and a=ice-pwd", media->line);
    if (media->fingerprint[0] == '\0')
        return session_fail(error, UNSUPPORTED,
            "line %zu: the m-line has no a=fingerprint; media is taken over DTLS-SRTP only",
            media->line);
    if (strcasecmp(media->fingerprint_hash, "sha-256") != 0)
        return session_fail(error, UNSUPPORTED,
            "line %zu: the fingerprint is not sha-256, the only one taken", media->line);
    if (media->setup == SDP_SETUP_PASSIVE || media->setup == SDP_SETUP_HOLDCONN)
        return session_fail(error, UNSUPPORTED,
            "line %zu: a=setup must be actpass, since the relay is passive", media->line);
    return 0;
}

static int check_media(
    const struct sdp *offer, const struct sdp_media *media, struct session_error *error)
{
    if (media->kind == SDP_APPLICATION)
        return session_fail(error, UNSUPPORTED,
            "line %zu: data channels (m=application) are not supported", media->line);
    if (media->kind == SDP_OTHER)
        return 0;
    if (!is_secure_rtp(media->proto))
        return session_fail(
            error, UNSUPPORTED, "line %zu: the profile must be UDP/TLS/RTP/SAVPF", media->line);
    if (!media->rtcp_mux)
        return session_fail(error, UNSUPPORTED, "line %zu: a=rtcp-mux is missing", media->line);
    if (offer->has_bundle && !media->bundled)
        return session_fail(error, UNSUPPORTED,
            "line %zu: the m-line is not in the BUNDLE group; one transport carries all",
            media->line);
    return check_transport(media, error);
}

static int check_offer(const struct sdp *offer, struct session_error *error)
{
    size_t active = 0;

    if (offer->ice_lite)
        return session_fail(error, UNSUPPORTED,
            "the offer says a=ice-lite, and so does the relay: nobody would send checks");
    for (size_t i = 0; i < offer->media_count; i++) {
        if (!is_active(&offer->media[i]))
            continue;
        active++;
        if (check_media(offer, &offer->media[i], error) < 0)
            return -EINVAL;
    }
    if (active == 0)
        return session_fail(error, UNSUPPORTED, "the offer has no active m-line");
    if (active > 1 && !offer->has_bundle)
        return session_fail(
            error, UNSUPPORTED, "a=group:BUNDLE is missing; one transport carries all m-lines");
    return 0;
}

/* ---- WHIP ---- */

static int take_published(
    struct negotiation *negotiation, struct negotiated_media *media, struct session_error *error)
{
    const struct sdp_media *offer = media->offer;

    if (offer->kind == SDP_OTHER)
        return session_fail(
            error, UNSUPPORTED, "line %zu: only audio and video can be published", offer->line);
    for (const struct negotiated_media *at = negotiation->media; at < media; at++) {
        if (at->accepted && at->offer->kind == offer->kind)
            return session_fail(error, 422, "too_many_tracks",
                "line %zu: a second %s track; a source has one audio and one video track at most",
                offer->line, offer->kind_text);
    }
    if (offer->direction != SDP_SENDONLY && offer->direction != SDP_SENDRECV)
        return session_fail(error, UNSUPPORTED,
            "line %zu: the m-line sends nothing (a=%s); a publisher offers sendonly", offer->line,
            sdp_direction_name(offer->direction));
    negotiation_track_init(offer, SESSION_PUBLISH, &media->track);
    if (media->track.codec_count == 0)
        return session_fail(error, 422, "no_codec",
            "line %zu: no %s codec that can be forwarded; offer H264 or VP8, and opus", offer->line,
            offer->kind_text);
    media->accepted = true;
    return 0;
}

/* ---- WHEP ---- */

static uint32_t random_ssrc(void)
{
    uint32_t ssrc = 0;

    while (ssrc == 0)
        ssrc = random_u32();
    return ssrc;
}

/* Name of the source for the n-th m-line of a kind; NULL when the session has no such slot. */
static const char *slot_source(
    const struct session_request *request, enum sdp_kind kind, size_t index)
{
    if (request->source != NULL)
        return index == 0 ? request->source : NULL;
    if (kind == SDP_VIDEO)
        return index < request->video_slot_count ? request->video_slots[index] : NULL;
    return index < request->audio_slot_count ? request->audio_slots[index] : NULL;
}

/* Players keep tracks of one stream in sync. Slots with the same source share one, and so do the
 * n-th empty video and the n-th empty audio slot, which signaling fills together. */
static void name_stream(struct negotiated_media *media, size_t empty_index)
{
    if (media->source[0] != '\0')
        snprintf(media->stream, sizeof(media->stream), "%s", media->source);
    else
        snprintf(media->stream, sizeof(media->stream), "slot-%zu", empty_index);
}

struct kind_counters {
    size_t seen;
    size_t empty;
};

static void take_watched(const struct session_request *request, struct negotiated_media *media,
    struct kind_counters *counters)
{
    const struct sdp_media *offer = media->offer;
    struct media_track *track = &media->track;

    media->source = slot_source(request, offer->kind, counters->seen++);
    if (media->source == NULL || !is_active(offer) ||
        (offer->direction != SDP_RECVONLY && offer->direction != SDP_SENDRECV))
        return;
    negotiation_track_init(offer, SESSION_WATCH, track);
    if (track->codec_count == 0)
        return;
    name_stream(media, counters->empty);
    if (media->source[0] == '\0')
        counters->empty++;
    track->send_ssrc = random_ssrc();
    for (size_t i = 0; i < track->codec_count; i++) {
        if (track->codecs[i].has_rtx && track->send_rtx_ssrc == 0)
            track->send_rtx_ssrc = random_ssrc();
    }
    media->accepted = true;
}

static int take_media(struct negotiation *negotiation, const struct session_request *request,
    struct session_error *error)
{
    struct kind_counters audio = {0};
    struct kind_counters video = {0};

    for (size_t i = 0; i < negotiation->media_count; i++) {
        struct negotiated_media *media = &negotiation->media[i];

        media->offer = &negotiation->offer->media[i];
        media->source = "";
        if (request->kind == SESSION_WATCH) {
            if (media->offer->kind == SDP_AUDIO || media->offer->kind == SDP_VIDEO)
                take_watched(request, media, media->offer->kind == SDP_AUDIO ? &audio : &video);
        } else if (is_active(media->offer) && take_published(negotiation, media, error) < 0) {
            return -EINVAL;
        }
        if (!media->accepted)
            continue;
        for (const struct negotiated_media *at = negotiation->media; at < media; at++)
            negotiation_drop_conflicts(&at->track.extensions, &media->track.extensions);
        if (negotiation->accepted_count++ == 0) {
            negotiation->remote_fingerprint = media->offer->fingerprint;
            negotiation->remote_ufrag = media->offer->ice_ufrag;
        }
    }
    return 0;
}

/* Why a viewer got nothing: no m-line that receives, or none with a codec. */
static int explain_nothing(const struct negotiation *negotiation, struct session_error *error)
{
    for (size_t i = 0; i < negotiation->media_count; i++) {
        const struct sdp_media *offer = negotiation->media[i].offer;

        if (offer->direction == SDP_RECVONLY || offer->direction == SDP_SENDRECV)
            return session_fail(error, 422, "no_codec",
                "no codec that can be forwarded; offer H264 or VP8, and opus");
    }
    return session_fail(error, UNSUPPORTED,
        "no m-line of the offer receives; a viewer offers recvonly audio or video");
}

static int parse_offer(
    const struct session_request *request, struct sdp **ret_offer, struct session_error *error)
{
    const struct sdp_limits *limits =
        request->kind == SESSION_PUBLISH ? &sdp_limits_whip : &sdp_limits_whep;
    struct sdp_error sdp_error = {0};
    int err = sdp_parse(request->offer, strlen(request->offer), limits, ret_offer, &sdp_error);

    if (err == -ENOMEM) {
        session_fail(error, 503, "full", "the relay is out of memory");
        return -ENOMEM;
    }
    if (err < 0)
        return session_fail(error, BAD_SDP, "%s", sdp_error.text);
    return 0;
}

int negotiation_create(const struct session_request *request, struct negotiation **ret_negotiation,
    struct session_error *ret_error)
{
    struct negotiation *negotiation = calloc(1, sizeof(*negotiation));
    int err = -ENOMEM;

    session_fail(ret_error, 503, "full", "the relay is out of memory");
    if (negotiation == NULL)
        return -ENOMEM;
    negotiation->kind = request->kind;
    err = parse_offer(request, &negotiation->offer, ret_error);
    if (err < 0)
        goto out;
    err = check_offer(negotiation->offer, ret_error);
    if (err < 0)
        goto out;
    negotiation->media_count = negotiation->offer->media_count;
    negotiation->media = calloc(negotiation->media_count, sizeof(*negotiation->media));
    if (negotiation->media == NULL) {
        err = -ENOMEM;
        goto out;
    }
    err = take_media(negotiation, request, ret_error);
    if (err < 0)
        goto out;
    if (negotiation->accepted_count == 0) {
        err = explain_nothing(negotiation, ret_error);
        goto out;
    }
    *ret_negotiation = negotiation;
    negotiation = NULL;
out:
    negotiation_destroy(negotiation);
    return err;
}
