/*
 * What negotiation agreed on, as routing needs it: codecs with payload types, header extension ids,
 * layers. Plain values, filled by negotiation from an offer, copied by routing.
 */
#ifndef DUET_RELAY_ROUTING_MEDIA_PARAMS_H
#define DUET_RELAY_ROUTING_MEDIA_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_MAX_CODECS 24
#define MEDIA_MAX_LAYERS 3
#define MEDIA_MAX_SLOTS  24
#define MEDIA_MID_CHARS  32
#define MEDIA_RID_CHARS  16
#define MEDIA_NAME_CHARS 64

enum media_kind {
    MEDIA_AUDIO,
    MEDIA_VIDEO,
};

/* How routing looks into a payload to find keyframes; others pass through unseen. */
enum media_codec_id {
    MEDIA_CODEC_OTHER,
    MEDIA_CODEC_OPUS,
    MEDIA_CODEC_H264,
    MEDIA_CODEC_VP8,
};

struct media_codec {
    enum media_codec_id id;
    char name[24];       /* encoding name as in a=rtpmap */
    uint32_t clock_rate; /* Hz */
    uint8_t channels;    /* audio, else 0 */
    uint8_t payload_type;
    uint8_t rtx_payload_type; /* valid when has_rtx */
    bool has_rtx;
    uint8_t red_payload_type; /* valid when has_red: Opus within RFC 2198 */
    bool has_red;
    bool nack, pli, fir, transport_cc, pause; /* a=rtcp-fb both sides have */
    /* H.264 (RFC 6184 section 8.1); other codecs compare fmtp as text */
    uint8_t h264_packetization_mode;
    uint32_t h264_profile_level_id;
    char fmtp[256];
};

/* Under which payload types a viewer takes one codec: of media_codec what every packet needs. */
struct media_payload_types {
    bool taken;
    uint8_t media;
    uint8_t rtx; /* 0 = none */
    uint8_t red; /* 0 = none */
};

/* One RTP header extension id per meaning; 0 = not negotiated (RFC 8285 ids 1–14). */
struct media_extensions {
    uint8_t mid;
    uint8_t rid;
    uint8_t repaired_rid;
    uint8_t transport_cc;
    uint8_t abs_send_time;
    uint8_t audio_level;
};

/* One m-line, seen from the relay: what a publisher sends or what a viewer's slot takes. */
struct media_track {
    enum media_kind kind;
    char mid[MEDIA_MID_CHARS + 1];
    struct media_codec
        codecs[MEDIA_MAX_CODECS]; /* in offer order, RTX and RED folded into theirs */
    size_t codec_count;
    struct media_extensions extensions;

    /* Publisher only. Layers in order of the a=simulcast line; 0 = no simulcast. */
    char rids[MEDIA_MAX_LAYERS][MEDIA_RID_CHARS + 1];
    size_t rid_count;
    uint32_t ssrc; /* from a=ssrc when there is no simulcast; 0 = learn by mid or payload type */
    uint32_t rtx_ssrc; /* from a=ssrc-group:FID; 0 = none announced */

    /* Viewer only: what the answer fixes for the slot. */
    uint32_t send_ssrc;
    uint32_t send_rtx_ssrc; /* 0 without RTX */
};

/* True when a packet of a can be sent as b to a viewer (RFC 6184 section 8.2.2 for H.264: same
 * packetization mode, compatible profile; others: name, clock rate, channels). */
bool media_codec_compatible(const struct media_codec *a, const struct media_codec *b);

#endif
