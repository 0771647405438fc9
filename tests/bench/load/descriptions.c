#include "tests/bench/load/descriptions.h"

#include "relay/transport/address.h"
#include "relay/wire/sdp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TRANSPORT_CC_URI  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define ABS_SEND_TIME_URI "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define MID_URI           "urn:ietf:params:rtp-hdrext:sdes:mid"
#define MAX_CANDIDATES    64

static void write_transport(struct sdp_writer *writer, const struct offer_params *params)
{
    sdp_write_line(writer, "c=IN IP4 0.0.0.0");
    sdp_write_line(writer, "a=ice-ufrag:%s", params->ufrag);
    sdp_write_line(writer, "a=ice-pwd:%s", params->pwd);
    sdp_write_line(writer, "a=fingerprint:sha-256 %s", params->fingerprint);
    sdp_write_line(writer, "a=setup:actpass");
    sdp_write_line(writer, "a=rtcp-mux");
    sdp_write_line(writer, "a=rtcp-rsize");
    sdp_write_line(writer, "a=%s", params->publish ? "sendonly" : "recvonly");
    sdp_write_line(writer, "a=extmap:%d %s", DESCRIPTIONS_MID, MID_URI);
    sdp_write_line(writer, "a=extmap:%d %s", DESCRIPTIONS_TRANSPORT_CC, TRANSPORT_CC_URI);
    sdp_write_line(writer, "a=extmap:%d %s", DESCRIPTIONS_ABS_SEND_TIME, ABS_SEND_TIME_URI);
}

static void write_source(struct sdp_writer *writer, uint32_t ssrc, const char *track)
{
    sdp_write_line(writer, "a=msid:bench %s", track);
    sdp_write_line(writer, "a=ssrc:%u cname:bench", ssrc);
}

static void write_video(struct sdp_writer *writer, const struct offer_params *params)
{
    int type = DESCRIPTIONS_VIDEO_TYPE;

    if (params->publish)
        sdp_write_line(writer, "m=video 9 UDP/TLS/RTP/SAVPF %d", type);
    else
        sdp_write_line(writer, "m=video 9 UDP/TLS/RTP/SAVPF %d %d", type, DESCRIPTIONS_RTX_TYPE);
    sdp_write_line(writer, "a=mid:0");
    write_transport(writer, params);
    sdp_write_line(writer, "a=rtpmap:%d H264/90000", type);
    sdp_write_line(writer,
        "a=fmtp:%d level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", type);
    sdp_write_line(writer, "a=rtcp-fb:%d nack", type);
    sdp_write_line(writer, "a=rtcp-fb:%d nack pli", type);
    sdp_write_line(writer, "a=rtcp-fb:%d ccm fir", type);
    sdp_write_line(writer, "a=rtcp-fb:%d transport-cc", type);
    if (params->publish) {
        write_source(writer, params->video_ssrc, "video");
        return;
    }
    sdp_write_line(writer, "a=rtpmap:%d rtx/90000", DESCRIPTIONS_RTX_TYPE);
    sdp_write_line(writer, "a=fmtp:%d apt=%d", DESCRIPTIONS_RTX_TYPE, type);
}

static void write_audio(struct sdp_writer *writer, const struct offer_params *params)
{
    int type = DESCRIPTIONS_AUDIO_TYPE;

    sdp_write_line(writer, "m=audio 9 UDP/TLS/RTP/SAVPF %d", type);
    sdp_write_line(writer, "a=mid:1");
    write_transport(writer, params);
    sdp_write_line(writer, "a=rtpmap:%d opus/48000/2", type);
    sdp_write_line(writer, "a=fmtp:%d minptime=10;useinbandfec=1", type);
    sdp_write_line(writer, "a=rtcp-fb:%d transport-cc", type);
    if (params->publish)
        write_source(writer, params->audio_ssrc, "audio");
}

int descriptions_write_offer(
    const struct offer_params *params, char ret_offer[DESCRIPTIONS_OFFER_BYTES])
{
    struct sdp_writer writer;

    sdp_writer_init(&writer, ret_offer, DESCRIPTIONS_OFFER_BYTES);
    sdp_write_line(&writer, "v=0");
    sdp_write_line(&writer, "o=- 1 1 IN IP4 127.0.0.1");
    sdp_write_line(&writer, "s=-");
    sdp_write_line(&writer, "t=0 0");
    sdp_write_line(&writer, "a=group:BUNDLE 0 1");
    write_video(&writer, params);
    write_audio(&writer, params);
    return writer.failed ? -ENOSPC : 0;
}

/* ---- answer ---- */

/* "candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host …" (RFC 8839 section 5.1). */
static bool read_candidate(
    const char *line, uint32_t *ret_priority, struct net_address *ret_address)
{
    char protocol[8], address[64];
    unsigned component, priority, port;

    if (sscanf(line, "a=candidate:%*32s %u %7s %u %63s %u", &component, protocol, &priority,
            address, &port) != 5 ||
        component != 1 || strcasecmp(protocol, "udp") != 0 || port == 0 || port > UINT16_MAX ||
        net_address_parse(address, (uint16_t)port, ret_address) < 0)
        return false;
    *ret_priority = priority;
    return true;
}

static int find_address(const char *answer, struct net_address *ret_address)
{
    uint32_t best = 0, priority;
    struct net_address address;
    size_t count = 0;

    for (const char *at = strstr(answer, "a=candidate:"); at != NULL && count < MAX_CANDIDATES;
         at = strstr(at + 1, "a=candidate:")) {
        count++;
        if (read_candidate(at, &priority, &address) && priority > best) {
            best = priority;
            *ret_address = address;
        }
    }
    return best > 0 ? 0 : -EADDRNOTAVAIL;
}

int descriptions_read_answer(const char *answer, struct remote_end *ret_remote)
{
    struct remote_end remote = {0};
    const struct sdp_media *media;
    struct sdp_error error;
    struct sdp *sdp = NULL;
    int err = sdp_parse(answer, strlen(answer), &sdp_limits_whep, &sdp, &error);

    if (err < 0)
        return err == -ENOMEM ? err : -EBADMSG;
    err = -EBADMSG;
    if (sdp->media_count == 0)
        goto out;
    media = &sdp->media[0];
    if (media->ice_ufrag[0] == '\0' || strlen(media->ice_ufrag) > DESCRIPTIONS_ICE_CHARS ||
        strlen(media->ice_pwd) > DESCRIPTIONS_ICE_CHARS ||
        strcmp(media->fingerprint_hash, "sha-256") != 0 ||
        strlen(media->fingerprint) != TRANSPORT_FINGERPRINT_CHARS)
        goto out;
    snprintf(remote.ufrag, sizeof(remote.ufrag), "%s", media->ice_ufrag);
    snprintf(remote.pwd, sizeof(remote.pwd), "%s", media->ice_pwd);
    snprintf(remote.fingerprint, sizeof(remote.fingerprint), "%s", media->fingerprint);
    remote.dtls_client = media->setup == SDP_SETUP_ACTIVE;
    err = find_address(answer, &remote.address);
    if (err == 0)
        *ret_remote = remote;

out:
    sdp_destroy(sdp);
    return err;
}
