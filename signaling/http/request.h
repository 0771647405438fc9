/*
 * One HTTP request from its headers to its answer, on one connection after another.
 *
 * The server makes it when the headers are there, collects the body, and gives it to the routes. A
 * handler answers at once or later (http_request_defer): exactly one http_request_respond(). When the
 * client goes away first, on_gone is called instead and the request must not be touched again.
 * Loop thread only; owned by its connection.
 */
#ifndef DUET_SIGNALING_HTTP_REQUEST_H
#define DUET_SIGNALING_HTTP_REQUEST_H

#include "signaling/accounts/devices.h"
#include "signaling/accounts/token.h"
#include "signaling/http/http1.h"
#include "signaling/http/response.h"

#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_MAX_PATH_CHARS  HTTP1_MAX_PATH_CHARS
#define HTTP_MAX_PARAM_CHARS 64
#define HTTP_MAX_PARAMS      4
#define HTTP_ADDRESS_CHARS   46
#define HTTP_MAX_DRAIN_BYTES (2 * 1024 * 1024)

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT,
};

enum http_header {
    HTTP_HEADER_ACCEPT,
    HTTP_HEADER_HOST,
    HTTP_HEADER_ORIGIN,
    HTTP_HEADER_AUTHORIZATION,
    HTTP_HEADER_COOKIE,
    HTTP_HEADER_CONTENT_TYPE,
    HTTP_HEADER_EXPECT,
    HTTP_HEADER_IF_MATCH,
    HTTP_HEADER_IF_NONE_MATCH,
    HTTP_HEADER_IDEMPOTENCY_KEY,
    HTTP_HEADER_FORWARDED_FOR,
    HTTP_HEADER_FORWARDED_HOST,
    HTTP_HEADER_FORWARDED_PROTO,
    HTTP_HEADER_SEC_FETCH_SITE,
    HTTP_HEADER_UPGRADE,
    HTTP_HEADER_USER_AGENT,
    HTTP_HEADER_WEBSOCKET_KEY,
    HTTP_HEADER_WEBSOCKET_PROTOCOL,
    HTTP_HEADER_WEBSOCKET_VERSION,
    HTTP_HEADER_COUNT,
};

struct http_route;
struct idempotency;
struct signaling;
struct ws_socket;

struct http_person {
    int64_t id;                                /* 0 = nobody */
    char name[HTTP_MAX_PARAM_CHARS + 1];       /* what they are called */
    char login_name[HTTP_MAX_PARAM_CHARS + 1]; /* what they log in with */
    char role[32];
    int64_t organisation; /* 0 = of none */
    bool must_change;     /* may do nothing but choose a password */
    char language[8];     /* "" until they chose one */
    char login[17];       /* which of their logins this is: browser_sessions.h */
};

struct http_device {
    int64_t id; /* 0 = none */
    enum device_kind kind;
    int64_t room;
    int64_t school; /* of the room */
};

struct http_request {
    /* borrowed */
    struct lws *wsi;
    struct signaling *app;
    const struct http_route *route; /* NULL for files */

    /* owned */
    char *headers[HTTP_HEADER_COUNT]; /* NULL when absent */
    struct text body;
    struct text wire;                /* the answer, after LWS_PRE bytes of room */
    struct idempotency *idempotency; /* until the answer leaves */
    struct ws_socket *socket;        /* accepted, until the connection takes it over */
    int file;                        /* the rest of the answer, -1: none */
    uint64_t file_left;

    /* state: the request */
    enum http_method method;
    char path[HTTP_MAX_PATH_CHARS + 1];
    char query[HTTP1_MAX_PATH_CHARS + 1]; /* as it was sent; http_request_query() */
    char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1]; /* what "*" in the pattern matched */
    char address[HTTP_ADDRESS_CHARS]; /* of the client, behind trusted proxies too */
    bool tls;                         /* the client speaks HTTPS, to us or to a trusted proxy */
    struct token_claims *claims;      /* owned; of the bearer token, when access asked for it */
    struct http_person person;        /* of the login cookie, when access asked for it */
    struct http_device device;        /* of the device's session, when access asked for it */

    /* state: progress */
    size_t content_length;
    size_t body_seen;
    bool body_done;
    bool body_waited; /* for: some of it came later than the head */
    bool responded;   /* the answer is in wire */
    bool close;       /* the connection ends with the answer */
    void (*on_gone)(void *user);
    void *gone_user;
};

const char *http_method_name(enum http_method method);

/* "" when the header is absent. */
const char *http_request_header(const struct http_request *request, enum http_header header);

/* The value of a name in the query: 1, 0 when it is not there, or -1 when it cannot be used (http1_query_value()). */
int http_request_query(
    const struct http_request *request, const char *name, char *ret_value, size_t size);

/* Media type of the body is this one, whatever its parameters and case. */
bool http_request_has_type(const struct http_request *request, const char *media_type);

/* The answer comes later; on_gone tells when nobody waits for it any more. */
void http_request_defer(struct http_request *request, void (*on_gone)(void *user), void *user);

/* Sends the answer and finishes the response. */
void http_request_respond(struct http_request *request, struct http_response *response);

/* Answers with a problem+json and nothing else. */
void http_request_fail(struct http_request *request, int status, const char *detail_format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the connection: from a parsed head. Returns 0 with ret_request, -ENOMEM, -EBADMSG when a header
 * that must be single is there twice, or -ENOSYS for an unknown method. */
int http_request_create(struct lws *wsi, struct signaling *app, const struct http1_head *head,
    struct http_request **ret_request);

/* Calls on_gone when the answer is still owed. */
void http_request_destroy(struct http_request *request);

#endif
