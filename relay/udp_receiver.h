/*
 * Reading the worker's UDP socket: datagrams come in batches (recvmmsg) with the local address they
 * were sent to, so that answers can leave from that same address (udp_sender.h). Worker's thread;
 * borrows the socket.
 */
#ifndef DUET_RELAY_UDP_RECEIVER_H
#define DUET_RELAY_UDP_RECEIVER_H

#include "relay/transport/transport.h"

struct udp_receiver;

struct udp_receiver_counters {
    uint64_t packets;
    uint64_t bytes;
    uint64_t oversized; /* longer than TRANSPORT_DATAGRAM_BYTES, dropped */
};

/* Returns 0 or -ENOMEM. */
int udp_receiver_create(int fd, struct udp_receiver **ret_receiver);
/* NULL is allowed. */
void udp_receiver_destroy(struct udp_receiver *receiver);

#define UDP_RECEIVER_BATCH 32

/* One batch of what is waiting; data may be modified by the callback. Returns the number of datagrams
 * taken from the socket: less than UDP_RECEIVER_BATCH when it is empty now, or has an error
 * to tell, which wakes whoever watches it level-triggered. */
size_t udp_receiver_read(struct udp_receiver *receiver,
    void (*on_datagram)(void *user, const struct transport_path *path, uint8_t *data, size_t len),
    void *user);

const struct udp_receiver_counters *udp_receiver_counters(const struct udp_receiver *receiver);

#endif
