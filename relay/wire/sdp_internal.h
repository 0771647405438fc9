/*
 * What the files of the SDP parser share; not for others.
 *
 *   sdp.c            text → lines → session and m-lines
 *   sdp_attributes.c one handler per a= line
 *   sdp_query.c      look-ups in the result
 *   sdp_write.c      text out
 */
#ifndef DUET_RELAY_WIRE_SDP_INTERNAL_H
#define DUET_RELAY_WIRE_SDP_INTERNAL_H

#include "relay/wire/sdp.h"

/* ---- text ---- */

/* Lines of a text that is cut in place: each is zero-terminated without its line break. */
struct sdp_lines {
    char *next;
    char *end; /* a zero stands there */
    size_t number;
};

/* 1 with the next line that is not empty, 0 at the end, -EBADMSG for a control character. */
int sdp_next_line(struct sdp_lines *lines, char **ret_line);

/* Cuts the text up to a space off *text and moves behind the spaces; "" at the end. */
char *sdp_next_word(char **text);

/* The whole of text as a decimal number up to max. */
bool sdp_parse_u32(const char *text, uint32_t max, uint32_t *ret_value);

/* 1 to max characters of printable ASCII without space. */
bool sdp_is_token(const char *text, size_t max);

bool sdp_ice_ufrag_valid(const char *text);
bool sdp_ice_pwd_valid(const char *text);

/* Writes "line N: …" and returns -EBADMSG. */
int sdp_fail(struct sdp_error *error, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- the parser ---- */

/* Entries of all m-lines in one growing array per kind: those of an m-line stand side by side, since
 * its lines do. */
enum sdp_list_kind {
    SDP_LIST_CODECS,
    SDP_LIST_EXTMAPS,
    SDP_LIST_RIDS,
    SDP_LIST_LAYERS,
    SDP_LIST_SSRCS,
    SDP_LIST_SSRC_GROUPS,
    SDP_LIST_COUNT,
};

struct sdp_list {
    void *items; /* owned */
    size_t count;
    size_t capacity;
};

struct sdp_storage {
    char *text; /* owned */
    struct sdp_list lists[SDP_LIST_COUNT];
};

#define SDP_NO_CODEC 0xff

struct sdp_parser {
    const struct sdp_limits *limits; /* borrowed */
    struct sdp_error *error;         /* borrowed */

    struct sdp *sdp; /* owned until it is handed over */
    struct sdp_storage *storage;

    size_t line;
    struct sdp_media session; /* what m-lines inherit */
    size_t session_extmaps;
    struct sdp_media *media; /* the m-line being read, or &session */
    size_t starts[SDP_LIST_COUNT];

    /* of the m-line being read */
    uint8_t codec_index[128]; /* payload type → index in its codecs, or SDP_NO_CODEC */
    uint8_t wildcard_feedback;
    bool own_fingerprint;
};

/* A zeroed entry at the end of a list, NULL without memory. Moves the list: pointers into it die. */
void *sdp_list_push(struct sdp_parser *parser, enum sdp_list_kind kind);

/* Entry of the m-line being read. */
void *sdp_list_at(const struct sdp_parser *parser, enum sdp_list_kind kind, size_t index);

/* One a= line, without "a=". Returns 0, -EBADMSG, -E2BIG or -ENOMEM. */
int sdp_read_attribute(struct sdp_parser *parser, char *text);

#endif
