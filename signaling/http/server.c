#define _GNU_SOURCE
#include "signaling/http/server.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/connections.h"
#include "signaling/http/listener.h"
#include "signaling/http/request.h"
#include "signaling/http/routes.h"
#include "signaling/http/socket_meter.h"
#include "signaling/relays/link_server.h"
#include "signaling/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LISTENER_PROTOCOL "duet-listener"
#define LINGER_LIMIT_US   2000000
#define TICK_US           100000
#define STOP_LIMIT_US     UINT64_C(2000000)
#define HEADER_BYTES      (16 * 1024)
#define HEADERS_LIMIT_S   10
#define IDLE_LIMIT_S      60
#define WRITE_CHUNK_BYTES (16 * 1024)
#define WRITE_LIMIT_S     30
#define ACCEPTS_PER_TURN  64
#define MAX_DESCRIPTORS   131072

/* User data of each HTTP connection. */
struct http_connection {
    struct http_request *request; /* owned; NULL between requests */
};

struct http_server {
    /* borrowed */
    struct signaling *app;

    /* owned */
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct listener listener;
    struct connections *connections;

    /* state */
    struct lws_protocols protocols[4];
    void (*on_tick)(struct signaling *app);
    lws_sorted_usec_list_t timer;
    volatile sig_atomic_t stopping;
    size_t requests; /* under way */
};

static struct http_server *server_of(struct lws *wsi)
{
    return ((struct signaling *)lws_vhost_user(lws_get_vhost(wsi)))->server;
}

static void on_request_timeout(lws_sorted_usec_list_t *timer)
{
    struct http_request *request = lws_container_of(timer, struct http_request, timer);

    if (request->lingering)
        lws_set_timeout(request->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
    if (request->responded)
        return;
    request->close = true;
    http_request_fail(request, 408, "The request took too long to arrive.");
}

static void discard_request(struct http_server *server, struct http_connection *connection)
{
    if (!connection->request)
        return;
    http_request_destroy(connection->request);
    connection->request = NULL;
    server->requests--;
}

/* Strict digits: "+5", "5,5" and " 5" are how requests are smuggled. */
static bool parse_length(const char *text, size_t *ret_length)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 15 || text[digits] != '\0')
        return false;
    *ret_length = strtoull(text, NULL, 10);
    return true;
}

static bool wants_body(enum http_method method)
{
    return method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH;
}

/* What the length headers say; false when the request was refused for them. */
static bool read_length(struct http_request *request)
{
    const char *length = http_request_header(request, HTTP_HEADER_CONTENT_LENGTH);

    if (request->headers[HTTP_HEADER_TRANSFER_ENCODING] ||
        (!*length && wants_body(request->method))) {
        request->close = true;
        http_request_fail(request, 411, "Send the body whole, with a Content-Length header.");
        return false;
    }
    if (*length && !parse_length(length, &request->content_length)) {
        request->close = true;
        http_request_fail(request, 400, "The Content-Length header is not a number.");
        return false;
    }
    return true;
}

static void check_expect(struct http_request *request)
{
    unsigned char buffer[LWS_PRE + 32];
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (strcasecmp(http_request_header(request, HTTP_HEADER_EXPECT), "100-continue") != 0)
        return;
    if (request->responded) {
        request->close = true; /* the body will not come: the connection is of no more use */
        lws_callback_on_writable(request->wsi);
        return;
    }
    memcpy(buffer + LWS_PRE, go_on, sizeof(go_on) - 1);
    lws_write(request->wsi, buffer + LWS_PRE, sizeof(go_on) - 1, LWS_WRITE_HTTP);
}

static void complete_request(struct http_request *request)
{
    request->body_done = true;
    if (request->responded)
        lws_callback_on_writable(request->wsi);
    else if (request->body.failed)
        http_request_fail(request, 503, "The server is out of memory.");
    else
        http_routes_dispatch(request);
}

/*
 * libwebsockets 4.1 loops for ever over a request with a body whose headers it had read together with
 * the request before (lws_http_action() takes its buffer, which still begins with those headers, for
 * the body). So a pipelined body ends the connection, before that; the client asks again on a new one,
 * as RFC 9112 section 9.3.2 has it. Between two requests nothing is known but what the socket counts.
 */
static bool is_pipelined_body(struct http_server *server, const struct http_request *request)
{
    const struct socket_meter *meter = connections_meter(server->connections, request->wsi);
    bool may_have_body = wants_body(request->method) ||
                         request->headers[HTTP_HEADER_CONTENT_LENGTH] ||
                         request->headers[HTTP_HEADER_TRANSFER_ENCODING];

    return may_have_body && (!meter || (meter->started && !socket_meter_has_read(meter,
                                                              lws_get_socket_fd(request->wsi))));
}

static int begin_request(
    struct http_server *server, struct lws *wsi, struct http_connection *connection)
{
    struct http_request *request;

    if (connection->request || http_request_create(wsi, server->app, &request) < 0)
        return -1;
    if (is_pipelined_body(server, request)) {
        http_request_destroy(request);
        return -1;
    }
    connection->request = request;
    server->requests++;
    if (strcasestr(http_request_header(request, HTTP_HEADER_CONNECTION), "close"))
        request->close = true;
    lws_sul_schedule(
        server->context, 0, &request->timer, on_request_timeout, HTTP_REQUEST_LIMIT_US);
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, HTTP_REQUEST_LIMIT_US / LWS_US_PER_SEC + 5);
    if (!read_length(request))
        return 0;
    http_routes_admit(request);
    request->body_refused = request->responded;
    if (request->content_length > HTTP_MAX_DRAIN_BYTES) {
        if (!request->responded)
            return -1;
        request->close = true;
        lws_callback_on_writable(wsi);
        return 0;
    }
    if (request->content_length > 0) {
        check_expect(request);
        return 0;
    }
    complete_request(request);
    return 0;
}

/*
 * The body is whole: known from the count of bytes already. libwebsockets calls this again and again
 * while another pipelined request waits in its buffer: stop that, and end with the answer.
 */
static int stop_reading(struct http_request *request)
{
    if (!request)
        return 0;
    if (request->body_ended) {
        request->close = true;
    }
    request->body_ended = true;
    return 0;
}

static int receive_body(struct http_request *request, const void *data, size_t len)
{
    if (!request)
        return -1;
    request->body_seen += len;
    /* The answer is on its way and the connection ends with it: what still comes is not for us. */
    if (request->responded && request->close) {
        request->body_done =
            request->content_length > 0 && request->body_seen >= request->content_length;
        return request->lingering && request->body_done ? -1 : 0;
    }
    if (request->body_seen > request->content_length)
        return -1;
    if (!request->body_refused && !request->responded)
        text_append(&request->body, data, len);
    if (request->body_seen == request->content_length)
        complete_request(request);
    return 0;
}

static int finish_request(
    struct http_server *server, struct lws *wsi, struct http_connection *connection)
{
    struct socket_meter *meter;
    bool close = connection->request->close || server->stopping;

    discard_request(server, connection);
    if (close || lws_http_transaction_completed(wsi))
        return -1;
    /* The user data is gone with the transaction. */
    meter = connections_meter(server->connections, wsi);
    if (!meter)
        return -1;
    socket_meter_start(meter, lws_get_socket_fd(wsi));
    return 0;
}

static int write_answer(
    struct http_server *server, struct lws *wsi, struct http_connection *connection)
{
    struct http_request *request = connection->request;
    size_t start;
    size_t len;

    if (!request || !request->responded || request->lingering ||
        (!request->body_done && !request->close))
        return 0;
    if (request->wire.len <= LWS_PRE)
        return -1;
    if (request->wire_sent == 0)
        lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, WRITE_LIMIT_S);
    start = LWS_PRE + request->wire_sent;
    len = request->wire.len - start;
    if (len > WRITE_CHUNK_BYTES)
        len = WRITE_CHUNK_BYTES;
    if (lws_write(wsi, (unsigned char *)request->wire.data + start, len, LWS_WRITE_HTTP) < 0)
        return -1;
    request->wire_sent += len;
    if (start + len < request->wire.len) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    return finish_request(server, wsi, connection);
}

static int on_http_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct http_connection *connection = user;

    switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket without the link's protocol name */
    case LWS_CALLBACK_HTTP:
        return begin_request(server_of(wsi), wsi, connection);
    case LWS_CALLBACK_HTTP_BODY:
        return receive_body(connection->request, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return stop_reading(connection->request);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_answer(server_of(wsi), wsi, connection);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (connection)
            discard_request(server_of(wsi), connection);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (lws_get_vhost(wsi) && lws_vhost_user(lws_get_vhost(wsi)))
            connections_remove(server_of(wsi)->connections, wsi);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        /* http_server_wake() and http_server_stop() come this way. */
        if (server_of(wsi)->on_tick)
            server_of(wsi)->on_tick(server_of(wsi)->app);
        return 0;
    default:
        return 0;
    }
}

static int on_listener_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct http_server *server;

    (void)user;
    (void)in;
    (void)len;
    if (reason != LWS_CALLBACK_RAW_RX_FILE)
        return 0;
    server = server_of(wsi);
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = listener_accept(lws_get_socket_fd(wsi));

        if (fd < 0)
            break;
        if (!connections_admit(server->connections, fd)) {
            close(fd);
            continue;
        }
        connections_add(server->connections, fd, lws_adopt_socket_vhost(server->vhost, fd));
    }
    return 0;
}

static void on_tick_timer(lws_sorted_usec_list_t *timer)
{
    struct http_server *server = lws_container_of(timer, struct http_server, timer);

    if (server->on_tick)
        server->on_tick(server->app);
    lws_sul_schedule(server->context, 0, &server->timer, on_tick_timer, TICK_US);
}

static void on_lws_log(int level, const char *line)
{
    int len = (int)strcspn(line, "\r\n");

    if (level & LLL_ERR)
        log_warn(LOG_HTTP, "%.*s", len, line);
    else
        log_debug(LOG_HTTP, "%.*s", len, line);
}

static void raise_descriptor_limit(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + 256;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    /* libwebsockets keeps a table of the whole limit: neither too low nor without end. */
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (limit.rlim_cur > MAX_DESCRIPTORS)
        limit.rlim_cur = MAX_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int create_vhost(struct http_server *server, struct config_error *ret_error)
{
    const struct signaling_settings *settings = server->app->settings;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server->protocols,
        .vhost_name = "duet",
        .user = server->app,
        .timeout_secs = HEADERS_LIMIT_S,
        .timeout_secs_ah_idle = HEADERS_LIMIT_S,
        .keepalive_timeout = IDLE_LIMIT_S,
        .alpn = "http/1.1",
    };

    if (*settings->certificate) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = settings->certificate;
        info.ssl_private_key_filepath = settings->key;
        info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    }
    server->vhost = lws_create_vhost(server->context, &info);
    if (server->vhost)
        return 0;
    snprintf(ret_error->text, sizeof(ret_error->text),
        "http.certificate, http.key: %s and %s are not a certificate and its key in PEM",
        settings->certificate, settings->key);
    return -EINVAL;
}

static int create_context(struct http_server *server, struct config_error *ret_error)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .max_http_header_data = HEADER_BYTES,
        .server_string = "duet",
        .pt_serv_buf_size = 64 * 1024,
        .gid = -1,
        .uid = -1,
    };

    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    if (*server->app->settings->certificate)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    server->context = lws_create_context(&info);
    if (server->context)
        return create_vhost(server, ret_error);
    snprintf(ret_error->text, sizeof(ret_error->text), "libwebsockets cannot start");
    return -EIO;
}

static int adopt_listeners(struct http_server *server)
{
    for (size_t i = 0; i < server->listener.count; i++) {
        lws_sock_file_fd_type fd = {.filefd = server->listener.fds[i]};

        if (!lws_adopt_descriptor_vhost(
                server->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, LISTENER_PROTOCOL, NULL))
            return -EIO;
        server->listener.fds[i] = -1;
    }
    return 0;
}

int http_server_create(
    struct signaling *app, struct http_server **ret_server, struct config_error *ret_error)
{
    struct http_server *server = calloc(1, sizeof(*server));
    int r = -ENOMEM;

    if (!server)
        return -ENOMEM;
    server->app = app;
    app->server = server;
    server->protocols[0] = (struct lws_protocols){.name = "http",
        .callback = on_http_event,
        .per_session_data_size = sizeof(struct http_connection),
        .rx_buffer_size = WRITE_CHUNK_BYTES};
    server->protocols[1] = link_server_protocol();
    server->protocols[2] =
        (struct lws_protocols){.name = LISTENER_PROTOCOL, .callback = on_listener_event};
    raise_descriptor_limit(app->settings->connections);
    server->connections = connections_create(
        (size_t)app->settings->connections, (size_t)app->settings->address_connections);
    if (!server->connections)
        goto out;
    r = listener_open(
        &server->listener, &app->settings->listen, (uint16_t)app->settings->port, ret_error);
    if (r < 0)
        goto out;
    r = create_context(server, ret_error);
    if (r < 0)
        goto out;
    r = adopt_listeners(server);
    if (r < 0)
        goto out;
    *ret_server = server;
    return 0;
out:
    http_server_destroy(server);
    app->server = NULL;
    return r;
}

void http_server_destroy(struct http_server *server)
{
    if (!server)
        return;
    lws_sul_cancel(&server->timer);
    server->on_tick = NULL;
    if (server->context)
        lws_context_destroy(server->context);
    listener_close(&server->listener);
    connections_destroy(server->connections);
    free(server);
}

void http_server_url(const struct http_server *server, char *ret_url, size_t size)
{
    const struct signaling_settings *settings = server->app->settings;
    const char *address = settings->listen.items[0];
    const char *scheme = *settings->certificate ? "https" : "http";

    if (strcmp(address, "0.0.0.0") == 0)
        address = "127.0.0.1";
    else if (strcmp(address, "::") == 0)
        address = "::1";
    snprintf(ret_url, size, strchr(address, ':') ? "%s://[%s]:%u/" : "%s://%s:%u/", scheme, address,
        server->listener.port);
}

void http_server_run(struct http_server *server, void (*on_tick)(struct signaling *app))
{
    uint64_t stop_us = 0;

    server->on_tick = on_tick;
    lws_sul_schedule(server->context, 0, &server->timer, on_tick_timer, TICK_US);
    for (;;) {
        lws_service(server->context, 0);
        if (!server->stopping)
            continue;
        if (stop_us == 0)
            stop_us = clock_now_us() + STOP_LIMIT_US;
        if (server->requests == 0 || clock_now_us() >= stop_us)
            break;
    }
}

void http_server_stop(struct http_server *server)
{
    server->stopping = 1;
    http_server_wake(server);
}

void http_server_wake(struct http_server *server)
{
    lws_cancel_service(server->context);
}
