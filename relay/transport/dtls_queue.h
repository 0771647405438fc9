/*
 * Handshake datagrams that wait for their turn. A handshake costs half a millisecond of computing; when
 * hundreds of classrooms join at the bell they must not hold up the media that flows, so a turn of the loop
 * takes a few and leaves the rest for the next. What does not fit is dropped: DTLS repeats it.
 *
 *   mux (from a path that an authenticated check made) → dtls_queue_push … dtls_queue_pop → transport
 *
 * Keeps the order. By value in struct transport_mux, one allocation at the start; worker's thread.
 */
#ifndef DUET_RELAY_TRANSPORT_DTLS_QUEUE_H
#define DUET_RELAY_TRANSPORT_DTLS_QUEUE_H

#include "relay/transport/transport.h"

#define DTLS_QUEUE_DATAGRAMS 1024
/* Of one path: a client's flight is two or three, repeated once. */
#define DTLS_QUEUE_PER_PATH 12

struct dtls_datagram {
    struct transport_path path;
    size_t len;
    uint8_t data[TRANSPORT_DATAGRAM_BYTES];
};

struct dtls_queue {
    struct dtls_datagram *ring; /* owned */
    size_t first;
    size_t count;
};

/* Returns 0 or -ENOMEM. */
int dtls_queue_init(struct dtls_queue *queue);
/* NULL-safe for a queue of zeros. */
void dtls_queue_finish(struct dtls_queue *queue);

/* Copies the datagram, of at most TRANSPORT_DATAGRAM_BYTES. False when there is no room. */
bool dtls_queue_push(
    struct dtls_queue *queue, const struct transport_path *path, const uint8_t *data, size_t len);
/* The oldest one, valid and the caller's to modify until the next push; NULL when none waits. */
struct dtls_datagram *dtls_queue_pop(struct dtls_queue *queue);

#endif
