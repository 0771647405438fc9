/* SDP: one handler per a= line. Each gets the text behind the colon, which it may cut. */
#include "relay/wire/sdp_internal.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

static int bad(struct sdp_parser *parser, const char *what)
{
    return sdp_fail(parser->error, parser->line, "a=%s", what);
}

static int too_many(struct sdp_parser *parser, const char *what, size_t max)
{
    sdp_fail(parser->error, parser->line, "more than %zu %s lines in one m-line", max, what);
    return -E2BIG;
}

/* The codec a line speaks of, by a payload type at its head. 1 with it, 0 when this m-line does not
 * have it, negative when it is no payload type. */
static int find_codec(struct sdp_parser *parser, const char *word, struct sdp_codec **ret_codec)
{
    uint32_t payload_type;

    if (!sdp_parse_u32(word, 127, &payload_type))
        return -EBADMSG;
    uint8_t index = parser->codec_index[payload_type];
    if (index == SDP_NO_CODEC)
        return 0;
    *ret_codec = sdp_list_at(parser, SDP_LIST_CODECS, index);
    return 1;
}

/* rtpmap:<pt> <name>/<clock>[/<channels>] */
static int on_rtpmap(struct sdp_parser *parser, char *text)
{
    const char *message = "rtpmap: expected a payload type and name/clock rate/channels";
    struct sdp_codec *codec;
    uint32_t clock_rate;
    uint32_t channels = 1;

    int found = find_codec(parser, sdp_next_word(&text), &codec);
    if (found < 0)
        return bad(parser, message);
    if (found == 0)
        return 0;
    const char *name = strsep(&text, "/");
    const char *clock_text = text ? strsep(&text, "/") : "";
    if (!sdp_is_token(name, SDP_MAX_CODEC_CHARS) ||
        !sdp_parse_u32(clock_text, 1000000, &clock_rate) || clock_rate == 0)
        return bad(parser, message);
    if (text && (!sdp_parse_u32(text, 255, &channels) || channels == 0))
        return bad(parser, message);
    codec->name = name;
    codec->clock_rate = clock_rate;
    codec->channels = (uint8_t)channels;
    return 0;
}

static int on_fmtp(struct sdp_parser *parser, char *text)
{
    struct sdp_codec *codec;

    int found = find_codec(parser, sdp_next_word(&text), &codec);
    if (found < 0)
        return bad(parser, "fmtp: expected a payload type");
    if (found > 0)
        codec->fmtp = text;
    return 0;
}

static uint8_t feedback_bit(const char *type, const char *parameter)
{
    static const struct {
        const char *type;
        const char *parameter;
        uint8_t bit;
    } known[] = {
        {"nack", "", SDP_FEEDBACK_NACK},
        {"nack", "pli", SDP_FEEDBACK_NACK_PLI},
        {"ccm", "fir", SDP_FEEDBACK_CCM_FIR},
        {"ccm", "pause", SDP_FEEDBACK_CCM_PAUSE},
        {"transport-cc", "", SDP_FEEDBACK_TRANSPORT_CC},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(type, known[i].type) == 0 && strcmp(parameter, known[i].parameter) == 0)
            return known[i].bit;
    }
    return 0;
}

/* rtcp-fb:<pt or *> <type> [<parameter>] */
static int on_rtcp_fb(struct sdp_parser *parser, char *text)
{
    struct sdp_codec *codec;
    const char *target = sdp_next_word(&text);
    const char *type = sdp_next_word(&text);
    uint8_t bit = feedback_bit(type, sdp_next_word(&text));

    if (strcmp(target, "*") == 0) {
        parser->wildcard_feedback |= bit;
        return 0;
    }
    int found = find_codec(parser, target, &codec);
    if (found < 0)
        return bad(parser, "rtcp-fb: expected a payload type or *");
    if (found > 0)
        codec->feedback |= bit;
    return 0;
}

static bool direction_from(const char *text, enum sdp_direction *ret_direction)
{
    for (int i = SDP_SENDRECV; i <= SDP_INACTIVE; i++) {
        if (strcmp(text, sdp_direction_name((enum sdp_direction)i)) == 0) {
            *ret_direction = (enum sdp_direction)i;
            return true;
        }
    }
    return false;
}

/* extmap:<id>[/<direction>] <uri> [<attributes>] (RFC 8285 section 8) */
static int on_extmap(struct sdp_parser *parser, char *text)
{
    enum sdp_direction ignored;
    uint32_t id;

    char *way = sdp_next_word(&text);
    const char *id_text = strsep(&way, "/");
    const char *uri = sdp_next_word(&text);
    if (!sdp_parse_u32(id_text, 4351, &id) || (way && !direction_from(way, &ignored)) ||
        !sdp_is_token(uri, 255))
        return bad(parser, "extmap: expected an id and a URI");
    /* Ids from 4096 only propose an extension when valid ones have run out. */
    if (id >= 4096)
        return 0;
    if (id == 0 || id > 255)
        return bad(parser, "extmap: ids are 1 to 255");
    if (parser->media->extmap_count == SDP_MAX_EXTMAPS)
        return too_many(parser, "extmap", SDP_MAX_EXTMAPS);
    struct sdp_extmap *extmap = sdp_list_push(parser, SDP_LIST_EXTMAPS);
    if (!extmap)
        return -ENOMEM;
    *extmap = (struct sdp_extmap){.id = (uint8_t)id, .uri = uri};
    parser->media->extmap_count++;
    return 0;
}

static bool is_rid(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > SDP_MAX_RID_CHARS)
        return false;
    for (; *text != '\0'; text++) {
        if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_')
            return false;
    }
    return true;
}

/* rid:<id> send|recv [<restrictions>] (RFC 8851 section 10) */
static int on_rid(struct sdp_parser *parser, char *text)
{
    const char *id = sdp_next_word(&text);
    const char *way = sdp_next_word(&text);
    bool send = strcmp(way, "send") == 0;

    if (!is_rid(id) || (!send && strcmp(way, "recv") != 0))
        return bad(
            parser, "rid: expected an id of at most 16 letters and digits, and send or recv");
    if (parser->media->rid_count == SDP_MAX_RIDS)
        return too_many(parser, "rid", SDP_MAX_RIDS);
    struct sdp_rid *rid = sdp_list_push(parser, SDP_LIST_RIDS);
    if (!rid)
        return -ENOMEM;
    *rid = (struct sdp_rid){.id = id, .send = send};
    parser->media->rid_count++;
    return 0;
}

/* "h;~m,l": layers apart by ';', choices for one layer by ',', '~' says paused. */
static int read_layers(struct sdp_parser *parser, char *list)
{
    char *stream;

    while ((stream = strsep(&list, ";")) != NULL) {
        bool alternative = false;
        const char *id;
        while ((id = strsep(&stream, ",")) != NULL) {
            bool paused = id[0] == '~';
            if (!is_rid(id + paused))
                return bad(parser, "simulcast: expected rids apart by ';' or ','");
            if (parser->media->layer_count == SDP_MAX_LAYERS)
                return too_many(parser, "simulcast layer", SDP_MAX_LAYERS);
            struct sdp_layer *layer = sdp_list_push(parser, SDP_LIST_LAYERS);
            if (!layer)
                return -ENOMEM;
            *layer = (struct sdp_layer){
                .rid = id + paused,
                .alternative = alternative,
            };
            parser->media->layer_count++;
            alternative = true;
        }
    }
    return 0;
}

/* simulcast:send <list> [recv <list>], in either order (RFC 8853 section 5.1) */
static int on_simulcast(struct sdp_parser *parser, char *text)
{
    while (*text != '\0') {
        const char *way = sdp_next_word(&text);
        char *list = sdp_next_word(&text);
        bool send = strcmp(way, "send") == 0;
        if ((!send && strcmp(way, "recv") != 0) || list[0] == '\0')
            return bad(parser, "simulcast: expected send or recv and a list of rids");
        int r = send ? read_layers(parser, list) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* Each once, in the order of their first line. */
static int add_ssrc(struct sdp_parser *parser, uint32_t ssrc)
{
    for (size_t i = parser->media->ssrc_count; i-- > 0;) {
        const struct sdp_ssrc *known = sdp_list_at(parser, SDP_LIST_SSRCS, i);
        if (known->ssrc == ssrc)
            return 0;
    }
    if (parser->media->ssrc_count == SDP_MAX_SSRCS)
        return too_many(parser, "ssrc", SDP_MAX_SSRCS);
    struct sdp_ssrc *added = sdp_list_push(parser, SDP_LIST_SSRCS);
    if (!added)
        return -ENOMEM;
    added->ssrc = ssrc;
    parser->media->ssrc_count++;
    return 0;
}

/* ssrc:<ssrc> <attribute>[:<value>] (RFC 5576 section 4.1) */
static int on_ssrc(struct sdp_parser *parser, char *text)
{
    uint32_t number;

    if (!sdp_parse_u32(sdp_next_word(&text), UINT32_MAX, &number))
        return bad(parser, "ssrc: expected a 32-bit number");
    return add_ssrc(parser, number);
}

/* ssrc-group:<semantics> <ssrc> … (RFC 5576 section 4.2) */
static int on_ssrc_group(struct sdp_parser *parser, char *text)
{
    struct sdp_ssrc_group group = {.semantics = SDP_GROUP_OTHER};

    const char *semantics = sdp_next_word(&text);
    if (strcmp(semantics, "FID") == 0)
        group.semantics = SDP_GROUP_FID;
    while (*text != '\0') {
        uint32_t ssrc;
        if (!sdp_parse_u32(sdp_next_word(&text), UINT32_MAX, &ssrc) ||
            group.ssrc_count == SDP_MAX_GROUP_SSRCS)
            return bad(parser, "ssrc-group: expected at most 8 SSRCs");
        group.ssrcs[group.ssrc_count++] = ssrc;
    }
    if (parser->media->ssrc_group_count == SDP_MAX_SSRC_GROUPS)
        return too_many(parser, "ssrc-group", SDP_MAX_SSRC_GROUPS);
    struct sdp_ssrc_group *added = sdp_list_push(parser, SDP_LIST_SSRC_GROUPS);
    if (!added)
        return -ENOMEM;
    *added = group;
    parser->media->ssrc_group_count++;
    return 0;
}

static int on_mid(struct sdp_parser *parser, char *text)
{
    if (!sdp_is_token(text, SDP_MAX_MID_CHARS))
        return bad(parser, "mid: expected 1 to 32 characters");
    parser->media->mid = text;
    return 0;
}

static int on_group(struct sdp_parser *parser, char *text)
{
    const char *semantics = sdp_next_word(&text);

    if (strcmp(semantics, "BUNDLE") == 0 && !parser->sdp->has_bundle) {
        parser->sdp->has_bundle = true;
        parser->sdp->bundle = text;
    }
    return 0;
}

static int on_ice_ufrag(struct sdp_parser *parser, char *text)
{
    if (!sdp_ice_ufrag_valid(text))
        return bad(parser, "ice-ufrag: expected 4 to 256 characters");
    parser->media->ice_ufrag = text;
    return 0;
}

static int on_ice_pwd(struct sdp_parser *parser, char *text)
{
    if (!sdp_ice_pwd_valid(text))
        return bad(parser, "ice-pwd: expected 22 to 256 characters");
    parser->media->ice_pwd = text;
    return 0;
}

static bool is_hex_pairs(const char *text)
{
    for (;; text += 3) {
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
            return false;
        if (text[2] == '\0')
            return true;
        if (text[2] != ':')
            return false;
    }
}

/* fingerprint:<hash> <AB:CD:…> (RFC 8122 section 5) */
static int on_fingerprint(struct sdp_parser *parser, char *text)
{
    char *hash = sdp_next_word(&text);

    if (!sdp_is_token(hash, 16) || !is_hex_pairs(text))
        return bad(parser, "fingerprint: expected a hash and hex bytes");
    for (char *c = hash; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    /* SHA-256 is what our transport can check; an m-line's own lines hide the session's. */
    bool first = parser->media->fingerprint[0] == '\0' || !parser->own_fingerprint;
    bool better =
        strcmp(hash, "sha-256") == 0 && strcmp(parser->media->fingerprint_hash, "sha-256") != 0;
    parser->own_fingerprint = true;
    if (first || better) {
        parser->media->fingerprint_hash = hash;
        parser->media->fingerprint = text;
    }
    return 0;
}

static int on_setup(struct sdp_parser *parser, char *text)
{
    static const char *const names[] = {
        [SDP_SETUP_ACTPASS] = "actpass",
        [SDP_SETUP_ACTIVE] = "active",
        [SDP_SETUP_PASSIVE] = "passive",
        [SDP_SETUP_HOLDCONN] = "holdconn",
    };

    for (int i = SDP_SETUP_ACTPASS; i <= SDP_SETUP_HOLDCONN; i++) {
        if (strcmp(text, names[i]) == 0) {
            parser->media->setup = (enum sdp_setup)i;
            return 0;
        }
    }
    return bad(parser, "setup: expected actpass, active, passive or holdconn");
}

static int on_flag(struct sdp_parser *parser, const char *name)
{
    struct sdp_media *media = parser->media;

    if (direction_from(name, &media->direction))
        return 0;
    if (strcmp(name, "rtcp-mux") == 0)
        media->rtcp_mux = true;
    else if (strcmp(name, "rtcp-rsize") == 0)
        media->rtcp_rsize = true;
    else if (strcmp(name, "bundle-only") == 0)
        media->bundle_only = true;
    else if (strcmp(name, "ice-lite") == 0 && media == &parser->session)
        parser->sdp->ice_lite = true;
    return 0;
}

enum level {
    LEVEL_SESSION = 1,
    LEVEL_MEDIA = 2,
    LEVEL_BOTH = 3,
};

struct attribute {
    const char *name;
    size_t len;
    enum level level; /* where it means something; elsewhere it is skipped */
    int (*read)(struct sdp_parser *parser, char *text);
};

/* The most frequent first: an offer has thousands of them. */
static const struct attribute attributes[] = {
    {"rtcp-fb", 7, LEVEL_MEDIA, on_rtcp_fb},
    {"rtpmap", 6, LEVEL_MEDIA, on_rtpmap},
    {"fmtp", 4, LEVEL_MEDIA, on_fmtp},
    {"extmap", 6, LEVEL_BOTH, on_extmap},
    {"ssrc", 4, LEVEL_MEDIA, on_ssrc},
    {"ssrc-group", 10, LEVEL_MEDIA, on_ssrc_group},
    {"rid", 3, LEVEL_MEDIA, on_rid},
    {"simulcast", 9, LEVEL_MEDIA, on_simulcast},
    {"mid", 3, LEVEL_MEDIA, on_mid},
    {"group", 5, LEVEL_SESSION, on_group},
    {"ice-ufrag", 9, LEVEL_BOTH, on_ice_ufrag},
    {"ice-pwd", 7, LEVEL_BOTH, on_ice_pwd},
    {"fingerprint", 11, LEVEL_BOTH, on_fingerprint},
    {"setup", 5, LEVEL_BOTH, on_setup},
};

int sdp_read_attribute(struct sdp_parser *parser, char *text)
{
    char *colon = strchr(text, ':');

    if (!colon)
        return on_flag(parser, text);
    size_t len = (size_t)(colon - text);
    enum level level = parser->media == &parser->session ? LEVEL_SESSION : LEVEL_MEDIA;
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        const struct attribute *attribute = &attributes[i];
        if (attribute->len != len || memcmp(attribute->name, text, len) != 0)
            continue;
        return attribute->level & level ? attribute->read(parser, colon + 1) : 0;
    }
    return 0;
}
