/*
 * An HTTP answer being put together: status, headers, body. Values with line breaks or other control
 * characters never reach the wire: such a header makes the answer a 500. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_RESPONSE_H
#define DUET_SIGNALING_HTTP_RESPONSE_H

#include "signaling/http/text.h"

#include <jansson.h>
#include <stdint.h>

struct http_response {
    int status;
    bool close;          /* end the connection after this answer */
    struct text headers; /* "Name: value\r\n"… */
    struct text body;
    int file; /* owned; a file that is the body instead, -1: none */
    uint64_t file_bytes;
};

void http_response_init(struct http_response *response, int status);
void http_response_finish(struct http_response *response);

void http_response_header(struct http_response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets Content-Type and copies the body. */
void http_response_body(
    struct http_response *response, const char *content_type, const void *data, size_t len);

/* Sets Content-Type, and takes the file as the body: bytes of it from where it stands. It is read as it is sent, so that
 * an answer of any size takes no memory. */
void http_response_file(
    struct http_response *response, const char *content_type, int file, uint64_t bytes);

/* Body from a JSON value; takes the reference. */
void http_response_json(struct http_response *response, json_t *value);

/* Turns it into a problem+json (RFC 9457): title of the status, and detail, a sentence that helps. */
void http_response_problem(struct http_response *response, int status, const char *detail_format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same with the members besides, whose reference is taken; NULL for none. */
void http_response_problem_of(
    struct http_response *response, int status, const char *detail, json_t *members);

/* Reason phrase; "" for an unknown status. */
const char *http_status_title(int status);

/*
 * The bytes for the wire into ret_wire (appended): status line, Date, Content-Length, Connection,
 * headers, and the body unless head_only. Returns 0 or -ENOMEM.
 */
int http_response_serialise(
    const struct http_response *response, bool head_only, uint64_t wall_us, struct text *ret_wire);

#endif
