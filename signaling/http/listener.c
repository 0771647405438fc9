#define _GNU_SOURCE
#include "signaling/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG         512
#define PORT_ZERO_TRIES 16

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t parse(const char *text, uint16_t port, union address *ret_address)
{
    *ret_address = (union address){0};
    if (inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1) {
        ret_address->v4.sin_family = AF_INET;
        ret_address->v4.sin_port = htons(port);
        return sizeof(ret_address->v4);
    }
    if (inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1) {
        ret_address->v6.sin6_family = AF_INET6;
        ret_address->v6.sin6_port = htons(port);
        return sizeof(ret_address->v6);
    }
    return 0;
}

bool listener_is_address(const char *text)
{
    union address address;

    return parse(text, 0, &address) > 0;
}

bool listener_is_loopback(const char *text)
{
    union address address;

    if (parse(text, 0, &address) == 0)
        return false;
    if (address.any.sa_family == AF_INET)
        return (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}

static int open_one(const char *text, uint16_t port, uint16_t *ret_port)
{
    union address address;
    socklen_t len = parse(text, port, &address);
    const int on = 1;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, &address.any, len) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, &address.any, &len) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    *ret_port =
        ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    return fd;
}

/* No IPv6 here: the default of both loopbacks must still start. */
static bool may_leave_out(const char *text, int r)
{
    return (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT) && listener_is_loopback(text);
}

static int try_open(struct listener *listener, const struct config_list *addresses, uint16_t port,
    const char **ret_culprit)
{
    int left_out = 0;

    *listener = (struct listener){.port = port};
    for (size_t i = 0; i < addresses->count && listener->count < LISTENER_MAX; i++) {
        int fd = open_one(addresses->items[i], listener->port, &listener->port);

        if (fd < 0 && may_leave_out(addresses->items[i], fd)) {
            left_out = fd;
            continue;
        }
        if (fd < 0) {
            *ret_culprit = addresses->items[i];
            listener_close(listener);
            return fd;
        }
        listener->fds[listener->count++] = fd;
    }
    if (listener->count == 0) {
        *ret_culprit = addresses->items[0];
        return left_out;
    }
    return 0;
}

static void explain(const char *address, uint16_t port, int r, struct config_error *ret_error)
{
    if (r == -EADDRINUSE)
        snprintf(ret_error->text, sizeof(ret_error->text),
            "http.port: TCP port %u is already in use on %s; stop the program that has it, or set "
            "another port (0 = any free one)",
            port, address);
    else if (r == -EACCES)
        snprintf(ret_error->text, sizeof(ret_error->text),
            "http.port: no permission for TCP port %u; ports below 1024 need CAP_NET_BIND_SERVICE",
            port);
    else
        snprintf(
            ret_error->text, sizeof(ret_error->text), "http.listen: %s: %s", address, strerror(-r));
}

int listener_open(struct listener *ret_listener, const struct config_list *addresses, uint16_t port,
    struct config_error *ret_error)
{
    const char *culprit = "";
    struct listener listener;
    int r = 0;

    /* Port 0: free on the first address may be taken on the second. */
    for (int i = 0; i < PORT_ZERO_TRIES; i++) {
        r = try_open(&listener, addresses, port, &culprit);
        if (r != -EADDRINUSE || port != 0)
            break;
    }
    if (r < 0) {
        explain(culprit, port, r, ret_error);
        return r;
    }
    *ret_listener = listener;
    return 0;
}

void listener_close(struct listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->fds[i] >= 0)
            close(listener->fds[i]);
    }
    listener->count = 0;
}

int listener_accept(int fd)
{
    const int on = 1;
    const int idle_s = 6;
    const int interval_s = 3;
    const int probes = 3;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (client < 0)
        return -errno;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(client, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
    setsockopt(client, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    return client;
}
