#include "tests/support/hostile/offer.h"

#include "relay/wire/sdp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void write_transport(struct sdp_writer *writer, const struct offer_params *params, int mid)
{
    sdp_write_line(writer, "c=IN IP4 0.0.0.0");
    sdp_write_line(writer, "a=mid:%d", mid);
    sdp_write_line(writer, "a=%s", params->publish ? "sendonly" : "recvonly");
    sdp_write_line(writer, "a=setup:actpass");
    sdp_write_line(writer, "a=ice-ufrag:%s", peer_client_ufrag(params->client));
    sdp_write_line(writer, "a=ice-pwd:%s", peer_client_pwd(params->client));
    sdp_write_line(writer, "a=fingerprint:sha-256 %s", params->fingerprint);
    sdp_write_line(writer, "a=rtcp-mux");
}

void offer_write(const struct offer_params *params, char ret_offer[OFFER_BYTES])
{
    struct sdp_writer writer;

    sdp_writer_init(&writer, ret_offer, OFFER_BYTES);
    sdp_write_line(&writer, "v=0");
    sdp_write_line(&writer, "o=- 1 1 IN IP4 0.0.0.0");
    sdp_write_line(&writer, "s=-");
    sdp_write_line(&writer, "t=0 0");
    sdp_write_line(&writer, "a=group:BUNDLE 0 1");

    sdp_write_line(&writer, "m=audio 9 UDP/TLS/RTP/SAVPF %d", PT_OPUS);
    write_transport(&writer, params, 0);
    sdp_write_line(&writer, "a=rtpmap:%d opus/48000/2", PT_OPUS);
    if (params->publish)
        sdp_write_line(&writer, "a=ssrc:%u cname:stranger", params->audio_ssrc);

    sdp_write_line(&writer, "m=video 9 UDP/TLS/RTP/SAVPF %d %d", PT_H264, PT_H264_RTX);
    write_transport(&writer, params, 1);
    sdp_write_line(&writer, "a=rtpmap:%d H264/90000", PT_H264);
    sdp_write_line(&writer, "a=fmtp:%d packetization-mode=1;profile-level-id=42e01f", PT_H264);
    sdp_write_line(&writer, "a=rtcp-fb:%d nack", PT_H264);
    sdp_write_line(&writer, "a=rtcp-fb:%d nack pli", PT_H264);
    sdp_write_line(&writer, "a=rtpmap:%d rtx/90000", PT_H264_RTX);
    sdp_write_line(&writer, "a=fmtp:%d apt=%d", PT_H264_RTX, PT_H264);
    if (params->publish)
        sdp_write_line(&writer, "a=ssrc:%u cname:stranger", params->video_ssrc);
}

void offer_write_restart(const struct peer_client *client, char ret_fragment[OFFER_BYTES])
{
    struct sdp_writer writer;

    sdp_writer_init(&writer, ret_fragment, OFFER_BYTES);
    sdp_write_line(&writer, "a=ice-ufrag:%s", peer_client_ufrag(client));
    sdp_write_line(&writer, "a=ice-pwd:%s", peer_client_pwd(client));
}

/* All candidates of an answer have one port. 0 when there is none. */
static uint16_t find_port(const char *answer)
{
    const char *found = strstr(answer, "a=candidate:");
    unsigned port = 0;

    if (found == NULL || sscanf(found, "a=candidate:%*s %*s %*s %*s %*s %u", &port) != 1)
        return 0;
    return (uint16_t)port;
}

int offer_read_answer(const char *answer, struct answer_view *ret_view)
{
    struct answer_view view = {0};
    const struct sdp_media *audio, *video;
    struct sdp_error error;
    struct sdp *sdp;

    if (sdp_parse(answer, strlen(answer), &sdp_limits_whep, &sdp, &error) < 0)
        return -EBADMSG;
    audio = sdp_find_media(sdp, "0");
    video = sdp_find_media(sdp, "1");
    if (audio != NULL && video != NULL) {
        snprintf(view.ufrag, sizeof(view.ufrag), "%s", audio->ice_ufrag);
        snprintf(view.pwd, sizeof(view.pwd), "%s", audio->ice_pwd);
        snprintf(view.fingerprint, sizeof(view.fingerprint), "%s", audio->fingerprint);
        if (video->ssrc_count > 0)
            view.video_ssrc = video->ssrcs[0].ssrc;
        view.rtx_ssrc = sdp_find_rtx_ssrc(video, view.video_ssrc);
    }
    view.port = find_port(answer);
    sdp_destroy(sdp);
    if (view.port == 0 || view.ufrag[0] == '\0' || view.pwd[0] == '\0')
        return -EBADMSG;
    *ret_view = view;
    return 0;
}

static void find_attribute(const char *text, const char *name, char *ret_value, size_t size)
{
    const char *found = strstr(text, name);

    if (found == NULL)
        return;
    found += strlen(name);
    snprintf(ret_value, size, "%.*s", (int)strcspn(found, "\r\n"), found);
}

int offer_read_restart(const char *fragment, struct answer_view *ret_view)
{
    struct answer_view view = {0};

    find_attribute(fragment, "a=ice-ufrag:", view.ufrag, sizeof(view.ufrag));
    find_attribute(fragment, "a=ice-pwd:", view.pwd, sizeof(view.pwd));
    if (view.ufrag[0] == '\0' || view.pwd[0] == '\0')
        return -EBADMSG;
    *ret_view = view;
    return 0;
}
