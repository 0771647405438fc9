#define _GNU_SOURCE
#include "signaling/http/connection.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/access.h"
#include "signaling/http/http1.h"
#include "signaling/http/routes.h"
#include "signaling/http/server.h"
#include "signaling/http/upgrade.h"
#include "signaling/http/ws_socket.h"
#include "signaling/service.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_LIMIT_US     (60 * LWS_US_PER_SEC) /* between requests */
#define HEAD_LIMIT_US     (10 * LWS_US_PER_SEC) /* from its first byte, and for the TLS handshake */
#define BODY_LIMIT_US     (15 * LWS_US_PER_SEC)
#define WRITE_LIMIT_US    (30 * LWS_US_PER_SEC)
#define ANSWER_LIMIT_US   (30 * LWS_US_PER_SEC) /* handlers have shorter ones of their own */
#define LINGER_LIMIT_US   (2 * LWS_US_PER_SEC)
#define WRITE_CHUNK_BYTES (16 * 1024)
#define MAX_WAITING_BYTES (128 * 1024) /* of later requests, while one is being answered */

enum phase {
    PHASE_IDLE,
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_ANSWER, /* a handler has it */
    PHASE_WRITE,
    PHASE_LINGER, /* answered; what the client still sends is thrown away */
};

struct connection {
    /* borrowed */
    struct lws *wsi;
    struct signaling *app;

    /* owned */
    struct text in;
    struct http_request *request; /* NULL between requests */
    struct upgrade *upgrade;      /* the connection now belongs to the relay link */
    struct ws_socket *socket;     /* the connection now is a WebSocket */

    /* state */
    enum phase phase;
    bool heard;        /* something has come, so the TLS handshake is over */
    bool ended;        /* by http_connection_end() */
    uint64_t since_us; /* when the phase began */
    size_t sent;       /* of the answer */
    lws_sorted_usec_list_t timer;
};

static void on_timer(lws_sorted_usec_list_t *timer)
{
    struct connection *connection = lws_container_of(timer, struct connection, timer);

    if (connection->phase == PHASE_BODY && !connection->ended) {
        connection->request->close = true;
        /* Answered already: it waited for the body only to keep the connection. */
        if (connection->request->responded)
            http_connection_kick(connection->wsi);
        else
            http_request_fail(connection->request, 408, "The request took too long to arrive.");
        return;
    }
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    /* Again, should receive() have taken it for the handshake's limit. */
    lws_sul_schedule(
        lws_get_context(connection->wsi), 0, &connection->timer, on_timer, LWS_US_PER_SEC);
}

static void enter(struct connection *connection, enum phase phase)
{
    static const lws_usec_t limits[] = {
        [PHASE_IDLE] = IDLE_LIMIT_US,
        [PHASE_HEAD] = HEAD_LIMIT_US,
        [PHASE_BODY] = BODY_LIMIT_US,
        [PHASE_ANSWER] = ANSWER_LIMIT_US,
        [PHASE_WRITE] = WRITE_LIMIT_US,
        [PHASE_LINGER] = LINGER_LIMIT_US,
    };

    connection->phase = phase;
    connection->since_us = clock_now_us();
    lws_sul_schedule(
        lws_get_context(connection->wsi), 0, &connection->timer, on_timer, limits[phase]);
}

uint64_t http_connection_waits_since(struct lws *wsi)
{
    const struct connection *connection = lws_wsi_user(wsi);

    if (!connection || !connection->wsi || connection->phase == PHASE_ANSWER ||
        connection->upgrade || connection->socket)
        return 0;
    return connection->since_us;
}

void http_connection_end(struct lws *wsi)
{
    struct connection *connection = lws_wsi_user(wsi);

    connection->ended = true;
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    lws_sul_schedule(
        lws_get_context(wsi), 0, &connection->timer, on_timer, 1); /* should a handshake undo it */
}

/* Passwords and tokens were in it. */
static void discard_input(struct connection *connection)
{
    if (connection->in.data)
        explicit_bzero(connection->in.data, connection->in.capacity);
    text_finish(&connection->in);
}

static void take(struct connection *connection, size_t len)
{
    if (len == connection->in.len) {
        discard_input(connection); /* nothing is kept for a client that says nothing */
        return;
    }
    memmove(connection->in.data, connection->in.data + len, connection->in.len - len);
    connection->in.len -= len;
}

static void end_request(struct connection *connection)
{
    if (!connection->request)
        return;
    http_request_destroy(connection->request);
    connection->request = NULL;
    http_server_count(connection->app->server, -1);
}

void http_connection_kick(struct lws *wsi)
{
    struct connection *connection = lws_wsi_user(wsi);
    const struct http_request *request = connection->request;

    /* An early refusal waits for the body, so that the connection can go on; unless it ends anyway. */
    if (request && request->responded && (request->body_done || request->close) &&
        connection->phase != PHASE_WRITE && connection->phase != PHASE_LINGER) {
        connection->sent = 0;
        enter(connection, PHASE_WRITE);
        lws_callback_on_writable(wsi);
    }
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
    end_request(connection);
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
        enter(connection, PHASE_ANSWER);
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

    enter(connection, PHASE_BODY);
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
    end_request(connection);
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
            enter(connection, PHASE_HEAD);
        return 0;
    }
    r = http_request_create(connection->wsi, connection->app, &head, &connection->request);
    if (r == -ENOMEM)
        return -1;
    if (r < 0)
        return refuse_head(connection, r == -ENOSYS ? HTTP1_OK : HTTP1_MALFORMED) < 0 ? -1 : 1;
    http_server_count(connection->app->server, 1);
    if (wants_body(connection->request->method) && !head.has_length) {
        end_request(connection);
        return refuse_head(connection, HTTP1_LENGTH_REQUIRED) < 0 ? -1 : 1;
    }
    if (!connection->request->headers[HTTP_HEADER_HOST] && head.keep_alive) {
        end_request(connection);
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

/* Goes as far as the bytes that are there allow. Returns -1 to end the connection. */
static int advance(struct connection *connection)
{
    while (connection->in.len > 0) {
        if (connection->upgrade) {
            int r = upgrade_to_inner(connection->upgrade, connection->in.data, connection->in.len);

            connection->in.len = 0;
            return r;
        }
        if (connection->socket) {
            int r = ws_socket_receive(connection->socket, connection->in.data, connection->in.len);

            discard_input(connection);
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

/*
 * RFC 9112 section 9.6: closing while the client still sends would reset the connection and could take
 * the answer with it. So: no more from us, and what comes is thrown away for a while.
 */
static int finish_answer(struct connection *connection)
{
    bool body_done = connection->request->body_done;
    bool close = connection->request->close || http_server_is_stopping(connection->app->server);

    end_request(connection);
    if (!close) {
        enter(connection, PHASE_IDLE);
        return advance(connection);
    }
    enter(connection, PHASE_LINGER);
    if (body_done || http_server_is_stopping(connection->app->server))
        return -1;
    if (!lws_is_ssl(connection->wsi) && !lws_partial_buffered(connection->wsi))
        shutdown(lws_get_socket_fd(connection->wsi), SHUT_WR);
    return 0;
}

/* Of an answer whose length was promised: what cannot be read ends the connection. Whoever takes something in time may go
 * on, however long all of it takes. */
static int write_file(struct connection *connection)
{
    struct http_request *request = connection->request;
    unsigned char buffer[LWS_PRE + WRITE_CHUNK_BYTES];
    size_t len = request->file_left < WRITE_CHUNK_BYTES ? request->file_left : WRITE_CHUNK_BYTES;
    ssize_t got = read(request->file, buffer + LWS_PRE, len);

    if (got <= 0 || lws_write(connection->wsi, buffer + LWS_PRE, (size_t)got, LWS_WRITE_RAW) < 0)
        return -1;
    request->file_left -= (size_t)got;
    if (request->file_left == 0)
        return finish_answer(connection);
    enter(connection, PHASE_WRITE);
    lws_callback_on_writable(connection->wsi);
    return 0;
}

/* One write per callback. */
static int write_next(struct connection *connection)
{
    struct http_request *request = connection->request;
    size_t start = LWS_PRE + connection->sent;
    size_t len;

    if (connection->upgrade)
        return upgrade_write_outer(connection->upgrade);
    if (connection->socket)
        return ws_socket_write(connection->socket);
    if (!request || connection->phase != PHASE_WRITE)
        return 0;
    if (connection->ended || request->wire.failed || request->wire.len <= LWS_PRE)
        return -1;
    len = request->wire.len - start;
    if (len == 0)
        return write_file(connection);
    if (len > WRITE_CHUNK_BYTES)
        len = WRITE_CHUNK_BYTES;
    if (lws_write(
            connection->wsi, (unsigned char *)request->wire.data + start, len, LWS_WRITE_RAW) < 0)
        return -1;
    connection->sent += len;
    if (start + len == request->wire.len && request->file_left == 0)
        return finish_answer(connection);
    lws_callback_on_writable(connection->wsi);
    return 0;
}

static int receive(struct connection *connection, const void *data, size_t len)
{
    if (!connection->heard) {
        connection->heard = true;
        /* libwebsockets leaves its limit of a few seconds on after a TLS handshake. */
        lws_set_timeout(connection->wsi, NO_PENDING_TIMEOUT, 0);
    }
    if (connection->ended)
        return -1;
    if (connection->phase == PHASE_LINGER)
        return 0;
    text_append(&connection->in, data, len);
    if (connection->in.failed || advance(connection) < 0)
        return -1;
    /* At once, when it can be: the client may have sent its last, and libwebsockets closes on that. */
    if (connection->phase == PHASE_WRITE && connection->sent == 0 &&
        !lws_send_pipe_choked(connection->wsi))
        return write_next(connection);
    return 0;
}

static void open_connection(struct connection *connection, struct lws *wsi)
{
    *connection = (struct connection){
        .wsi = wsi,
        .app = lws_vhost_user(lws_get_vhost(wsi)),
    };
    enter(connection, PHASE_HEAD);
}

static void close_connection(struct connection *connection)
{
    if (!connection->wsi)
        return;
    lws_sul_cancel(&connection->timer);
    end_request(connection);
    upgrade_end_outer(connection->upgrade);
    connection->upgrade = NULL;
    ws_socket_destroy(connection->socket);
    connection->socket = NULL;
    discard_input(connection);
    connection->wsi = NULL;
}

static int on_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct connection *connection = user;

    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
        open_connection(connection, wsi);
        return 0;
    case LWS_CALLBACK_RAW_RX:
        return receive(connection, in, len);
    case LWS_CALLBACK_RAW_WRITEABLE:
        return write_next(connection);
    case LWS_CALLBACK_RAW_CLOSE:
        close_connection(connection);
        return 0;
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        http_server_has_tls(wsi, user);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        http_server_forget(wsi);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        http_server_woken(wsi);
        return 0;
    case LWS_CALLBACK_HTTP:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1;
    default:
        return 0;
    }
}

struct lws_protocols http_connection_protocol(void)
{
    return (struct lws_protocols){
        .name = HTTP_CONNECTION_PROTOCOL,
        .callback = on_event,
        .per_session_data_size = sizeof(struct connection),
        .rx_buffer_size = WRITE_CHUNK_BYTES,
    };
}
