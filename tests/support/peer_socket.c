#include "tests/support/peer_socket.h"

#include "relay/transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 4096

int peer_socket_open(struct peer_socket *peer, const struct net_address *remote, bool tcp)
{
    int type = (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int err;

    memset(peer, 0, sizeof(*peer));
    peer->tcp = tcp;
    peer->fd = socket(remote->u.base.sa_family, type, 0);
    if (peer->fd < 0)
        return -errno;
    if (connect(peer->fd, &remote->u.base, net_address_len(remote)) < 0 && errno != EINPROGRESS) {
        err = -errno;
        goto out;
    }
    if (tcp) {
        setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        peer->backlog = malloc(PEER_SOCKET_BACKLOG_BYTES);
        if (peer->backlog == NULL) {
            err = -ENOMEM;
            goto out;
        }
    }
    return 0;

out:
    peer_socket_close(peer);
    return err;
}

void peer_socket_close(struct peer_socket *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    free(peer->backlog);
    memset(peer, 0, sizeof(*peer));
    peer->fd = -1;
}

void peer_socket_flush(struct peer_socket *peer)
{
    ssize_t sent;

    if (peer->backlog_len == 0)
        return;
    sent = send(peer->fd, peer->backlog, peer->backlog_len, MSG_NOSIGNAL);
    if (sent > 0) {
        peer->backlog_len -= (size_t)sent;
        memmove(peer->backlog, peer->backlog + sent, peer->backlog_len);
    } else if (errno != EAGAIN && errno != ENOTCONN && errno != EINTR) {
        peer->broken = true;
    }
}

static int send_framed(struct peer_socket *peer, const uint8_t *data, size_t len)
{
    uint8_t *tail = peer->backlog + peer->backlog_len;

    if (peer->broken)
        return -EPIPE;
    if (peer->backlog_len + TCP_FRAME_HEADER_BYTES + len > PEER_SOCKET_BACKLOG_BYTES)
        return -ENOBUFS;
    if (tcp_frame_header(len, tail) < 0)
        return -EMSGSIZE;
    memcpy(tail + TCP_FRAME_HEADER_BYTES, data, len);
    peer->backlog_len += TCP_FRAME_HEADER_BYTES + len;
    peer_socket_flush(peer);
    return peer->broken ? -EPIPE : 0;
}

int peer_socket_send(struct peer_socket *peer, const uint8_t *data, size_t len)
{
    if (peer->tcp)
        return send_framed(peer, data, len);
    return send(peer->fd, data, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

struct delivery {
    void (*on_message)(void *user, uint8_t *data, size_t len);
    void *user;
};

static bool deliver(void *user, uint8_t *message, size_t len)
{
    struct delivery *delivery = user;

    delivery->on_message(delivery->user, message, len);
    return true;
}

int peer_socket_receive(struct peer_socket *peer, size_t max_messages,
    void (*on_message)(void *user, uint8_t *data, size_t len), void *user)
{
    struct delivery delivery = {on_message, user};
    uint8_t data[READ_BYTES];

    peer_socket_flush(peer);
    for (size_t i = 0; i < max_messages; i++) {
        ssize_t got = recv(peer->fd, data, sizeof(data), 0);

        if (got < 0) {
            /* A refused datagram is news of an earlier one, not of this socket. */
            if (errno == EAGAIN || errno == ENOTCONN || (!peer->tcp && errno == ECONNREFUSED))
                return 0;
            if (errno == EINTR)
                continue;
            peer->broken = true;
            return -errno;
        }
        if (!peer->tcp) {
            on_message(user, data, (size_t)got);
        } else if (got == 0 ||
                   tcp_deframer_feed(&peer->deframer, data, (size_t)got, deliver, &delivery) < 0) {
            peer->broken = true;
            return -ECONNRESET;
        }
    }
    return 0;
}
