/*
 * Session descriptions: an offer in, as one struct to read from (RFC 8866, 8829, 9143, 8839, 8842,
 * 8852, 8853, 5576, 8285).
 *
 *   session  v= o= s= t=  a=group:BUNDLE 0 1  a=fingerprint …  (inherited by media)
 *   media    m=video 9 UDP/TLS/RTP/SAVPF 96 97 …
 *            a=mid a=sendonly a=rtpmap a=fmtp a=rtcp-fb a=extmap a=rid a=simulcast a=ssrc …
 *
 * Control path, once per session, worker's thread. The parser copies the text once, cuts it into
 * strings in place and points into it: one pass, no quadratic scan. Strings live until
 * sdp_destroy(). What it does not know it skips, candidates among it (an ICE-lite relay needs none);
 * what it knows and finds malformed is an error with its line. An m-line with port 0 (and no
 * bundle-only) is rejected or stopped; m=application is shown as such: refusing is the caller's.
 */
#ifndef DUET_RELAY_WIRE_SDP_H
#define DUET_RELAY_WIRE_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdp_limits {
    size_t max_bytes;
    size_t max_lines;
    size_t max_media;
};

extern const struct sdp_limits sdp_limits_whip; /* 64 KiB, 8,000 lines, 24 m-lines */
extern const struct sdp_limits sdp_limits_whep; /* 256 KiB, the same */

/* Per m-line; more is an error. */
#define SDP_MAX_EXTMAPS     64
#define SDP_MAX_SSRCS       64
#define SDP_MAX_SSRC_GROUPS 32
#define SDP_MAX_GROUP_SSRCS 8
#define SDP_MAX_RIDS        16
#define SDP_MAX_LAYERS      16
#define SDP_MAX_MID_CHARS   32 /* media_params.h holds as many */
#define SDP_MAX_RID_CHARS   16
#define SDP_MAX_CODEC_CHARS 23

struct sdp_error {
    size_t line;    /* 1 = first; 0 = the whole */
    char text[200]; /* "line 14: a=fingerprint: expected a hash and hex bytes" */
};

enum sdp_kind {
    SDP_AUDIO,
    SDP_VIDEO,
    SDP_APPLICATION,
    SDP_OTHER,
};

enum sdp_direction {
    SDP_SENDRECV, /* the default */
    SDP_SENDONLY,
    SDP_RECVONLY,
    SDP_INACTIVE,
};

enum sdp_setup {
    SDP_SETUP_NONE, /* no a=setup */
    SDP_SETUP_ACTPASS,
    SDP_SETUP_ACTIVE,
    SDP_SETUP_PASSIVE,
    SDP_SETUP_HOLDCONN,
};

/* a=rtcp-fb that somebody uses, as bits of sdp_codec.feedback. */
enum sdp_feedback {
    SDP_FEEDBACK_NACK = 1 << 0,
    SDP_FEEDBACK_NACK_PLI = 1 << 1,
    SDP_FEEDBACK_CCM_FIR = 1 << 2,
    SDP_FEEDBACK_TRANSPORT_CC = 1 << 3,
    SDP_FEEDBACK_CCM_PAUSE = 1 << 4, /* RFC 7728 section 9, whatever its parameters */
};

struct sdp_codec {
    uint8_t payload_type;
    uint8_t channels;    /* 1 when not given */
    uint8_t feedback;    /* with a=rtcp-fb:* folded in */
    uint32_t clock_rate; /* Hz */
    const char *name;    /* as written, any case; "" without a=rtpmap (PT 0, 8 and 9 are known) */
    const char *fmtp;    /* parameters, of any length; "" without */
};

struct sdp_extmap {
    uint8_t id; /* 1–255; 15 and above only in two-byte form */
    const char *uri;
};

struct sdp_rid {
    const char *id;
    bool send; /* as the offerer sees it: "send", else "recv" */
};

/* One entry of the offerer's send list in a=simulcast. */
struct sdp_layer {
    const char *rid;  /* without the ~ of a paused one */
    bool alternative; /* behind a comma: another choice for the entry before */
};

struct sdp_ssrc {
    uint32_t ssrc;
};

enum sdp_group_semantics {
    SDP_GROUP_FID, /* primary, RTX (RFC 4588 section 8.8) */
    SDP_GROUP_OTHER,
};

struct sdp_ssrc_group {
    enum sdp_group_semantics semantics;
    size_t ssrc_count;
    uint32_t ssrcs[SDP_MAX_GROUP_SSRCS];
};

struct sdp_media {
    size_t line; /* of its m-line, for messages */
    enum sdp_kind kind;
    const char *kind_text; /* "audio", "image", … */
    const char *proto;     /* "UDP/TLS/RTP/SAVPF" */
    const char *formats;   /* "96 97", as written: an answer that refuses repeats them */
    uint16_t port;
    const char *mid; /* "" without */
    enum sdp_direction direction;
    bool bundled; /* in the session's first BUNDLE group */
    bool bundle_only;
    bool rtcp_mux;
    bool rtcp_rsize;

    /* inherited from the session when absent; "" when nowhere */
    const char *ice_ufrag;
    const char *ice_pwd;
    const char
        *fingerprint_hash;   /* "sha-256", lower case; of several lines that one, else the first */
    const char *fingerprint; /* "AB:CD:…" as written */
    enum sdp_setup setup;

    /* owned by the sdp */
    struct sdp_codec *codecs; /* in order of the m-line; only for RTP profiles */
    size_t codec_count;
    struct sdp_extmap *extmaps;
    size_t extmap_count;
    struct sdp_rid *rids;
    size_t rid_count;
    struct sdp_layer *layers; /* a=simulcast, send list; only those that have an a=rid */
    size_t layer_count;
    struct sdp_ssrc *ssrcs;
    size_t ssrc_count;
    struct sdp_ssrc_group *ssrc_groups;
    size_t ssrc_group_count;
};

struct sdp {
    struct sdp_media *media; /* owned */
    size_t media_count;
    const char *bundle; /* mids of the first BUNDLE group, as written; "" without */
    bool has_bundle;
    bool ice_lite;
    void *storage; /* owned: the text and the lists */
};

/* Returns 0, -EBADMSG (malformed) or -E2BIG (over a limit) with ret_error, -ENOMEM. */
int sdp_parse(const char *text, size_t len, const struct sdp_limits *limits, struct sdp **ret_sdp,
    struct sdp_error *ret_error);
void sdp_destroy(struct sdp *sdp);

/* Look-ups; NULL when absent. */
const struct sdp_media *sdp_find_media(const struct sdp *sdp, const char *mid);
const struct sdp_codec *sdp_find_codec(const struct sdp_media *media, uint8_t payload_type);
/* The RTX codec whose apt is that payload type. */
const struct sdp_codec *sdp_find_rtx(const struct sdp_media *media, uint8_t payload_type);
/* The redundancy codec (RFC 2198) whose fmtp names that payload type, and no other, for its blocks. */
const struct sdp_codec *sdp_find_red(const struct sdp_media *media, uint8_t payload_type);
const struct sdp_extmap *sdp_find_extmap(const struct sdp_media *media, const char *uri);
/* The RTX SSRC that an FID group pairs with ssrc; 0 when none does. */
uint32_t sdp_find_rtx_ssrc(const struct sdp_media *media, uint32_t ssrc);

/* One "key=value" of a fmtp line ("a=1;b=2"), value not terminated; key in any case. False when
 * absent. A parameter without "=" has an empty value. */
bool sdp_fmtp_get(const char *fmtp, const char *key, const char **ret_value, size_t *ret_len);
/* The same as a number in that base; fallback when absent or malformed. */
uint32_t sdp_fmtp_get_u32(const char *fmtp, const char *key, int base, uint32_t fallback);

/*
 * Answers are written line by line into a buffer of the caller's; CRLF is added. Once a line did not
 * fit (or held a line break itself) nothing more is written and failed stays set. data is always
 * zero-terminated.
 */
struct sdp_writer {
    char *data; /* borrowed */
    size_t capacity;
    size_t len;
    bool failed;
};

void sdp_writer_init(struct sdp_writer *writer, char *data, size_t capacity);
void sdp_write_line(struct sdp_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "sendonly" … */
const char *sdp_direction_name(enum sdp_direction direction);

#endif
