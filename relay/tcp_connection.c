#define _GNU_SOURCE
#include "relay/tcp_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define READ_BYTES      16384
#define READS_PER_EVENT 4

/* A peer that vanished is noticed within 15 s, whether we send to it or not. */
#define USER_TIMEOUT_MS  15000
#define KEEPALIVE_IDLE_S 5
#define KEEPALIVE_STEP_S 3
#define KEEPALIVE_TRIES  3

struct tcp_connection {
    /* owned */
    int fd;
    uint8_t *backlog; /* TCP_BACKLOG_BYTES, made when first needed */
    /* state */
    struct transport_path path;
    uint64_t created_us;
    size_t backlog_start;
    size_t backlog_len;
    struct tcp_deframer deframer;
};

static void set_int(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof(value));
}

int tcp_connection_create(int fd, const struct transport_path *path, uint64_t now_us,
    struct tcp_connection **ret_connection)
{
    struct tcp_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        close(fd);
        return -ENOMEM;
    }
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S);
    set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES);
    set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    connection->fd = fd;
    connection->path = *path;
    connection->created_us = now_us;
    *ret_connection = connection;
    return 0;
}

void tcp_connection_destroy(struct tcp_connection *connection)
{
    if (connection == NULL)
        return;
    close(connection->fd);
    free(connection->backlog);
    free(connection);
}

int tcp_connection_receive(struct tcp_connection *connection,
    bool (*on_message)(void *user, uint8_t *message, size_t len), void *user)
{
    uint8_t data[READ_BYTES];

    for (int i = 0; i < READS_PER_EVENT; i++) {
        ssize_t len = recv(connection->fd, data, sizeof(data), MSG_DONTWAIT);
        int err;

        if (len == 0)
            return -EPIPE;
        if (len < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        err = tcp_deframer_feed(&connection->deframer, data, (size_t)len, on_message, user);
        if (err < 0)
            return err;
        if ((size_t)len < sizeof(data))
            return 0;
    }
    return 0;
}

/* Appends to the backlog; the caller made sure that it fits. */
static void keep(struct tcp_connection *connection, const void *data, size_t len)
{
    size_t end = connection->backlog_start + connection->backlog_len;

    if (end + len > TCP_BACKLOG_BYTES) {
        memmove(connection->backlog, connection->backlog + connection->backlog_start,
            connection->backlog_len);
        connection->backlog_start = 0;
        end = connection->backlog_len;
    }
    memcpy(connection->backlog + end, data, len);
    connection->backlog_len += len;
}

static int keep_rest(struct tcp_connection *connection, const uint8_t *header, const uint8_t *data,
    size_t len, size_t sent)
{
    if (connection->backlog == NULL) {
        connection->backlog = malloc(TCP_BACKLOG_BYTES);
        if (connection->backlog == NULL)
            /* With half a frame gone the stream could not go on. */
            return sent > 0 ? -ENOMEM : -EAGAIN;
    }
    if (sent < TCP_FRAME_HEADER_BYTES) {
        keep(connection, header + sent, TCP_FRAME_HEADER_BYTES - sent);
        sent = TCP_FRAME_HEADER_BYTES;
    }
    sent -= TCP_FRAME_HEADER_BYTES;
    keep(connection, data + sent, len - sent);
    return 0;
}

int tcp_connection_send(struct tcp_connection *connection, const uint8_t *data, size_t len)
{
    uint8_t header[TCP_FRAME_HEADER_BYTES];
    struct iovec vectors[] = {
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)(uintptr_t)data, .iov_len = len},
    };
    struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
    ssize_t sent = 0;
    int err = tcp_frame_header(len, header);

    if (err < 0)
        return err;
    if (connection->backlog_len + len + sizeof(header) > TCP_BACKLOG_BYTES)
        return -EAGAIN;
    if (connection->backlog_len == 0) {
        sent = sendmsg(connection->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (sent < 0)
            sent = 0;
        if ((size_t)sent == len + sizeof(header))
            return 0;
    }
    return keep_rest(connection, header, data, len, (size_t)sent);
}

int tcp_connection_flush(struct tcp_connection *connection)
{
    ssize_t sent;

    if (connection->backlog_len == 0)
        return 0;
    sent = send(connection->fd, connection->backlog + connection->backlog_start,
        connection->backlog_len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    connection->backlog_start += (size_t)sent;
    connection->backlog_len -= (size_t)sent;
    if (connection->backlog_len == 0)
        connection->backlog_start = 0;
    return 0;
}

bool tcp_connection_has_backlog(const struct tcp_connection *connection)
{
    return connection->backlog_len > 0;
}

int tcp_connection_fd(const struct tcp_connection *connection)
{
    return connection->fd;
}

const struct transport_path *tcp_connection_path(const struct tcp_connection *connection)
{
    return &connection->path;
}

uint64_t tcp_connection_created_us(const struct tcp_connection *connection)
{
    return connection->created_us;
}
