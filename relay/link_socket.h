/*
 * The relay link's WebSocket (libwebsockets): dials signaling, keeps trying with the delays of
 * common/backoff.h, pings, and hands whole messages up. What the messages mean is signaling_link's.
 * Main thread, but for link_socket_wake() and link_socket_stop(), which any thread and a signal
 * handler may call.
 */
#ifndef DUET_RELAY_LINK_SOCKET_H
#define DUET_RELAY_LINK_SOCKET_H

#include "relay/settings.h"

#include <jansson.h>

struct link_socket;

struct link_socket_params {
    const struct relay_signaling_address *address; /* copied */
    const char *ca_file;                           /* "" = the system's; borrowed */
    void (*on_open)(void *user);
    void (*on_message)(void *user, const char *text, size_t len);
    void (*on_closed)(void *user);
    /* After link_socket_wake(), on the main thread. */
    void (*on_wake)(void *user);
    void *user;
};

/* Returns 0, -ENOMEM, or -EINVAL when TLS cannot be set up. */
int link_socket_create(const struct link_socket_params *params, struct link_socket **ret_socket);
void link_socket_destroy(struct link_socket *socket);

/* Dials and serves until link_socket_stop(). */
void link_socket_run(struct link_socket *socket);
void link_socket_stop(struct link_socket *socket);
void link_socket_wake(struct link_socket *socket);

/* Queues one message; takes the reference, NULL is ignored. A backlog over the limit ends the
 * connection. */
void link_socket_send(struct link_socket *socket, json_t *message);
/* The other side proved itself: no more time limit, and the delays start anew. */
void link_socket_confirm(struct link_socket *socket);
/* Ends the connection; the next attempt follows. */
void link_socket_drop(struct link_socket *socket);

#endif
