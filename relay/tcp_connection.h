/*
 * One media connection over TCP: frames of RFC 4571 in and out of a non-blocking socket, with a
 * bounded backlog. What does not fit is dropped whole, as a full UDP socket would: delay must not
 * grow behind a slow peer. Worker's thread; knows nothing of epoll or of other connections.
 */
#ifndef DUET_RELAY_TCP_CONNECTION_H
#define DUET_RELAY_TCP_CONNECTION_H

#include "relay/transport/tcp_framing.h"
#include "relay/transport/transport.h"

#define TCP_BACKLOG_BYTES (256 * 1024)

struct tcp_connection;

/* Takes the accepted socket, also on failure. Returns 0 or -ENOMEM. */
int tcp_connection_create(int fd, const struct transport_path *path, uint64_t now_us,
    struct tcp_connection **ret_connection);
/* Closes the socket; NULL is allowed. */
void tcp_connection_destroy(struct tcp_connection *connection);

/* Reads what is there, at most a fair share. Returns 0 (more may come), or a negative errno when the
 * connection is over: -EPIPE at its end, -EMSGSIZE for a frame that is too long, -ECANCELED when
 * on_message said so. */
int tcp_connection_receive(struct tcp_connection *connection,
    bool (*on_message)(void *user, uint8_t *message, size_t len), void *user);

/* Frames and sends, or keeps. Returns 0, -EAGAIN when the backlog is full (message dropped), or
 * another negative errno when the connection is over. */
int tcp_connection_send(struct tcp_connection *connection, const uint8_t *data, size_t len);

/* Sends from the backlog when the socket can take more. Returns 0 or a negative errno. */
int tcp_connection_flush(struct tcp_connection *connection);

bool tcp_connection_has_backlog(const struct tcp_connection *connection);
int tcp_connection_fd(const struct tcp_connection *connection);
const struct transport_path *tcp_connection_path(const struct tcp_connection *connection);
uint64_t tcp_connection_created_us(const struct tcp_connection *connection);

#endif
