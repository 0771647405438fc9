#define _GNU_SOURCE
#include "signaling/http/connection_parts.h"

#include "common/clock.h"
#include "signaling/http/server.h"
#include "signaling/http/upgrade.h"
#include "signaling/http/ws_socket.h"
#include "signaling/service.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDLE_LIMIT_US     (60 * LWS_US_PER_SEC) /* between requests */
#define HEAD_LIMIT_US     (10 * LWS_US_PER_SEC) /* from its first byte, and for the TLS handshake */
#define BODY_LIMIT_US     (15 * LWS_US_PER_SEC)
#define WRITE_LIMIT_US    (30 * LWS_US_PER_SEC)
#define ANSWER_LIMIT_US   (30 * LWS_US_PER_SEC) /* handlers have shorter ones of their own */
#define LINGER_LIMIT_US   (2 * LWS_US_PER_SEC)
#define WRITE_CHUNK_BYTES (16 * 1024)

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

void http_connection_enter(struct connection *connection, enum connection_phase phase)
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

void http_connection_discard_input(struct connection *connection)
{
    if (connection->in.data)
        explicit_bzero(connection->in.data, connection->in.capacity);
    text_finish(&connection->in);
}

void http_connection_end_request(struct connection *connection)
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
        http_connection_enter(connection, PHASE_WRITE);
        lws_callback_on_writable(wsi);
    }
}

/*
 * RFC 9112 section 9.6: closing while the client still sends would reset the connection and could take
 * the answer with it. So: no more from us, and what comes is thrown away for a while.
 */
static int finish_answer(struct connection *connection)
{
    bool body_done = connection->request->body_done;
    bool close = connection->request->close || http_server_is_stopping(connection->app->server);

    http_connection_end_request(connection);
    if (!close) {
        http_connection_enter(connection, PHASE_IDLE);
        return http_connection_advance(connection);
    }
    http_connection_enter(connection, PHASE_LINGER);
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
    http_connection_enter(connection, PHASE_WRITE);
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
    if (connection->in.failed || http_connection_advance(connection) < 0)
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
    http_connection_enter(connection, PHASE_HEAD);
}

static void close_connection(struct connection *connection)
{
    if (!connection->wsi)
        return;
    lws_sul_cancel(&connection->timer);
    http_connection_end_request(connection);
    upgrade_end_outer(connection->upgrade);
    connection->upgrade = NULL;
    ws_socket_destroy(connection->socket);
    connection->socket = NULL;
    http_connection_discard_input(connection);
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
