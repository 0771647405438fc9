#define _GNU_SOURCE
#include "relay/udp_sender.h"

#include "relay/addresses.h"
#include "relay/transport/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define MAX_MESSAGES 64
/* What the kernel cuts at most, and what one UDP message holds. */
#define MAX_SEGMENTS      64
#define MAX_MESSAGE_BYTES 65000
/* Some thirty frames: small enough to stay in the processor's cache until the kernel copies it. */
#define ARENA_BYTES    (256 * 1024)
#define RESERVED_BYTES 2048

/* Room for the source address and the segment size, aligned as the kernel wants it. */
struct control {
    alignas(struct cmsghdr)
        uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

/* A run of packets to one peer. */
struct message {
    struct transport_path path;
    struct sockaddr_storage remote;
    struct control control;
    struct iovec vector;
    size_t segment_bytes; /* of all but the last */
    unsigned segments;
    bool ended; /* the last one was shorter: nothing may follow */
};

struct udp_sender {
    /* borrowed */
    int fd;
    int family;
    /* state */
    struct udp_sender_counters counters;
    bool blocked;
    size_t used;  /* bytes of the arena */
    size_t count; /* messages gathered */
    size_t first; /* the first of them that is not sent yet */
    struct message messages[MAX_MESSAGES];
    struct mmsghdr headers[MAX_MESSAGES];
    uint8_t arena[ARENA_BYTES];
};

int udp_sender_create(int fd, int family, struct udp_sender **ret_sender)
{
    struct udp_sender *sender = calloc(1, sizeof(*sender));

    if (sender == NULL)
        return -ENOMEM;
    sender->fd = fd;
    sender->family = family;
    *ret_sender = sender;
    return 0;
}

void udp_sender_destroy(struct udp_sender *sender)
{
    free(sender);
}

const struct udp_sender_counters *udp_sender_counters(const struct udp_sender *sender)
{
    return &sender->counters;
}

bool udp_sender_is_blocked(const struct udp_sender *sender)
{
    return sender->blocked;
}

/* ---- where a message goes and leaves from ---- */

static void put_control(struct msghdr *header, struct control *control, int level, int type,
    const void *info, size_t len)
{
    struct cmsghdr *at = (struct cmsghdr *)(void *)(control->bytes + header->msg_controllen);

    at->cmsg_level = level;
    at->cmsg_type = type;
    at->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(at), info, len);
    header->msg_control = control;
    header->msg_controllen += CMSG_SPACE(len);
}

/* Sets the source address; without one the kernel chooses by its routes. */
static void put_source(const struct udp_sender *sender, const struct net_address *local,
    struct msghdr *header, struct control *control)
{
    struct sockaddr_storage storage = {0};

    if (local->u.base.sa_family == AF_UNSPEC ||
        address_to_sockaddr(local, sender->family, &storage) == 0)
        return;
    if (sender->family == AF_INET6) {
        struct sockaddr_in6 v6;
        struct in6_pktinfo info = {0};

        memcpy(&v6, &storage, sizeof(v6));
        info.ipi6_addr = v6.sin6_addr;
        info.ipi6_ifindex = v6.sin6_scope_id;
        put_control(header, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    } else {
        struct in_pktinfo info = {.ipi_spec_dst = local->u.v4.sin_addr};

        put_control(header, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
}

/* Fills the header but for its data. -EAFNOSUPPORT when the socket cannot reach the address. */
static int address_message(const struct udp_sender *sender, const struct transport_path *path,
    struct sockaddr_storage *remote, struct control *control, struct msghdr *ret_header)
{
    memset(ret_header, 0, sizeof(*ret_header));
    ret_header->msg_namelen = address_to_sockaddr(&path->remote, sender->family, remote);
    if (ret_header->msg_namelen == 0)
        return -EAFNOSUPPORT;
    ret_header->msg_name = remote;
    put_source(sender, &path->local, ret_header, control);
    return 0;
}

int udp_sender_send(
    struct udp_sender *sender, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct sockaddr_storage remote;
    struct control control = {0};
    struct iovec vector = {.iov_base = (void *)data, .iov_len = len};
    struct msghdr header;
    int err = address_message(sender, path, &remote, &control, &header);

    if (err < 0)
        return err;
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    if (sendmsg(sender->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        sender->counters.failed++;
        return -errno;
    }
    sender->counters.packets++;
    sender->counters.bytes += len;
    return 0;
}

/* ---- gathering ---- */

uint8_t *udp_sender_reserve(struct udp_sender *sender, size_t capacity)
{
    if (capacity > RESERVED_BYTES)
        return NULL;
    if (sender->count == MAX_MESSAGES || sender->used + capacity > ARENA_BYTES)
        udp_sender_flush(sender);
    return sender->blocked ? NULL : sender->arena + sender->used;
}

static bool can_follow(const struct message *message, const struct transport_path *path, size_t len)
{
    return !message->ended && len <= message->segment_bytes && message->segments < MAX_SEGMENTS &&
           message->vector.iov_len + len <= MAX_MESSAGE_BYTES &&
           transport_path_equal(&message->path, path);
}

void udp_sender_commit(struct udp_sender *sender, const struct transport_path *path, size_t len)
{
    struct message *message = sender->count > 0 ? &sender->messages[sender->count - 1] : NULL;
    struct msghdr *header = &sender->headers[sender->count].msg_hdr;

    if (message != NULL && can_follow(message, path, len)) {
        message->vector.iov_len += len;
        message->segments++;
        message->ended = len < message->segment_bytes;
        sender->used += len;
        return;
    }
    message = &sender->messages[sender->count];
    message->path = *path;
    if (address_message(sender, path, &message->remote, &message->control, header) < 0) {
        sender->counters.failed++;
        return;
    }
    message->vector = (struct iovec){.iov_base = sender->arena + sender->used, .iov_len = len};
    message->segment_bytes = len;
    message->segments = 1;
    message->ended = false;
    header->msg_iov = &message->vector;
    header->msg_iovlen = 1;
    sender->used += len;
    sender->count++;
}

/* ---- sending ---- */

static void count_sent(struct udp_sender *sender, const struct message *message)
{
    sender->counters.messages++;
    sender->counters.packets += message->segments;
    sender->counters.bytes += message->vector.iov_len;
}

/* The way has a smaller MTU than the segments, or the kernel cannot cut: IP may fragment them. */
static void send_one_by_one(struct udp_sender *sender, const struct message *message)
{
    const uint8_t *data = message->vector.iov_base;
    size_t left = message->vector.iov_len;

    sender->counters.gso_refused++;
    while (left > 0) {
        size_t len = left < message->segment_bytes ? left : message->segment_bytes;

        udp_sender_send(sender, &message->path, data, len);
        data += len;
        left -= len;
    }
}

static void cut_messages(struct udp_sender *sender)
{
    for (size_t i = 0; i < sender->count; i++) {
        struct message *message = &sender->messages[i];
        uint16_t bytes = (uint16_t)message->segment_bytes;

        if (message->segments > 1)
            put_control(&sender->headers[i].msg_hdr, &message->control, IPPROTO_UDP, UDP_SEGMENT,
                &bytes, sizeof(bytes));
    }
}

/* What became of the first message when sendmmsg() sent none. False when the rest must wait. */
static bool skip_failed(struct udp_sender *sender, int error)
{
    const struct message *message = &sender->messages[sender->first];

    if (error == EAGAIN || error == EWOULDBLOCK) {
        if (!sender->blocked)
            sender->counters.blocked++;
        sender->blocked = true;
        return false;
    }
    if (message->segments > 1)
        send_one_by_one(sender, message);
    else
        sender->counters.failed++;
    sender->first++;
    return true;
}

int udp_sender_flush(struct udp_sender *sender)
{
    /* after a full socket the messages are cut already */
    if (!sender->blocked)
        cut_messages(sender);
    while (sender->first < sender->count) {
        int sent = sendmmsg(sender->fd, sender->headers + sender->first,
            (unsigned)(sender->count - sender->first), MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent <= 0) {
            if (errno != EINTR && !skip_failed(sender, errno))
                return -EAGAIN;
            continue;
        }
        sender->counters.calls++;
        for (int i = 0; i < sent; i++)
            count_sent(sender, &sender->messages[sender->first++]);
    }
    sender->blocked = false;
    sender->first = 0;
    sender->count = 0;
    sender->used = 0;
    return 0;
}
