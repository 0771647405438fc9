/*
 * Reading and writing the worker's UDP socket: datagrams come in batches (recvmmsg) with the local
 * address they were sent to, and leave from that same address, so that a machine with several
 * addresses answers as the peer expects. Worker's thread; borrows the socket.
 */
#ifndef DUET_RELAY_UDP_IO_H
#define DUET_RELAY_UDP_IO_H

#include "relay/transport/transport.h"

struct udp_io;

struct udp_io_counters {
    uint64_t received_packets;
    uint64_t received_bytes;
    uint64_t sent_packets;
    uint64_t sent_bytes;
    uint64_t send_failed;
    uint64_t oversized; /* longer than TRANSPORT_DATAGRAM_BYTES, dropped */
};

/* Returns 0 or -ENOMEM. */
int udp_io_create(int fd, int family, struct udp_io **ret_io);
void udp_io_destroy(struct udp_io *io);

/* One batch of what is waiting; data may be modified by the callback. Returns the number of datagrams
 * taken from the socket, 0 when nothing waits. */
size_t udp_io_receive(struct udp_io *io,
    void (*on_datagram)(void *user, const struct transport_path *path, uint8_t *data, size_t len),
    void *user);

/* Returns 0 or a negative errno; -EAGAIN when the kernel's buffer is full. */
int udp_io_send(
    struct udp_io *io, const struct transport_path *path, const uint8_t *data, size_t len);

const struct udp_io_counters *udp_io_counters(const struct udp_io *io);

#endif
