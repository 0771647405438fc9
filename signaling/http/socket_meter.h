/*
 * Tells whether anything was read from a TCP socket since a moment, by the kernel's own counts. Needed
 * because libwebsockets does not say whether a request came from the network or from its buffer.
 */
#ifndef DUET_SIGNALING_HTTP_SOCKET_METER_H
#define DUET_SIGNALING_HTTP_SOCKET_METER_H

#include <stdbool.h>
#include <stdint.h>

struct socket_meter {
    bool started;
    bool works; /* false: the kernel did not tell, nothing is known */
    uint64_t read_bytes;
};

void socket_meter_start(struct socket_meter *meter, int fd);

/* True only when bytes were surely read since the start. */
bool socket_meter_has_read(const struct socket_meter *meter, int fd);

#endif
