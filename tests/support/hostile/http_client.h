/*
 * The few words of HTTP/1.1 that a WHIP or WHEP client needs: one request after the other over one
 * kept connection to signaling on loopback, plain text, answers with a Content-Length. Blocking, with
 * a limit of 10 s. One thread.
 */
#ifndef DUET_TESTS_SUPPORT_HOSTILE_HTTP_CLIENT_H
#define DUET_TESTS_SUPPORT_HOSTILE_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_BYTES 65536
#define HTTP_TEXT_CHARS 256

struct http_client {
    uint16_t port;
    int fd; /* owned; -1 = not connected */
};

struct http_request {
    const char *method;
    const char *path;
    const char *token;        /* NULL = none */
    const char *content_type; /* NULL = no body */
    const char *if_match;     /* NULL = none */
    const char *body;
};

struct http_answer {
    int status;
    char location[HTTP_TEXT_CHARS]; /* its path; "" without */
    char body[HTTP_BODY_BYTES + 1];
};

void http_client_init(struct http_client *client, uint16_t port);
void http_client_finish(struct http_client *client);

/* Returns 0 for any answer, -EBADMSG for one that is not understood, or what connect() and recv() say. */
int http_client_send(
    struct http_client *client, const struct http_request *request, struct http_answer *ret_answer);

#endif
