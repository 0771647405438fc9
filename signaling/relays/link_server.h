/*
 * The WebSocket side of the relay link: proves the key both ways, keeps the connection alive, collects
 * and bounds messages, and hands them to relays. A protocol of the HTTP server. Loop thread.
 */
#ifndef DUET_SIGNALING_RELAYS_LINK_SERVER_H
#define DUET_SIGNALING_RELAYS_LINK_SERVER_H

#include "signaling/relays/relays.h"

#include <libwebsockets.h>

#define LINK_SERVER_PROTOCOL "duet-relay-link"
#define LINK_SERVER_PATH     "/relay-link"

struct signaling;

/* To relays_create(). */
extern const struct relay_link_ops link_server_ops;

/* A relay key is set. */
bool link_server_is_open(const struct signaling *app);

/* The row for the vhost's protocols; its user data is one struct link per connection, opaque. */
struct lws_protocols link_server_protocol(void);

#endif
