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

/* Its request has an answer now, or may have been given one early. */
void http_connection_kick(struct lws *wsi);

#endif
