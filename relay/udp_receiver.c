#define _GNU_SOURCE
#include "relay/udp_receiver.h"

#include "relay/transport/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH UDP_RECEIVER_BATCH

/* Room for one in_pktinfo or in6_pktinfo, aligned as the kernel wants it. */
union control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct udp_receiver {
    /* borrowed */
    int fd;
    /* state */
    struct udp_receiver_counters counters;
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage remotes[BATCH];
    union control controls[BATCH];
    uint8_t data[BATCH][TRANSPORT_DATAGRAM_BYTES + TRANSPORT_TRAILER_BYTES];
};

/* The kernel tells in these how much it wrote. */
static void make_room(struct udp_receiver *receiver, size_t i)
{
    receiver->messages[i].msg_hdr.msg_namelen = sizeof(receiver->remotes[i]);
    receiver->messages[i].msg_hdr.msg_controllen = sizeof(receiver->controls[i]);
}

int udp_receiver_create(int fd, struct udp_receiver **ret_receiver)
{
    struct udp_receiver *receiver = calloc(1, sizeof(*receiver));

    if (receiver == NULL)
        return -ENOMEM;
    receiver->fd = fd;
    for (size_t i = 0; i < BATCH; i++) {
        receiver->vectors[i].iov_base = receiver->data[i];
        receiver->vectors[i].iov_len = TRANSPORT_DATAGRAM_BYTES;
        receiver->messages[i].msg_hdr.msg_iov = &receiver->vectors[i];
        receiver->messages[i].msg_hdr.msg_iovlen = 1;
        receiver->messages[i].msg_hdr.msg_name = &receiver->remotes[i];
        receiver->messages[i].msg_hdr.msg_control = &receiver->controls[i];
        make_room(receiver, i);
    }
    *ret_receiver = receiver;
    return 0;
}

void udp_receiver_destroy(struct udp_receiver *receiver)
{
    free(receiver);
}

const struct udp_receiver_counters *udp_receiver_counters(const struct udp_receiver *receiver)
{
    return &receiver->counters;
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

static void take(struct udp_receiver *receiver, size_t i,
    void (*on_datagram)(void *user, const struct transport_path *path, uint8_t *data, size_t len),
    void *user)
{
    struct msghdr *header = &receiver->messages[i].msg_hdr;
    struct transport_path path = {0};

    receiver->counters.packets++;
    receiver->counters.bytes += receiver->messages[i].msg_len;
    if (header->msg_flags & MSG_TRUNC) {
        receiver->counters.oversized++;
        return;
    }
    if (net_address_from_sockaddr(
            (struct sockaddr *)&receiver->remotes[i], header->msg_namelen, &path.remote) < 0)
        return;
    local_from_control(header, &path.local);
    on_datagram(user, &path, receiver->data[i], receiver->messages[i].msg_len);
}

size_t udp_receiver_read(struct udp_receiver *receiver,
    void (*on_datagram)(void *user, const struct transport_path *path, uint8_t *data, size_t len),
    void *user)
{
    int count = recvmmsg(receiver->fd, receiver->messages, BATCH, MSG_DONTWAIT, NULL);

    for (int i = 0; i < count; i++) {
        take(receiver, (size_t)i, on_datagram, user);
        make_room(receiver, (size_t)i);
    }
    return count > 0 ? (size_t)count : 0;
}
