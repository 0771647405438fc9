/* One WebSocket of duet-bench-sockets: joins a lesson and notes when it hears of the stage. */
#ifndef DUET_TESTS_BENCH_SOCKETS_PARTICIPANT_H
#define DUET_TESTS_BENCH_SOCKETS_PARTICIPANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_participant {
    int fd;
    bool upgraded;
    bool joined;
    uint64_t heard_us; /* of the stage; 0: not yet */
    char *data;        /* owned; what has come and is not a whole frame yet */
    size_t len, capacity;
};

/* To 127.0.0.1, not blocking; receive_bytes 0 leaves the kernel's buffer alone. The descriptor, or -1 with errno. */
int socket_connect(uint16_t port, int receive_bytes);

/* Connects and sends the request and the join at once. 0, or -1 with errno. */
int socket_participant_open(struct socket_participant *participant, uint16_t port,
    const char *token, const char *lesson, int receive_bytes);

/* What has come by now; pings are answered. 0, or -1 at the end of the socket. */
int socket_participant_read(struct socket_participant *participant);

/* Asks over HTTP; socket_drain() throws the answer away. 0 or -1. */
int socket_set_stage(int fd, const char *lesson, const char *token, const char *source);
void socket_drain(int fd);

#endif
