#define _GNU_SOURCE
#include "relay/udp_io.h"

#include "relay/addresses.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 32

/* Room for one in_pktinfo or in6_pktinfo, aligned as the kernel wants it. */
union control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct udp_io {
    /* borrowed */
    int fd;
    int family;
    /* state */
    struct udp_io_counters counters;
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage remotes[BATCH];
    union control controls[BATCH];
    uint8_t data[BATCH][TRANSPORT_DATAGRAM_BYTES + TRANSPORT_TRAILER_BYTES];
};

int udp_io_create(int fd, int family, struct udp_io **ret_io)
{
    struct udp_io *io = calloc(1, sizeof(*io));

    if (io == NULL)
        return -ENOMEM;
    io->fd = fd;
    io->family = family;
    for (size_t i = 0; i < BATCH; i++) {
        io->vectors[i].iov_base = io->data[i];
        io->vectors[i].iov_len = TRANSPORT_DATAGRAM_BYTES;
        io->messages[i].msg_hdr.msg_iov = &io->vectors[i];
        io->messages[i].msg_hdr.msg_iovlen = 1;
        io->messages[i].msg_hdr.msg_name = &io->remotes[i];
        io->messages[i].msg_hdr.msg_control = &io->controls[i];
    }
    *ret_io = io;
    return 0;
}

void udp_io_destroy(struct udp_io *io)
{
    free(io);
}

const struct udp_io_counters *udp_io_counters(const struct udp_io *io)
{
    return &io->counters;
}

static void local_from_control(struct msghdr *header, struct net_address *ret_local)
{
    struct sockaddr_storage storage = {0};
    struct cmsghdr *at;

    for (at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
            struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(at), sizeof(info));
            v6.sin6_addr = info.ipi6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
                v6.sin6_scope_id = info.ipi6_ifindex;
            memcpy(&storage, &v6, sizeof(v6));
        } else if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
            struct sockaddr_in v4 = {.sin_family = AF_INET};
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(at), sizeof(info));
            v4.sin_addr = info.ipi_addr;
            memcpy(&storage, &v4, sizeof(v4));
        }
    }
    memset(ret_local, 0, sizeof(*ret_local));
    net_address_from_sockaddr((struct sockaddr *)&storage, sizeof(storage), ret_local);
}

size_t udp_io_receive(struct udp_io *io,
    void (*on_datagram)(void *user, const struct transport_path *path, uint8_t *data, size_t len),
    void *user)
{
    int count;

    for (size_t i = 0; i < BATCH; i++) {
        io->messages[i].msg_hdr.msg_namelen = sizeof(io->remotes[i]);
        io->messages[i].msg_hdr.msg_controllen = sizeof(io->controls[i]);
    }
    count = recvmmsg(io->fd, io->messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0)
        return 0;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &io->messages[i].msg_hdr;
        struct transport_path path = {0};

        io->counters.received_packets++;
        io->counters.received_bytes += io->messages[i].msg_len;
        if (header->msg_flags & MSG_TRUNC) {
            io->counters.oversized++;
            continue;
        }
        if (net_address_from_sockaddr(
                (struct sockaddr *)&io->remotes[i], header->msg_namelen, &path.remote) < 0)
            continue;
        local_from_control(header, &path.local);
        on_datagram(user, &path, io->data[i], io->messages[i].msg_len);
    }
    return (size_t)count;
}

static void put_control(struct msghdr *header, int level, int type, const void *info, size_t len)
{
    struct cmsghdr *at = CMSG_FIRSTHDR(header);

    at->cmsg_level = level;
    at->cmsg_type = type;
    at->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(at), info, len);
    header->msg_controllen = CMSG_SPACE(len);
}

/* Sets the source address; without one the kernel chooses by its routes. */
static void control_from_local(
    const struct udp_io *io, const struct net_address *local, struct msghdr *header)
{
    struct sockaddr_storage storage = {0};

    if (local->u.base.sa_family == AF_UNSPEC ||
        address_to_sockaddr(local, io->family, &storage) == 0) {
        header->msg_control = NULL;
        header->msg_controllen = 0;
        return;
    }
    if (io->family == AF_INET6) {
        struct sockaddr_in6 v6;
        struct in6_pktinfo info = {0};

        memcpy(&v6, &storage, sizeof(v6));
        info.ipi6_addr = v6.sin6_addr;
        info.ipi6_ifindex = v6.sin6_scope_id;
        put_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    } else {
        struct in_pktinfo info = {.ipi_spec_dst = local->u.v4.sin_addr};

        put_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
}

int udp_io_send(
    struct udp_io *io, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct sockaddr_storage remote;
    union control control = {0};
    struct iovec vector = {.iov_base = (void *)data, .iov_len = len};
    struct msghdr header = {
        .msg_name = &remote,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };

    header.msg_namelen = address_to_sockaddr(&path->remote, io->family, &remote);
    if (header.msg_namelen == 0)
        return -EAFNOSUPPORT;
    control_from_local(io, &path->local, &header);
    if (sendmsg(io->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        io->counters.send_failed++;
        return -errno;
    }
    io->counters.sent_packets++;
    io->counters.sent_bytes += len;
    return 0;
}
