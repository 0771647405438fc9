/* SDP: from text to session and m-lines. */
#include "relay/wire/sdp.h"

#include "relay/wire/sdp_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct sdp_limits sdp_limits_whip = {
    .max_bytes = 64 * 1024,
    .max_lines = 8000,
    .max_media = 24,
};
const struct sdp_limits sdp_limits_whep = {
    .max_bytes = 256 * 1024,
    .max_lines = 8000,
    .max_media = 24,
};

static const size_t item_bytes[SDP_LIST_COUNT] = {
    [SDP_LIST_CODECS] = sizeof(struct sdp_codec),
    [SDP_LIST_EXTMAPS] = sizeof(struct sdp_extmap),
    [SDP_LIST_RIDS] = sizeof(struct sdp_rid),
    [SDP_LIST_LAYERS] = sizeof(struct sdp_layer),
    [SDP_LIST_SSRCS] = sizeof(struct sdp_ssrc),
    [SDP_LIST_SSRC_GROUPS] = sizeof(struct sdp_ssrc_group),
};

void *sdp_list_push(struct sdp_parser *parser, enum sdp_list_kind kind)
{
    struct sdp_list *list = &parser->storage->lists[kind];

    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 32;
        void *items = realloc(list->items, capacity * item_bytes[kind]);
        if (!items)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    void *item = (char *)list->items + list->count++ * item_bytes[kind];
    memset(item, 0, item_bytes[kind]);
    return item;
}

void *sdp_list_at(const struct sdp_parser *parser, enum sdp_list_kind kind, size_t index)
{
    return (char *)parser->storage->lists[kind].items +
           (parser->starts[kind] + index) * item_bytes[kind];
}

/* The next count entries of a list, NULL when there are none. */
static void *take(const struct sdp_storage *storage, size_t first[SDP_LIST_COUNT],
    enum sdp_list_kind kind, size_t count)
{
    size_t offset = first[kind] * item_bytes[kind];

    first[kind] += count;
    return count > 0 ? (char *)storage->lists[kind].items + offset : NULL;
}

/* Lists have stopped moving: m-lines may point into them. */
static void point_into_lists(struct sdp_parser *parser)
{
    const struct sdp_storage *lists = parser->storage;
    size_t first[SDP_LIST_COUNT] = {[SDP_LIST_EXTMAPS] = parser->session_extmaps};

    for (size_t i = 0; i < parser->sdp->media_count; i++) {
        struct sdp_media *m = &parser->sdp->media[i];
        m->codecs = take(lists, first, SDP_LIST_CODECS, m->codec_count);
        m->extmaps = take(lists, first, SDP_LIST_EXTMAPS, m->extmap_count);
        m->rids = take(lists, first, SDP_LIST_RIDS, m->rid_count);
        m->layers = take(lists, first, SDP_LIST_LAYERS, m->layer_count);
        m->ssrcs = take(lists, first, SDP_LIST_SSRCS, m->ssrc_count);
        m->ssrc_groups = take(lists, first, SDP_LIST_SSRC_GROUPS, m->ssrc_group_count);
    }
}

static enum sdp_kind kind_of(const char *text)
{
    if (strcmp(text, "audio") == 0)
        return SDP_AUDIO;
    if (strcmp(text, "video") == 0)
        return SDP_VIDEO;
    if (strcmp(text, "application") == 0)
        return SDP_APPLICATION;
    return SDP_OTHER;
}

/* Static payload types that a client may offer without a=rtpmap (RFC 3551 section 6). */
static void name_static_codec(struct sdp_codec *codec)
{
    codec->name = "";
    codec->fmtp = "";
    codec->channels = 1;
    if (codec->payload_type == 0)
        codec->name = "PCMU";
    else if (codec->payload_type == 8)
        codec->name = "PCMA";
    else if (codec->payload_type == 9)
        codec->name = "G722";
    if (codec->name[0] != '\0')
        codec->clock_rate = 8000;
}

/* The payload types of an m-line. formats is left as it is. */
static int read_payload_types(struct sdp_parser *parser, const char *formats)
{
    struct sdp_media *media = parser->media;

    while (*formats != '\0') {
        char word[4] = "";
        uint32_t payload_type;
        size_t len = strcspn(formats, " ");
        if (len < sizeof(word))
            memcpy(word, formats, len);
        if (!sdp_parse_u32(word, 127, &payload_type))
            return sdp_fail(parser->error, parser->line, "m=: payload types are 0 to 127");
        formats += len;
        formats += strspn(formats, " ");
        if (parser->codec_index[payload_type] != SDP_NO_CODEC)
            continue;
        struct sdp_codec *codec = sdp_list_push(parser, SDP_LIST_CODECS);
        if (!codec)
            return -ENOMEM;
        codec->payload_type = (uint8_t)payload_type;
        name_static_codec(codec);
        parser->codec_index[payload_type] = (uint8_t)media->codec_count++;
    }
    return 0;
}

/* Session-level extmaps count for every m-line. */
static int inherit_extmaps(struct sdp_parser *parser)
{
    for (size_t i = 0; i < parser->session_extmaps; i++) {
        struct sdp_extmap *extmap = sdp_list_push(parser, SDP_LIST_EXTMAPS);
        if (!extmap)
            return -ENOMEM;
        *extmap = ((struct sdp_extmap *)parser->storage->lists[SDP_LIST_EXTMAPS].items)[i];
    }
    parser->media->extmap_count = parser->session_extmaps;
    return 0;
}

static bool has_send_rid(const struct sdp_parser *parser, const char *id)
{
    for (size_t i = 0; i < parser->media->rid_count; i++) {
        const struct sdp_rid *rid = sdp_list_at(parser, SDP_LIST_RIDS, i);
        if (rid->send && strcmp(rid->id, id) == 0)
            return true;
    }
    return false;
}

/* Layers without an a=rid are ignored (RFC 8853 section 5.2). */
static void drop_unknown_layers(struct sdp_parser *parser)
{
    size_t kept = 0;

    for (size_t i = 0; i < parser->media->layer_count; i++) {
        const struct sdp_layer *layer = sdp_list_at(parser, SDP_LIST_LAYERS, i);
        if (has_send_rid(parser, layer->rid))
            *(struct sdp_layer *)sdp_list_at(parser, SDP_LIST_LAYERS, kept++) = *layer;
    }
    parser->storage->lists[SDP_LIST_LAYERS].count -= parser->media->layer_count - kept;
    parser->media->layer_count = kept;
}

/* What can only be said when all lines of an m-line, or of the session, are read. */
static int finish_section(struct sdp_parser *parser)
{
    struct sdp_media *media = parser->media;

    if (media == &parser->session) {
        parser->session_extmaps = media->extmap_count;
        return 0;
    }
    for (size_t i = 0; i < media->codec_count; i++) {
        struct sdp_codec *codec = sdp_list_at(parser, SDP_LIST_CODECS, i);
        codec->feedback |= parser->wildcard_feedback;
    }
    drop_unknown_layers(parser);
    const struct sdp_media *first = sdp_find_media(parser->sdp, media->mid);
    if (media->mid[0] != '\0' && first != media)
        return sdp_fail(parser->error, media->line, "the mid of this m-line is taken already");
    return 0;
}

static int begin_media(struct sdp_parser *parser)
{
    struct sdp *sdp = parser->sdp;

    if (sdp->media_count == parser->limits->max_media) {
        sdp_fail(parser->error, parser->line, "more than %zu m-lines", parser->limits->max_media);
        return -E2BIG;
    }
    parser->media = &sdp->media[sdp->media_count++];
    *parser->media = parser->session;
    parser->media->line = parser->line;
    for (size_t i = 0; i < SDP_LIST_COUNT; i++)
        parser->starts[i] = parser->storage->lists[i].count;
    memset(parser->codec_index, SDP_NO_CODEC, sizeof(parser->codec_index));
    parser->wildcard_feedback = 0;
    parser->own_fingerprint = false;
    return inherit_extmaps(parser);
}

/* m=<media> <port>[/<number>] <proto> <fmt> … (RFC 8866 section 5.14) */
static int read_media(struct sdp_parser *parser, char *text)
{
    uint32_t port;

    int r = finish_section(parser);
    if (r == 0)
        r = begin_media(parser);
    if (r < 0)
        return r;

    struct sdp_media *media = parser->media;
    media->kind_text = sdp_next_word(&text);
    media->kind = kind_of(media->kind_text);
    char *port_text = sdp_next_word(&text);
    port_text[strcspn(port_text, "/")] = '\0';
    media->proto = sdp_next_word(&text);
    media->formats = text;
    bool printable = true;
    for (const char *c = text; *c != '\0'; c++)
        printable = printable && *c >= ' ' && *c <= '~';
    if (!sdp_is_token(media->kind_text, 32) || !sdp_parse_u32(port_text, UINT16_MAX, &port) ||
        !sdp_is_token(media->proto, 64) || text[0] == '\0' || !printable)
        return sdp_fail(
            parser->error, parser->line, "m=: expected a kind, a port, a protocol and formats");
    media->port = (uint16_t)port;
    if (!strstr(media->proto, "RTP/"))
        return 0;
    return read_payload_types(parser, text);
}

static int read_line(struct sdp_parser *parser, char *line)
{
    if (line[1] != '=')
        return sdp_fail(parser->error, parser->line, "expected a letter and '='");
    if ((parser->line == 1) != (line[0] == 'v') || (parser->line == 1 && strcmp(line, "v=0") != 0))
        return sdp_fail(parser->error, parser->line, "expected v=0 as first line and nowhere else");

    switch (line[0]) {
    case 'a':
        return sdp_read_attribute(parser, line + 2);
    case 'm':
        return read_media(parser, line + 2);
    default:
        return 0;
    }
}

/* Marks the m-lines that the first BUNDLE group names (RFC 9143 section 7). */
static void mark_bundle(struct sdp *sdp)
{
    const char *mids = sdp->bundle;

    while (*mids != '\0') {
        size_t len = strcspn(mids, " ");
        for (size_t i = 0; i < sdp->media_count; i++) {
            const char *mid = sdp->media[i].mid;
            if (len > 0 && strlen(mid) == len && memcmp(mid, mids, len) == 0)
                sdp->media[i].bundled = true;
        }
        mids += len;
        mids += strspn(mids, " ");
    }
}

static int read_lines(struct sdp_parser *parser, size_t len)
{
    char *text = parser->storage->text;
    struct sdp_lines lines = {.next = text, .end = text + len};
    char *line;
    int r;

    while ((r = sdp_next_line(&lines, &line)) > 0) {
        parser->line = lines.number;
        if (lines.number > parser->limits->max_lines) {
            sdp_fail(parser->error, 0, "more than %zu lines", parser->limits->max_lines);
            return -E2BIG;
        }
        r = read_line(parser, line);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return sdp_fail(parser->error, lines.number, "control character");
    if (parser->line == 0)
        return sdp_fail(parser->error, 0, "empty description");
    r = finish_section(parser);
    if (r < 0)
        return r;
    mark_bundle(parser->sdp);
    point_into_lists(parser);
    return 0;
}

static int allocate(struct sdp_parser *parser, const char *text, size_t len)
{
    parser->sdp = calloc(1, sizeof(*parser->sdp));
    if (!parser->sdp)
        return -ENOMEM;
    parser->sdp->bundle = "";
    parser->storage = calloc(1, sizeof(*parser->storage));
    parser->sdp->storage = parser->storage;
    parser->sdp->media = calloc(parser->limits->max_media, sizeof(*parser->sdp->media));
    if (!parser->storage || !parser->sdp->media)
        return -ENOMEM;
    parser->storage->text = malloc(len + 1);
    if (!parser->storage->text)
        return -ENOMEM;
    memcpy(parser->storage->text, text, len);
    parser->storage->text[len] = '\0';
    return 0;
}

static const struct sdp_media empty_media = {
    .kind_text = "",
    .proto = "",
    .formats = "",
    .mid = "",
    .ice_ufrag = "",
    .ice_pwd = "",
    .fingerprint_hash = "",
    .fingerprint = "",
};

int sdp_parse(const char *text, size_t len, const struct sdp_limits *limits, struct sdp **ret_sdp,
    struct sdp_error *ret_error)
{
    struct sdp_parser parser = {
        .limits = limits,
        .error = ret_error,
        .session = empty_media,
        .media = &parser.session,
    };

    if (len > limits->max_bytes) {
        sdp_fail(ret_error, 0, "more than %zu bytes", limits->max_bytes);
        return -E2BIG;
    }
    memset(parser.codec_index, SDP_NO_CODEC, sizeof(parser.codec_index));
    int r = len == 0 ? sdp_fail(ret_error, 0, "empty description") : allocate(&parser, text, len);
    if (r == 0)
        r = read_lines(&parser, len);
    if (r < 0)
        goto out;
    *ret_sdp = parser.sdp;
    parser.sdp = NULL;

out:
    if (r == -ENOMEM)
        sdp_fail(ret_error, 0, "out of memory");
    sdp_destroy(parser.sdp);
    return r;
}

void sdp_destroy(struct sdp *sdp)
{
    if (!sdp)
        return;
    struct sdp_storage *storage = sdp->storage;
    if (storage) {
        for (size_t i = 0; i < SDP_LIST_COUNT; i++)
            free(storage->lists[i].items);
        free(storage->text);
    }
    free(storage);
    free(sdp->media);
    free(sdp);
}
