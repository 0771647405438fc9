/*
 * Head of an HTTP/1.1 request (RFC 9112): request line and headers, strictly. What two parsers could
 * read differently is refused rather than guessed (bare CR or LF, folded lines, space before a colon,
 * two lengths), since that is how requests are smuggled. Pure; spans point into the input. Fuzzed.
 */
#ifndef DUET_SIGNALING_HTTP_HTTP1_H
#define DUET_SIGNALING_HTTP_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HTTP1_MAX_HEAD_BYTES (16 * 1024)
#define HTTP1_MAX_HEADERS    100
#define HTTP1_MAX_PATH_CHARS 1024 /* and as many again of a query */

enum http1_error {
    HTTP1_OK,
    HTTP1_MALFORMED,       /* 400 */
    HTTP1_TOO_LARGE,       /* 431 */
    HTTP1_URI_TOO_LONG,    /* 414 */
    HTTP1_VERSION,         /* 505 */
    HTTP1_BAD_LENGTH,      /* 400 */
    HTTP1_LENGTH_REQUIRED, /* 411: any Transfer-Encoding, since chunks are not decoded */
};

struct http1_span {
    const char *data;
    size_t len;
};

struct http1_header {
    struct http1_span name;
    struct http1_span value; /* without surrounding space */
};

struct http1_head {
    struct http1_span method;
    char path[HTTP1_MAX_PATH_CHARS + 1]; /* decoded, without the query; begins with a slash */
    struct http1_span query;             /* what stands behind the path's "?", as it was sent */
    struct http1_header headers[HTTP1_MAX_HEADERS];
    size_t header_count;
    size_t content_length;
    bool has_length;
    bool keep_alive;
};

/*
 * Returns the length of the head including its empty line, 0 when more bytes are needed, or -1 with
 * the reason in ret_error. Empty lines before the request are part of the head (RFC 9112 section 2.2).
 */
ssize_t http1_parse_head(
    const char *data, size_t len, struct http1_head *ret_head, enum http1_error *ret_error);

/*
 * The value of a name in "name=value&other=value", decoded (RFC 3986 section 2.1, and + for a space): 1, 0 when it is
 * not there, or -1 for a value that is no text without control characters or does not fit.
 */
int http1_query_value(struct http1_span query, const char *name, char *ret_value, size_t size);

/* Case-insensitive. */
bool http1_is(struct http1_span span, const char *text);

/* A comma-separated list has this token. */
bool http1_list_has(struct http1_span list, const char *token);

#endif
