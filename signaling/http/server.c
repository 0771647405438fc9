#include "signaling/http/server.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/http/certificate.h"
#include "signaling/http/connection.h"
#include "signaling/http/connections.h"
#include "signaling/http/listener.h"
#include "signaling/http/upgrade.h"
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
#define TICK_US           100000
#define STOP_LIMIT_US     UINT64_C(2000000)
#define HANDSHAKE_LIMIT_S 10
#define ACCEPTS_PER_TURN  64
#define MAX_DESCRIPTORS   131072
#define OTHER_DESCRIPTORS 256 /* database, upgrades, files being read */
#define MIN_CONNECTIONS   16
#define SERVICE_BYTES     (64 * 1024) /* read at once */

struct http_server {
    /* borrowed */
    struct signaling *app;
    SSL_CTX *tls; /* of the outer vhost; NULL without TLS */

    /* owned */
    struct lws_context *context;
    struct lws_vhost *outer;
    struct lws_vhost *inner;
    struct listener listener;
    struct connections *connections;
    struct certificate certificate;

    /* state */
    struct lws_protocols outer_protocols[3];
    struct lws_protocols inner_protocols[4];
    void (*on_tick)(struct signaling *app);
    lws_sorted_usec_list_t timer;
    volatile sig_atomic_t stopping;
    int requests; /* under way */
};

/* NULL for what libwebsockets keeps for itself. */
static struct http_server *server_of(struct lws *wsi)
{
    struct lws_vhost *vhost = lws_get_vhost(wsi);
    struct signaling *app = vhost ? lws_vhost_user(vhost) : NULL;

    return app ? app->server : NULL;
}

void http_server_count(struct http_server *server, int change)
{
    server->requests += change;
}

bool http_server_is_stopping(const struct http_server *server)
{
    return server->stopping != 0;
}

struct lws_vhost *http_server_inner_vhost(const struct http_server *server)
{
    return server->inner;
}

void http_server_forget(struct lws *wsi)
{
    struct http_server *server = server_of(wsi);

    if (server)
        connections_remove(server->connections, wsi);
}

void http_server_has_tls(struct lws *wsi, SSL_CTX *context)
{
    struct http_server *server = server_of(wsi);

    if (server)
        server->tls = context;
}

void http_server_woken(struct lws *wsi)
{
    struct http_server *server = server_of(wsi);

    if (server && server->on_tick)
        server->on_tick(server->app);
}

/* The inner vhost's first protocol: nothing but the relay link is served there. */
static int on_inner_http(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)wsi;
    (void)user;
    (void)in;
    (void)len;
    return reason == LWS_CALLBACK_HTTP || reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION ? -1
                                                                                            : 0;
}

static void accept_one(struct http_server *server, int fd)
{
    lws_sock_file_fd_type socket = {.sockfd = fd};

    if (!connections_admit(server->connections, fd)) {
        struct lws *waiting =
            connections_longest_waiting(server->connections, fd, http_connection_waits_since);

        if (!waiting) {
            close(fd);
            return;
        }
        connections_remove(server->connections, waiting);
        http_connection_end(waiting);
    }
    connections_add(server->connections, fd,
        lws_adopt_descriptor_vhost(server->outer, LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL, socket,
            HTTP_CONNECTION_PROTOCOL, NULL));
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
        accept_one(server, fd);
    }
    return 0;
}

static void on_tick_timer(lws_sorted_usec_list_t *timer)
{
    struct http_server *server = lws_container_of(timer, struct http_server, timer);

    if (server->on_tick)
        server->on_tick(server->app);
    certificate_tick(&server->certificate, clock_now_us());
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

/* Returns how many connections there can be: beyond that, accepting would fail and be tried for ever. */
static size_t raise_descriptor_limit(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + OTHER_DESCRIPTORS;
    rlim_t room;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return (size_t)connections;
    /* libwebsockets keeps a table of the whole limit: neither too low nor without end. */
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (limit.rlim_cur > MAX_DESCRIPTORS)
        limit.rlim_cur = MAX_DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return (size_t)connections;
    room = limit.rlim_cur > OTHER_DESCRIPTORS + MIN_CONNECTIONS ? limit.rlim_cur - OTHER_DESCRIPTORS
                                                                : MIN_CONNECTIONS;
    log_warn(LOG_HTTP, "limits.connections: the descriptor limit (ulimit -n) leaves room for %zu",
        (size_t)room);
    return (size_t)room;
}

static int create_outer(struct http_server *server, struct config_error *ret_error)
{
    const struct signaling_settings *settings = server->app->settings;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server->outer_protocols,
        .vhost_name = "outer",
        .user = server->app,
        .alpn = "http/1.1",
    };

    if (*settings->certificate) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = settings->certificate;
        info.ssl_private_key_filepath = settings->key;
        info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    }
    server->outer = lws_create_vhost(server->context, &info);
    if (server->outer) {
        if (server->tls)
            certificate_init(
                &server->certificate, server->tls, settings->certificate, settings->key);
        return 0;
    }
    snprintf(ret_error->text, sizeof(ret_error->text),
        "http.certificate, http.key: %.200s and %.200s are not a certificate and its key in PEM",
        settings->certificate, settings->key);
    return -EINVAL;
}

static int create_inner(struct http_server *server)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server->inner_protocols,
        .vhost_name = "inner",
        .user = server->app,
    };

    server->inner = lws_create_vhost(server->context, &info);
    return server->inner ? 0 : -EIO;
}

static int create_context(struct http_server *server, struct config_error *ret_error)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .pt_serv_buf_size = SERVICE_BYTES,
        .timeout_secs = HANDSHAKE_LIMIT_S,
        .gid = -1,
        .uid = -1,
    };

    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    if (*server->app->settings->certificate)
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    server->context = lws_create_context(&info);
    if (server->context && create_inner(server) == 0)
        return create_outer(server, ret_error);
    snprintf(ret_error->text, sizeof(ret_error->text), "libwebsockets cannot start");
    return -EIO;
}

static int adopt_listeners(struct http_server *server)
{
    for (size_t i = 0; i < server->listener.count; i++) {
        lws_sock_file_fd_type fd = {.filefd = server->listener.fds[i]};

        if (!lws_adopt_descriptor_vhost(
                server->outer, LWS_ADOPT_RAW_FILE_DESC, fd, LISTENER_PROTOCOL, NULL))
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
    server->outer_protocols[0] = http_connection_protocol();
    server->outer_protocols[1] =
        (struct lws_protocols){.name = LISTENER_PROTOCOL, .callback = on_listener_event};
    server->inner_protocols[0] = (struct lws_protocols){.name = "http", .callback = on_inner_http};
    server->inner_protocols[1] = link_server_protocol();
    server->inner_protocols[2] = upgrade_protocol();
    server->connections = connections_create(raise_descriptor_limit(app->settings->connections),
        (size_t)app->settings->address_connections);
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
    certificate_finish(&server->certificate);
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
        if (stop_us == 0) {
            stop_us = clock_now_us() + STOP_LIMIT_US;
            on_tick(server->app); /* it says goodbye to those who wait for nothing */
        }
        if (server->requests <= 0 || clock_now_us() >= stop_us)
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
