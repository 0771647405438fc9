/*
 * The HTTP server on libwebsockets: one context, one vhost for pages, WHIP, WHEP, the API and the relay
 * link, our own listening sockets, HTTP/1.1 only. Turns libwebsockets' callbacks into requests and
 * feeds the answers back, one write per writeable callback. Everything runs on the thread that calls
 * http_server_run().
 */
#ifndef DUET_SIGNALING_HTTP_SERVER_H
#define DUET_SIGNALING_HTTP_SERVER_H

#include "common/config.h"

#include <stdint.h>

struct http_server;
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

#endif
