/*
 * Hands a connection over to libwebsockets' WebSocket side. Our own HTTP has read the request; a new
 * one, made of nothing but what it checked, goes through a socket pair to a vhost that knows only the
 * relay link, and from then on bytes are carried both ways. So TLS or not, no stranger's header
 * reaches libwebsockets' HTTP parser. Loop thread.
 *
 *     client ── TLS/TCP ── connection ── upgrade ── socket pair ── inner vhost: relays/link_server
 */
#ifndef DUET_SIGNALING_HTTP_UPGRADE_H
#define DUET_SIGNALING_HTTP_UPGRADE_H

#include "signaling/http/request.h"

#define UPGRADE_PROTOCOL "duet-upgrade"

struct upgrade;

/* A WebSocket of the relay link is asked for, well-formed, and there is a relay key. */
bool upgrade_is_wanted(const struct http_request *request);

/* NULL when it cannot be. The connection gives every later byte to upgrade_to_inner(). */
struct upgrade *upgrade_begin(const struct http_request *request);

/* From the connection; both return -1 when it shall end. */
int upgrade_to_inner(struct upgrade *upgrade, const void *data, size_t len);
int upgrade_write_outer(struct upgrade *upgrade);

/* The connection has ended; the upgrade goes away by itself. NULL-safe. */
void upgrade_end_outer(struct upgrade *upgrade);

/* The inner vhost's protocol for our end of the pair. */
struct lws_protocols upgrade_protocol(void);

#endif
