#define _GNU_SOURCE
#include "relay/media_sockets.h"

#include "common/log.h"
#include "relay/addresses.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A keyframe to a few hundred viewers must fit into what the kernel holds for us. */
#define UDP_BUFFER_BYTES (4 * 1024 * 1024)
#define TCP_BACKLOG      128
#define PORT_PAIR_TRIES  32

static void set_int(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof(value));
}

static void grow_buffer(int fd, int name, int force_name, const char *what)
{
    int got = 0;
    socklen_t len = sizeof(got);

    set_int(fd, SOL_SOCKET, name, UDP_BUFFER_BYTES);
    getsockopt(fd, SOL_SOCKET, name, &got, &len);
    /* The kernel tells twice the usable size. */
    if (got / 2 >= UDP_BUFFER_BYTES)
        return;
    set_int(fd, SOL_SOCKET, force_name, UDP_BUFFER_BYTES);
    getsockopt(fd, SOL_SOCKET, name, &got, &len);
    if (got / 2 < UDP_BUFFER_BYTES)
        log_warn(LOG_CORE, "event=small_socket_buffer sysctl=%s bytes=%d wanted=%d", what, got / 2,
            UDP_BUFFER_BYTES);
}

/* The address to bind: the given one, or all of the family. */
static socklen_t bind_address(
    const char *ip, int family, uint16_t port, struct sockaddr_storage *ret_address)
{
    struct net_address address;

    if (ip[0] == '\0' || net_address_parse(ip, 0, &address) < 0) {
        memset(&address, 0, sizeof(address));
        address.u.base.sa_family = (sa_family_t)family;
    }
    if (address.u.base.sa_family == AF_INET6)
        address.u.v6.sin6_port = htons(port);
    else
        address.u.v4.sin_port = htons(port);
    return address_to_sockaddr(&address, family, ret_address);
}

static int open_bound(const char *ip, int family, int type, uint16_t port)
{
    struct sockaddr_storage address = {0};
    socklen_t len = bind_address(ip, family, port, &address);
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0)
        return -errno;
    if (family == AF_INET6)
        set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    /* For TCP this only skips TIME_WAIT; for UDP it would share the port with another program. */
    if (type == SOCK_STREAM)
        set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (bind(fd, (struct sockaddr *)&address, len) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static int open_udp(const char *ip, int family, uint16_t port)
{
    int fd = open_bound(ip, family, SOCK_DGRAM, port);

    if (fd < 0)
        return fd;
    if (family == AF_INET6)
        set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    else
        set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
    grow_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, "net.core.rmem_max");
    grow_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, "net.core.wmem_max");
    return fd;
}

static int open_tcp(const char *ip, int family, uint16_t port)
{
    int fd = open_bound(ip, family, SOCK_STREAM, port);
    int err;

    if (fd < 0)
        return fd;
    if (listen(fd, TCP_BACKLOG) < 0) {
        err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage storage = {0};
    struct net_address address;
    socklen_t len = sizeof(storage);

    getsockname(fd, (struct sockaddr *)&storage, &len);
    if (net_address_from_sockaddr((struct sockaddr *)&storage, len, &address) < 0)
        return 0;
    return net_address_port(&address);
}

static int explain(
    int err, const char *ip, const char *protocol, uint16_t port, struct config_error *ret_error)
{
    if (err == -EADDRINUSE)
        snprintf(ret_error->text, sizeof(ret_error->text),
            "media.port: %s port %u is already in use; stop the other program or choose another "
            "with --set media.port=…",
            protocol, port);
    else if (err == -EACCES)
        snprintf(ret_error->text, sizeof(ret_error->text),
            "media.port: %s port %u needs more rights than this user has; choose one above 1023",
            protocol, port);
    else if (err == -EADDRNOTAVAIL)
        snprintf(ret_error->text, sizeof(ret_error->text),
            "media.listen: %s is not an address of this machine", ip);
    else
        snprintf(ret_error->text, sizeof(ret_error->text), "media.port: cannot open %s port %u: %s",
            protocol, port, strerror(-err));
    return err;
}

static int open_pair(const char *ip, int family, uint16_t port, bool with_tcp,
    struct media_sockets *ret_sockets, struct config_error *ret_error)
{
    struct media_sockets sockets = {.udp = -1, .tcp = -1, .family = family};
    int err = 0;

    sockets.udp = open_udp(ip, family, port);
    if (sockets.udp < 0)
        return explain(sockets.udp, ip, "UDP", port, ret_error);
    sockets.port = bound_port(sockets.udp);
    if (with_tcp) {
        sockets.tcp = open_tcp(ip, family, sockets.port);
        if (sockets.tcp < 0) {
            err = explain(sockets.tcp, ip, "TCP", sockets.port, ret_error);
            close(sockets.udp);
            return err;
        }
    }
    *ret_sockets = sockets;
    return 0;
}

int media_sockets_open(const char *ip, uint16_t port, bool with_tcp,
    struct media_sockets *ret_sockets, struct config_error *ret_error)
{
    struct net_address address;
    int family = AF_INET6;
    int err = 0;

    if (ip[0] != '\0' && net_address_parse(ip, 0, &address) == 0)
        family = address.u.base.sa_family;
    /* With port 0 the kernel picks for UDP, and TCP may have given that number away. */
    for (int i = 0; i < PORT_PAIR_TRIES; i++) {
        err = open_pair(ip, family, port, with_tcp, ret_sockets, ret_error);
        if (err == 0)
            return 0;
        if (ip[0] == '\0' && family == AF_INET6 && (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL))
            family = AF_INET;
        else if (port != 0 || err != -EADDRINUSE)
            break;
    }
    return err;
}

int media_sockets_open_all(const char *ip, uint16_t port, bool with_tcp, size_t count,
    struct media_sockets *ret_sockets, struct config_error *ret_error)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t own = port == 0 ? 0 : (uint16_t)(port + i);
        int err = media_sockets_open(ip, own, with_tcp, &ret_sockets[i], ret_error);

        if (err == 0)
            continue;
        while (i > 0)
            media_sockets_close(&ret_sockets[--i]);
        return err;
    }
    return 0;
}

void media_sockets_close(struct media_sockets *sockets)
{
    if (sockets->udp >= 0)
        close(sockets->udp);
    if (sockets->tcp >= 0)
        close(sockets->tcp);
    sockets->udp = -1;
    sockets->tcp = -1;
}
