/*
 * One client's TCP or TLS connection: requests one after another, each read whole, answered, then the
 * next, pipelined or not. libwebsockets gives it bytes (raw role) and does TLS; what HTTP means is
 * decided here, because libwebsockets 4.1's own HTTP role cannot be given to strangers: a pipelined
 * request with a body makes it loop for ever (see docs/decisions). Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CONNECTION_H
#define DUET_SIGNALING_HTTP_CONNECTION_H

#include "signaling/http/request.h"

/* The vhost's protocol for connections; its user data is opaque. */
struct lws_protocols http_connection_protocol(void);

#define HTTP_CONNECTION_PROTOCOL "duet-http"

/* Since when the client is waited for (to send a request or the rest of one, or to read its answer), by clock_now_us(); 0 while
 * it is not: a handler has its request, or it is a WebSocket. */
uint64_t http_connection_waits_since(struct lws *wsi);

/* It ends as soon as the loop turns, and takes nothing more until then. */
void http_connection_end(struct lws *wsi);

/* Its request has an answer now, or may have been given one early. */
void http_connection_kick(struct lws *wsi);

#endif
