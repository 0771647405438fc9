/*
 * Writing the worker's UDP socket. Media is gathered during a turn of the loop: packets that follow each
 * other to one peer leave as one message that the kernel cuts (UDP_SEGMENT, since Linux 4.18), many
 * messages in one system call. Datagrams leave from the address that the peer sent to, so that a machine
 * with several addresses answers as the peer expects.
 *
 *   udp_sender_reserve → (encrypted into it) → udp_sender_commit … udp_sender_flush → sendmmsg
 *
 * A run is cut into equal segments, of which only the last may be shorter: packets of one frame are
 * mostly of one size. Where the kernel or the way refuses, the packets go one by one. A full socket
 * keeps what was gathered: nothing can be reserved until udp_sender_flush() succeeds. Worker's thread;
 * borrows the socket.
 */
#ifndef DUET_RELAY_UDP_SENDER_H
#define DUET_RELAY_UDP_SENDER_H

#include "relay/transport/transport.h"

struct udp_sender;

struct udp_sender_counters {
    uint64_t packets;
    uint64_t bytes;
    uint64_t failed;
    uint64_t messages;    /* media messages given to the kernel, of one or more packets */
    uint64_t calls;       /* system calls for them */
    uint64_t gso_refused; /* messages that had to go one by one */
    uint64_t blocked;     /* times the socket was full */
};

/* family is the socket's. Returns 0 or -ENOMEM. */
int udp_sender_create(int fd, int family, struct udp_sender **ret_sender);
/* What is still gathered is dropped. NULL is allowed. */
void udp_sender_destroy(struct udp_sender *sender);

/* Room for one datagram of at most capacity ≤ 2048 bytes; NULL while the socket is full. Valid until the
 * next call; without a commit nothing is sent. */
uint8_t *udp_sender_reserve(struct udp_sender *sender, size_t capacity);
/* The first len bytes of the room go to path. */
void udp_sender_commit(struct udp_sender *sender, const struct transport_path *path, size_t len);

/* Gives everything gathered to the kernel. Returns 0, or -EAGAIN when the socket is full: call again
 * when it is writable. */
int udp_sender_flush(struct udp_sender *sender);
bool udp_sender_is_blocked(const struct udp_sender *sender);

/* One datagram at once, before everything that is gathered: STUN, DTLS, RTCP. Returns 0 or a negative
 * errno; -EAGAIN when the kernel's buffer is full. */
int udp_sender_send(
    struct udp_sender *sender, const struct transport_path *path, const uint8_t *data, size_t len);

const struct udp_sender_counters *udp_sender_counters(const struct udp_sender *sender);

#endif
