/*
 * A connected, non-blocking UDP or framed TCP socket (RFC 4571) for a peer_client: send() is what
 * params.send calls, receive() hands each message to peer_client_receive(). One thread.
 */
#ifndef DUET_TESTS_SUPPORT_PEER_SOCKET_H
#define DUET_TESTS_SUPPORT_PEER_SOCKET_H

#include "relay/transport/tcp_framing.h"

#define PEER_SOCKET_BACKLOG_BYTES 262144

struct peer_socket {
    int fd; /* owned; for poll(): readable, and writable while backlog_len > 0 */
    bool tcp;
    bool broken; /* the other side closed or reset it */
    struct tcp_deframer deframer;
    uint8_t *backlog; /* owned; bytes TCP did not take yet */
    size_t backlog_len;
};

/* Returns 0 or a negative errno. TCP connects in the background. */
int peer_socket_open(struct peer_socket *peer, const struct net_address *remote, bool tcp);
void peer_socket_close(struct peer_socket *peer);

/* Returns 0, or a negative errno: the message is lost. */
int peer_socket_send(struct peer_socket *peer, const uint8_t *data, size_t len);

/* Everything that is there now, at most max_messages datagrams. Returns 0, or a negative errno when
 * the connection is gone. */
int peer_socket_receive(struct peer_socket *peer, size_t max_messages,
    void (*on_message)(void *user, uint8_t *data, size_t len), void *user);

/* Writes more of the backlog. */
void peer_socket_flush(struct peer_socket *peer);

#endif
