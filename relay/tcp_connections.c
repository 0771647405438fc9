#define _GNU_SOURCE
#include "relay/tcp_connections.h"

#include "common/clock.h"
#include "common/log.h"
#include "relay/tcp_connection.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRUST_TIMEOUT_US  (10 * US_PER_S)
#define ACCEPTS_PER_EVENT 32
#define LISTENER_PAUSE_US US_PER_S

struct slot {
    struct tcp_connection *connection; /* owned; NULL when free */
    uint16_t generation;
    bool trusted;
    bool closing;
    bool wants_write;
};

struct tcp_connections {
    /* borrowed */
    struct tcp_connections_params params;
    /* owned */
    struct slot *slots;
    /* state */
    struct tcp_connections_counters counters;
    size_t count;
    uint64_t listener_paused_us; /* 0 = listening */
};

int tcp_connections_create(
    const struct tcp_connections_params *params, struct tcp_connections **ret_connections)
{
    struct tcp_connections *connections = calloc(1, sizeof(*connections));
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = params->listener_tag};

    if (connections == NULL)
        return -ENOMEM;
    connections->params = *params;
    connections->slots = calloc(params->max_connections + 1, sizeof(*connections->slots));
    if (connections->slots == NULL) {
        free(connections);
        return -ENOMEM;
    }
    if (params->listener >= 0)
        epoll_ctl(params->epoll, EPOLL_CTL_ADD, params->listener, &event);
    *ret_connections = connections;
    return 0;
}

/* An id names a slot and how often it has been used, and is never 0. */
static uint32_t id_of(const struct tcp_connections *connections, const struct slot *slot)
{
    return ((uint32_t)slot->generation << 16) | ((uint32_t)(slot - connections->slots) + 1);
}

static struct slot *find(struct tcp_connections *connections, uint32_t id)
{
    size_t index = (id & 0xffff) - 1;
    struct slot *slot;

    if (index >= connections->params.max_connections)
        return NULL;
    slot = &connections->slots[index];
    return slot->connection != NULL && slot->generation == id >> 16 ? slot : NULL;
}

static void end(struct tcp_connections *connections, struct slot *slot)
{
    uint32_t id = id_of(connections, slot);

    tcp_connection_destroy(slot->connection);
    slot->connection = NULL;
    slot->generation++;
    connections->count--;
    connections->params.on_closed(connections->params.user, id);
}

void tcp_connections_destroy(struct tcp_connections *connections)
{
    if (connections == NULL)
        return;
    for (size_t i = 0; i < connections->params.max_connections; i++)
        tcp_connection_destroy(connections->slots[i].connection);
    free(connections->slots);
    free(connections);
}

/* ---- accepting ---- */

/* A free slot; when there is none, that of the stranger who has been silent longest. */
static struct slot *make_room(struct tcp_connections *connections)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < connections->params.max_connections; i++) {
        struct slot *slot = &connections->slots[i];

        if (slot->connection == NULL)
            return slot;
        if (!slot->trusted && (oldest == NULL || tcp_connection_created_us(slot->connection) <
                                                     tcp_connection_created_us(oldest->connection)))
            oldest = slot;
    }
    if (oldest != NULL) {
        connections->counters.untrusted++;
        end(connections, oldest);
    }
    return oldest;
}

static int path_of(int fd, const struct sockaddr_storage *remote, socklen_t len, uint32_t id,
    struct transport_path *ret_path)
{
    struct sockaddr_storage local = {0};
    socklen_t local_len = sizeof(local);
    struct transport_path path = {.connection = id};

    if (net_address_from_sockaddr((const struct sockaddr *)remote, len, &path.remote) < 0 ||
        getsockname(fd, (struct sockaddr *)&local, &local_len) < 0 ||
        net_address_from_sockaddr((struct sockaddr *)&local, local_len, &path.local) < 0)
        return -EINVAL;
    *ret_path = path;
    return 0;
}

static void take(struct tcp_connections *connections, int fd, const struct sockaddr_storage *remote,
    socklen_t len, uint64_t now_us)
{
    struct slot *slot = make_room(connections);
    struct transport_path path;
    struct epoll_event event = {.events = EPOLLIN};

    if (slot == NULL || path_of(fd, remote, len, id_of(connections, slot), &path) < 0) {
        connections->counters.refused++;
        close(fd);
        return;
    }
    if (tcp_connection_create(fd, &path, now_us, &slot->connection) < 0)
        return;
    slot->trusted = false;
    slot->closing = false;
    slot->wants_write = false;
    connections->count++;
    connections->counters.accepted++;
    event.data.u64 = connections->params.connection_tag | path.connection;
    if (epoll_ctl(connections->params.epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        end(connections, slot);
}

void tcp_connections_accept(struct tcp_connections *connections, uint64_t now_us)
{
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        struct sockaddr_storage remote = {0};
        socklen_t len = sizeof(remote);
        int fd = accept4(connections->params.listener, (struct sockaddr *)&remote, &len,
            SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(connections, fd, &remote, len, now_us);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* The connection stays in the queue and would wake us for ever. */
            log_warn(LOG_CORE, "event=accept_failed error=%d pause_ms=%u", errno,
                (unsigned)(LISTENER_PAUSE_US / US_PER_MS));
            epoll_ctl(connections->params.epoll, EPOLL_CTL_DEL, connections->params.listener, NULL);
            connections->listener_paused_us = now_us;
        }
        return;
    }
}

/* ---- traffic ---- */

struct delivery {
    struct tcp_connections *connections;
    struct slot *slot;
};

static bool on_message(void *user, uint8_t *message, size_t len)
{
    struct delivery *delivery = user;
    const struct tcp_connections_params *params = &delivery->connections->params;

    params->on_message(params->user, tcp_connection_path(delivery->slot->connection), message, len);
    return !delivery->slot->closing;
}

static void watch_writable(struct tcp_connections *connections, struct slot *slot)
{
    bool wants_write = tcp_connection_has_backlog(slot->connection);
    struct epoll_event event = {
        .events = wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN,
        .data.u64 = connections->params.connection_tag | id_of(connections, slot),
    };

    if (wants_write == slot->wants_write)
        return;
    slot->wants_write = wants_write;
    epoll_ctl(
        connections->params.epoll, EPOLL_CTL_MOD, tcp_connection_fd(slot->connection), &event);
}

void tcp_connections_event(struct tcp_connections *connections, uint32_t id, uint32_t events)
{
    struct slot *slot = find(connections, id);
    struct delivery delivery = {connections, slot};
    int err = 0;

    if (slot == NULL)
        return;
    if (events & EPOLLOUT)
        err = tcp_connection_flush(slot->connection);
    if (err == 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        err = tcp_connection_receive(slot->connection, on_message, &delivery);
    if (err == -EMSGSIZE)
        connections->counters.broken_frames++;
    if (err < 0 || slot->closing)
        end(connections, slot);
    else
        watch_writable(connections, slot);
}

int tcp_connections_send(
    struct tcp_connections *connections, uint32_t id, const uint8_t *data, size_t len)
{
    struct slot *slot = find(connections, id);
    int err;

    if (slot == NULL || slot->closing)
        return -ENOTCONN;
    slot->trusted = true;
    err = tcp_connection_send(slot->connection, data, len);
    if (err == -EAGAIN)
        connections->counters.backlog_drops++;
    else if (err < 0)
        slot->closing = true;
    else
        watch_writable(connections, slot);
    return err;
}

void tcp_connections_close(struct tcp_connections *connections, uint32_t id)
{
    struct slot *slot = find(connections, id);

    if (slot != NULL)
        slot->closing = true;
}

void tcp_connections_tick(struct tcp_connections *connections, uint64_t now_us)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = connections->params.listener_tag};

    if (connections->listener_paused_us != 0 &&
        now_us - connections->listener_paused_us > LISTENER_PAUSE_US) {
        connections->listener_paused_us = 0;
        epoll_ctl(connections->params.epoll, EPOLL_CTL_ADD, connections->params.listener, &event);
    }
    if (connections->count == 0)
        return;
    for (size_t i = 0; i < connections->params.max_connections; i++) {
        struct slot *slot = &connections->slots[i];
        bool stranger;

        if (slot->connection == NULL)
            continue;
        stranger = !slot->trusted &&
                   now_us - tcp_connection_created_us(slot->connection) > TRUST_TIMEOUT_US;
        if (stranger)
            connections->counters.untrusted++;
        if (stranger || slot->closing)
            end(connections, slot);
    }
}

size_t tcp_connections_count(const struct tcp_connections *connections)
{
    return connections->count;
}

const struct tcp_connections_counters *tcp_connections_counters(
    const struct tcp_connections *connections)
{
    return &connections->counters;
}
