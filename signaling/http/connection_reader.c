/* What comes in, from bytes to requests: heads, bodies, and connections that become something else. */
#include "signaling/http/access.h"
#include "signaling/http/connection_parts.h"
#include "signaling/http/http1.h"
#include "signaling/http/routes.h"
#include "signaling/http/server.h"
#include "signaling/http/upgrade.h"
#include "signaling/http/ws_socket.h"
#include "signaling/service.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define MAX_WAITING_BYTES (128 * 1024) /* of later requests, while one is being answered */

static void take(struct connection *connection, size_t len)
{
    /* nothing is kept for a client that says nothing */
    if (len == connection->in.len) {
        http_connection_discard_input(connection);
        return;
    }
    memmove(connection->in.data, connection->in.data + len, connection->in.len - len);
    connection->in.len -= len;
}

/* An answer to what is no request: it ends the connection. */
static int refuse_head(struct connection *connection, enum http1_error error)
{
    static const struct {
        int status;
        const char *detail;
    } answers[] = {
        [HTTP1_OK] = {501, "This method is not known."},
        [HTTP1_MALFORMED] = {400, "This is not a well-formed HTTP request."},
        [HTTP1_TOO_LARGE] = {431, "The headers are too large; at most 16 KiB are accepted."},
        [HTTP1_URI_TOO_LONG] = {414,
            "The address is too long; at most 1024 characters are accepted."},
        [HTTP1_VERSION] = {505, "Only HTTP/1.1 is spoken here."},
        [HTTP1_BAD_LENGTH] = {400, "The Content-Length header is not one number."},
        [HTTP1_LENGTH_REQUIRED] = {411, "Send the body whole, with a Content-Length header."},
    };
    struct http1_head head = {.path = "/"};
    struct http_request *request;

    head.method = (struct http1_span){"GET", 3};
    if (http_request_create(connection->wsi, connection->app, &head, &request) < 0)
        return -1;
    connection->request = request;
    http_server_count(connection->app->server, 1);
    connection->in.len = 0;
    request->close = true;
    http_request_fail(request, answers[error].status, "%s", answers[error].detail);
    return 0;
}

static bool wants_body(enum http_method method)
{
    return method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH;
}

static int send_continue(struct connection *connection)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    unsigned char buffer[LWS_PRE + sizeof(go_on)];

    memcpy(buffer + LWS_PRE, go_on, sizeof(go_on) - 1);
    return lws_write(connection->wsi, buffer + LWS_PRE, sizeof(go_on) - 1, LWS_WRITE_RAW) < 0 ? -1
                                                                                              : 0;
}

/* A handler has accepted a WebSocket: there are no more requests. */
static void take_socket(struct connection *connection)
{
    connection->socket = connection->request->socket;
    connection->request->socket = NULL;
    http_connection_end_request(connection);
    lws_sul_cancel(&connection->timer);
    ws_socket_start(connection->socket);
}

static void complete(struct connection *connection)
{
    struct http_request *request = connection->request;

    request->body_done = true;
    if (request->responded) {
        http_connection_kick(connection->wsi);
    } else if (request->body.failed) {
        http_request_fail(request, 503, "The server is out of memory.");
    } else {
        http_connection_enter(connection, PHASE_ANSWER);
        http_routes_dispatch(request);
        if (request->socket)
            take_socket(connection);
    }
}

/* A request whose head has come: refused now, or its body is read. */
static int admit(struct connection *connection)
{
    struct http_request *request = connection->request;
    bool close = request->close;
    bool expects =
        strcasecmp(http_request_header(request, HTTP_HEADER_EXPECT), "100-continue") == 0;

    http_connection_enter(connection, PHASE_BODY);
    /* Refused now, the body will not come or is not worth waiting for: the answer says so. */
    if (request->content_length > 0)
        request->close = close || expects || request->content_length > HTTP_MAX_DRAIN_BYTES;
    http_routes_admit(request);
    if (request->content_length == 0) {
        complete(connection);
    } else if (request->responded) {
        http_connection_kick(connection->wsi);
    } else {
        request->close = close;
        return expects ? send_continue(connection) : 0;
    }
    return 0;
}

/* 1, or -1 to end the connection. */
static int begin_upgrade(struct connection *connection)
{
    if (!access_check_rate(connection->request)) {
        complete(connection);
        return 1;
    }
    connection->upgrade = upgrade_begin(connection->request);
    http_connection_end_request(connection);
    lws_sul_cancel(&connection->timer);
    return connection->upgrade ? 1 : -1;
}

/* 1 when a request has begun, 0 when more bytes are needed, -1 to end the connection. */
static int read_head(struct connection *connection)
{
    struct http1_head head;
    enum http1_error error = HTTP1_OK;
    ssize_t len = http1_parse_head(connection->in.data, connection->in.len, &head, &error);
    int r;

    if (len < 0)
        return refuse_head(connection, error) < 0 ? -1 : 1;
    if (len == 0) {
        if (connection->phase == PHASE_IDLE)
            http_connection_enter(connection, PHASE_HEAD);
        return 0;
    }
    r = http_request_create(connection->wsi, connection->app, &head, &connection->request);
    if (r == -ENOMEM)
        return -1;
    if (r < 0)
        return refuse_head(connection, r == -ENOSYS ? HTTP1_OK : HTTP1_MALFORMED) < 0 ? -1 : 1;
    http_server_count(connection->app->server, 1);
    if (wants_body(connection->request->method) && !head.has_length) {
        http_connection_end_request(connection);
        return refuse_head(connection, HTTP1_LENGTH_REQUIRED) < 0 ? -1 : 1;
    }
    if (!connection->request->headers[HTTP_HEADER_HOST] && head.keep_alive) {
        http_connection_end_request(connection);
        return refuse_head(connection, HTTP1_MALFORMED) < 0 ? -1 : 1;
    }
    take(connection, (size_t)len);
    if (upgrade_is_wanted(connection->request))
        return begin_upgrade(connection);
    return admit(connection) < 0 ? -1 : 1;
}

static void read_body(struct connection *connection)
{
    struct http_request *request = connection->request;
    size_t left = request->content_length - request->body_seen;
    size_t len = connection->in.len < left ? connection->in.len : left;

    if (!request->responded)
        text_append(&request->body, connection->in.data, len);
    request->body_seen += len;
    take(connection, len);
    if (request->body_seen == request->content_length)
        complete(connection);
}

int http_connection_advance(struct connection *connection)
{
    if (connection->request && !connection->request->body_done)
        connection->request->body_waited = true;
    while (connection->in.len > 0) {
        if (connection->upgrade) {
            int r = upgrade_to_inner(connection->upgrade, connection->in.data, connection->in.len);

            connection->in.len = 0;
            return r;
        }
        if (connection->socket) {
            int r = ws_socket_receive(connection->socket, connection->in.data, connection->in.len);

            http_connection_discard_input(connection);
            return r;
        }
        if (connection->phase == PHASE_LINGER) {
            connection->in.len = 0;
        } else if (!connection->request) {
            int r = read_head(connection);

            if (r <= 0)
                return r;
        } else if (!connection->request->body_done) {
            read_body(connection);
        } else {
            return connection->in.len > MAX_WAITING_BYTES ? -1 : 0;
        }
    }
    return 0;
}
