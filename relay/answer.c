/* The answer half of negotiation: see relay/negotiation.h. */
#include "common/random.h"
#include "relay/negotiation.h"
#include "relay/negotiation_track.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every offered line that is kept is written about once; fixed lines and SSRCs come on top. */
#define ANSWER_MEDIA_BYTES (24 * 1024)
#define ANSWER_BASE_BYTES  4096

static void write_session(struct sdp_writer *writer, const struct negotiation *negotiation)
{
    char group[NEGOTIATION_MAX_MEDIA * (MEDIA_MID_CHARS + 1) + 1] = "";
    size_t len = 0;

    sdp_write_line(writer, "v=0");
    sdp_write_line(writer, "o=- %" PRIu64 " 1 IN IP4 127.0.0.1",
        ((uint64_t)(random_u32() >> 2) << 32) | random_u32());
    sdp_write_line(writer, "s=-");
    sdp_write_line(writer, "t=0 0");
    for (size_t i = 0; i < negotiation->media_count; i++) {
        if (negotiation->media[i].accepted && negotiation->offer->has_bundle)
            len += (size_t)snprintf(
                group + len, sizeof(group) - len, " %s", negotiation->media[i].track.mid);
    }
    if (group[0] != '\0')
        sdp_write_line(writer, "a=group:BUNDLE%s", group);
    sdp_write_line(writer, "a=ice-lite");
    sdp_write_line(writer, "a=msid-semantic:WMS *");
}

static void write_rejected(struct sdp_writer *writer, const struct sdp_media *offer)
{
    sdp_write_line(writer, "m=%s 0 %s %s", offer->kind_text, offer->proto, offer->formats);
    sdp_write_line(writer, "c=IN IP4 0.0.0.0");
    if (offer->mid[0] != '\0')
        sdp_write_line(writer, "a=mid:%s", offer->mid);
    sdp_write_line(writer, "a=inactive");
}

struct format_list {
    char text[MEDIA_MAX_CODECS * 12 + 1];
    size_t len;
};

static void add_format(struct format_list *formats, bool present, uint8_t payload_type)
{
    if (present)
        formats->len += (size_t)snprintf(formats->text + formats->len,
            sizeof(formats->text) - formats->len, " %u", payload_type);
}

/* A publisher sends what stands first: redundancy when it has it. What a viewer gets is the relay's
 * choice, so its list keeps the order in which players without redundancy expect it. */
static void write_m_line(struct sdp_writer *writer, const struct negotiated_media *media)
{
    bool publishes = media->track.send_ssrc == 0;
    struct format_list formats = {.text = ""};

    for (size_t i = 0; i < media->track.codec_count; i++) {
        const struct media_codec *codec = &media->track.codecs[i];

        add_format(&formats, codec->has_red && publishes, codec->red_payload_type);
        add_format(&formats, true, codec->payload_type);
        add_format(&formats, codec->has_rtx, codec->rtx_payload_type);
        add_format(&formats, codec->has_red && !publishes, codec->red_payload_type);
    }
    sdp_write_line(
        writer, "m=%s 9 %s%s", media->offer->kind_text, media->offer->proto, formats.text);
    sdp_write_line(writer, "c=IN IP4 0.0.0.0");
}

static void write_transport(
    struct sdp_writer *writer, const struct negotiation_local *local, bool with_candidates)
{
    sdp_write_line(writer, "a=ice-ufrag:%s", local->ufrag);
    sdp_write_line(writer, "a=ice-pwd:%s", local->pwd);
    sdp_write_line(writer, "a=ice-options:ice2 trickle");
    sdp_write_line(writer, "a=fingerprint:sha-256 %s", local->fingerprint);
    sdp_write_line(writer, "a=setup:passive");
    if (!with_candidates)
        return;
    for (size_t i = 0; i < local->candidate_count; i++)
        sdp_write_line(writer, "a=%s", local->candidates[i]);
    sdp_write_line(writer, "a=end-of-candidates");
}

static void write_rtpmap(struct sdp_writer *writer, const struct sdp_media *offer,
    uint8_t payload_type, const char *name, uint32_t clock_rate)
{
    const struct sdp_codec *offered = sdp_find_codec(offer, payload_type);
    unsigned pt = payload_type;

    /* As it was offered: some peers compare the text. */
    if (offered != NULL && offered->channels > 1)
        sdp_write_line(
            writer, "a=rtpmap:%u %s/%" PRIu32 "/%u", pt, name, clock_rate, offered->channels);
    else
        sdp_write_line(writer, "a=rtpmap:%u %s/%" PRIu32, pt, name, clock_rate);
}

static void write_codec(
    struct sdp_writer *writer, const struct sdp_media *offer, const struct media_codec *codec)
{
    unsigned pt = codec->payload_type;

    write_rtpmap(writer, offer, codec->payload_type, codec->name, codec->clock_rate);
    if (codec->fmtp[0] != '\0')
        sdp_write_line(writer, "a=fmtp:%u %s", pt, codec->fmtp);
    if (codec->transport_cc)
        sdp_write_line(writer, "a=rtcp-fb:%u transport-cc", pt);
    if (codec->fir)
        sdp_write_line(writer, "a=rtcp-fb:%u ccm fir", pt);
    if (codec->pause)
        sdp_write_line(writer, "a=rtcp-fb:%u ccm pause nowait", pt);
    if (codec->nack)
        sdp_write_line(writer, "a=rtcp-fb:%u nack", pt);
    if (codec->pli)
        sdp_write_line(writer, "a=rtcp-fb:%u nack pli", pt);
    if (codec->has_rtx) {
        sdp_write_line(
            writer, "a=rtpmap:%u rtx/%" PRIu32, codec->rtx_payload_type, codec->clock_rate);
        sdp_write_line(writer, "a=fmtp:%u apt=%u", codec->rtx_payload_type, pt);
    }
    if (codec->has_red) {
        write_rtpmap(writer, offer, codec->red_payload_type, "red", codec->clock_rate);
        sdp_write_line(writer, "a=fmtp:%u %u/%u", codec->red_payload_type, pt, pt);
    }
}

static void write_layers(struct sdp_writer *writer, const struct media_track *track)
{
    char list[MEDIA_MAX_LAYERS * (MEDIA_RID_CHARS + 1) + 1] = "";
    size_t len = 0;

    if (track->rid_count == 0)
        return;
    for (size_t i = 0; i < track->rid_count; i++) {
        sdp_write_line(writer, "a=rid:%s recv", track->rids[i]);
        len += (size_t)snprintf(
            list + len, sizeof(list) - len, "%s%s", i > 0 ? ";" : "", track->rids[i]);
    }
    sdp_write_line(writer, "a=simulcast:recv %s", list);
}

static void write_sender(struct sdp_writer *writer, const struct negotiated_media *media,
    size_t index, const char *cname)
{
    const struct media_track *track = &media->track;
    char msid[NEGOTIATION_STREAM_CHARS + 32];

    snprintf(msid, sizeof(msid), "%s %s-%zu", media->stream, media->offer->kind_text, index);
    sdp_write_line(writer, "a=msid:%s", msid);
    if (track->send_rtx_ssrc != 0)
        sdp_write_line(writer, "a=ssrc-group:FID %" PRIu32 " %" PRIu32, track->send_ssrc,
            track->send_rtx_ssrc);
    sdp_write_line(writer, "a=ssrc:%" PRIu32 " cname:%s", track->send_ssrc, cname);
    sdp_write_line(writer, "a=ssrc:%" PRIu32 " msid:%s", track->send_ssrc, msid);
    if (track->send_rtx_ssrc == 0)
        return;
    sdp_write_line(writer, "a=ssrc:%" PRIu32 " cname:%s", track->send_rtx_ssrc, cname);
    sdp_write_line(writer, "a=ssrc:%" PRIu32 " msid:%s", track->send_rtx_ssrc, msid);
}

static void write_media(struct sdp_writer *writer, const struct negotiated_media *media,
    const struct negotiation_local *local, size_t index, bool first)
{
    const struct media_track *track = &media->track;

    write_m_line(writer, media);
    if (track->mid[0] != '\0')
        sdp_write_line(writer, "a=mid:%s", track->mid);
    write_transport(writer, local, first);
    sdp_write_line(writer, "a=%s", track->send_ssrc != 0 ? "sendonly" : "recvonly");
    sdp_write_line(writer, "a=rtcp-mux");
    if (media->offer->rtcp_rsize)
        sdp_write_line(writer, "a=rtcp-rsize");
    for (size_t i = 0; i < negotiation_extension_count; i++) {
        uint8_t id = negotiation_extension_id(&track->extensions, i);

        if (id != 0)
            sdp_write_line(writer, "a=extmap:%u %s", id, negotiation_extensions[i].uri);
    }
    for (size_t i = 0; i < track->codec_count; i++)
        write_codec(writer, media->offer, &track->codecs[i]);
    write_layers(writer, track);
    if (track->send_ssrc != 0)
        write_sender(writer, media, index, local->cname);
}

int negotiation_answer(
    const struct negotiation *negotiation, const struct negotiation_local *local, char **ret_answer)
{
    size_t capacity = ANSWER_BASE_BYTES + negotiation->media_count * ANSWER_MEDIA_BYTES;
    char *text = malloc(capacity);
    struct sdp_writer writer;
    bool first = true;

    if (text == NULL)
        return -ENOMEM;
    sdp_writer_init(&writer, text, capacity);
    write_session(&writer, negotiation);
    for (size_t i = 0; i < negotiation->media_count; i++) {
        const struct negotiated_media *media = &negotiation->media[i];

        if (!media->accepted) {
            write_rejected(&writer, media->offer);
            continue;
        }
        write_media(&writer, media, local, i, first);
        first = false;
    }
    if (writer.failed) {
        free(text);
        return -E2BIG;
    }
    *ret_answer = text;
    return 0;
}
