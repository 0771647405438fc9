#define _GNU_SOURCE
#include "tests/bench/load/gro_receiver.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH         16
#define MESSAGE_BYTES 65536
#define CLOCK_TRIES   8

#define NS_PER_S UINT64_C(1000000000)

struct gro_receiver {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    uint64_t wall_ahead_ns; /* wall clock − monotonic clock */
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct timespec))];
    } controls[BATCH];
    uint8_t data[BATCH][MESSAGE_BYTES];
};

static uint64_t to_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
}

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return to_ns(&now);
}

size_t gro_split(uint8_t *data, size_t len, size_t segment_bytes, uint64_t arrival_ns,
    gro_packet_fn *on_packet, void *user)
{
    size_t count = 0;

    if (segment_bytes == 0 || segment_bytes > len)
        segment_bytes = len;
    for (size_t at = 0; at < len; at += segment_bytes) {
        size_t part = len - at < segment_bytes ? len - at : segment_bytes;

        on_packet(user, data + at, part, arrival_ns);
        count++;
    }
    return count;
}

int gro_prepare_socket(int fd, int buffer_bytes)
{
    int on = 1;

    if (setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
        return -errno;
    /* Beyond the system's limit only for root; else as much as the limit gives. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) < 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes)) < 0)
        return -errno;
    return 0;
}

int gro_receiver_create(struct gro_receiver **ret_receiver)
{
    struct gro_receiver *receiver = calloc(1, sizeof(*receiver));

    if (receiver == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < BATCH; i++) {
        receiver->vectors[i].iov_base = receiver->data[i];
        receiver->vectors[i].iov_len = MESSAGE_BYTES;
        receiver->messages[i].msg_hdr.msg_iov = &receiver->vectors[i];
        receiver->messages[i].msg_hdr.msg_iovlen = 1;
        receiver->messages[i].msg_hdr.msg_control = &receiver->controls[i];
    }
    gro_receiver_sync_clock(receiver);
    *ret_receiver = receiver;
    return 0;
}

void gro_receiver_destroy(struct gro_receiver *receiver)
{
    free(receiver);
}

void gro_receiver_sync_clock(struct gro_receiver *receiver)
{
    uint64_t best = UINT64_MAX;

    /* The reading with the least time between its two ends is the least disturbed one. */
    for (int i = 0; i < CLOCK_TRIES; i++) {
        uint64_t before = read_ns(CLOCK_MONOTONIC);
        uint64_t wall = read_ns(CLOCK_REALTIME);
        uint64_t after = read_ns(CLOCK_MONOTONIC);

        if (after - before < best) {
            best = after - before;
            receiver->wall_ahead_ns = wall - (before + (after - before) / 2);
        }
    }
}

static void read_control(const struct gro_receiver *receiver, struct msghdr *header,
    size_t *ret_segment_bytes, uint64_t *ret_arrival_ns)
{
    struct timespec stamp;
    int segment_bytes;

    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at != NULL; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level == IPPROTO_UDP && at->cmsg_type == UDP_GRO) {
            memcpy(&segment_bytes, CMSG_DATA(at), sizeof(segment_bytes));
            *ret_segment_bytes = segment_bytes > 0 ? (size_t)segment_bytes : 0;
        } else if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&stamp, CMSG_DATA(at), sizeof(stamp));
            *ret_arrival_ns = to_ns(&stamp) - receiver->wall_ahead_ns;
        }
    }
}

int gro_receiver_read(
    struct gro_receiver *receiver, int fd, gro_packet_fn *on_packet, void *user, int *ret_full)
{
    int count;

    for (size_t i = 0; i < BATCH; i++)
        receiver->messages[i].msg_hdr.msg_controllen = sizeof(receiver->controls[i]);
    count = recvmmsg(fd, receiver->messages, BATCH, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        size_t segment_bytes = 0;
        uint64_t arrival_ns = 0;

        read_control(receiver, &receiver->messages[i].msg_hdr, &segment_bytes, &arrival_ns);
        if (arrival_ns == 0)
            arrival_ns = read_ns(CLOCK_MONOTONIC);
        gro_split(receiver->data[i], receiver->messages[i].msg_len, segment_bytes, arrival_ns,
            on_packet, user);
    }
    *ret_full = count == BATCH;
    return count;
}
