#include "relay/wire/sdpfrag.h"

#include "relay/wire/sdp_internal.h"

#include <errno.h>
#include <string.h>

struct fragment_parser {
    struct sdpfrag *fragment; /* borrowed */
    struct sdp_error *error;  /* borrowed */
    size_t line;
    size_t media_count; /* m-lines so far; 0 at the top */
};

static int bad(const struct fragment_parser *parser, const char *what)
{
    return sdp_fail(parser->error, parser->line, "%s", what);
}

/* Everything is bundled: the same credentials may be repeated, others may not stand beside them. */
static int keep_credential(const struct fragment_parser *parser, char *kept, const char *text)
{
    if (kept[0] != '\0' && strcmp(kept, text) != 0)
        return bad(parser, "more than one ICE user name or password");
    memcpy(kept, text, strlen(text) + 1);
    return 0;
}

static int check_mid(const struct fragment_parser *parser, const char *text)
{
    if (parser->media_count == 0 || !sdp_is_token(text, SDP_MAX_MID_CHARS))
        return bad(parser, "a=mid: expected 1 to 32 characters under an m-line");
    return 0;
}

static int check_candidate(const struct fragment_parser *parser)
{
    if (parser->media_count == 0)
        return bad(parser, "a=candidate: expected an m-line before it");
    return 0;
}

static int read_attribute(const struct fragment_parser *parser, const char *text)
{
    struct sdpfrag *fragment = parser->fragment;

    if (strncmp(text, "ice-ufrag:", 10) == 0) {
        if (!sdp_ice_ufrag_valid(text + 10))
            return bad(parser, "a=ice-ufrag: expected 4 to 256 characters");
        return keep_credential(parser, fragment->ice_ufrag, text + 10);
    }
    if (strncmp(text, "ice-pwd:", 8) == 0) {
        if (!sdp_ice_pwd_valid(text + 8))
            return bad(parser, "a=ice-pwd: expected 22 to 256 characters");
        return keep_credential(parser, fragment->ice_pwd, text + 8);
    }
    if (strncmp(text, "mid:", 4) == 0)
        return check_mid(parser, text + 4);
    if (strncmp(text, "candidate:", 10) == 0)
        return check_candidate(parser);
    return 0;
}

static int begin_media(struct fragment_parser *parser)
{
    if (parser->media_count == SDPFRAG_MAX_MEDIA) {
        sdp_fail(parser->error, parser->line, "more than %d m-lines", SDPFRAG_MAX_MEDIA);
        return -E2BIG;
    }
    parser->media_count++;
    return 0;
}

static int read_line(struct fragment_parser *parser, const char *line)
{
    if (line[1] != '=')
        return bad(parser, "expected a letter and '='");
    if (line[0] == 'm')
        return begin_media(parser);
    return line[0] == 'a' ? read_attribute(parser, line + 2) : 0;
}

int sdpfrag_parse(
    const char *text, size_t len, struct sdpfrag *ret_fragment, struct sdp_error *ret_error)
{
    struct sdpfrag fragment = {0};
    struct fragment_parser parser = {.fragment = &fragment, .error = ret_error};
    char copy[SDPFRAG_MAX_BYTES + 1];
    char *line;
    int r;

    if (len > SDPFRAG_MAX_BYTES) {
        sdp_fail(ret_error, 0, "more than %d bytes", SDPFRAG_MAX_BYTES);
        return -E2BIG;
    }
    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    struct sdp_lines lines = {.next = copy, .end = copy + len};
    while ((r = sdp_next_line(&lines, &line)) > 0) {
        parser.line = lines.number;
        r = read_line(&parser, line);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return sdp_fail(ret_error, lines.number, "control character");
    if (parser.line == 0)
        return sdp_fail(ret_error, 0, "empty fragment");
    if ((fragment.ice_ufrag[0] == '\0') != (fragment.ice_pwd[0] == '\0'))
        return sdp_fail(ret_error, 0, "an ICE user name and a password belong together");
    *ret_fragment = fragment;
    return 0;
}

void sdpfrag_write_answer(struct sdp_writer *writer, const struct sdpfrag_answer *answer)
{
    sdp_write_line(writer, "a=ice-lite");
    sdp_write_line(writer, "a=ice-ufrag:%s", answer->ice_ufrag);
    sdp_write_line(writer, "a=ice-pwd:%s", answer->ice_pwd);
    sdp_write_line(writer, "m=%s 9 UDP/TLS/RTP/SAVPF 0", answer->kind);
    sdp_write_line(writer, "a=mid:%s", answer->mid);
    for (size_t i = 0; i < answer->candidate_count; i++) {
        const char *candidate = answer->candidates[i];
        bool prefixed = strncmp(candidate, "candidate:", 10) == 0;
        sdp_write_line(writer, "a=%s%s", prefixed ? "" : "candidate:", candidate);
    }
    sdp_write_line(writer, "a=end-of-candidates");
}
