/*
 * The HTTP server on libwebsockets, which has the loop, the timers, TLS and WebSockets: one context; an
 * outer vhost whose connections (http/connection.h) clients reach through our own listening sockets,
 * and an inner one that knows only the relay link and is reached through http/upgrade.h. Everything
 * runs on the thread that calls http_server_run().
 */
#ifndef DUET_SIGNALING_HTTP_SERVER_H
#define DUET_SIGNALING_HTTP_SERVER_H

#include "common/config.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_server;
struct lws;
struct lws_vhost;
struct signaling;

/* Opens the sockets. app is borrowed. Returns 0, or a negative errno with a sentence in ret_error. */
int http_server_create(
    struct signaling *app, struct http_server **ret_server, struct config_error *ret_error);
void http_server_destroy(struct http_server *server);

/* "http://127.0.0.1:8080/": where the first listen address is reached. */
void http_server_url(const struct http_server *server, char *ret_url, size_t size);

/* on_tick is called every 100 ms. Returns after http_server_stop(), when requests under way have been
 * answered or 2 s have passed. */
void http_server_run(struct http_server *server, void (*on_tick)(struct signaling *app));

/* From the loop thread or a signal handler. */
void http_server_stop(struct http_server *server);

/* From any thread: on_tick is called at once. */
void http_server_wake(struct http_server *server);

/* For connections: requests under way, so that a stop can wait for them. */
void http_server_count(struct http_server *server, int change);
bool http_server_is_stopping(const struct http_server *server);
struct lws_vhost *http_server_inner_vhost(const struct http_server *server);

/* For the vhost's first protocol: TLS is set up; a connection is gone; the loop was woken. */
void http_server_has_tls(struct lws *wsi, SSL_CTX *context);
void http_server_forget(struct lws *wsi);
void http_server_woken(struct lws *wsi);

#endif
