/*
 * The sockets of a worker: one UDP socket and one TCP listener on the same port number, IPv6 with
 * IPv4 inside where the machine has IPv6, else IPv4 alone. Opening is done on the main thread, so
 * that errors are told before the program says it is ready; then the worker owns them.
 */
#ifndef DUET_RELAY_MEDIA_SOCKETS_H
#define DUET_RELAY_MEDIA_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config.h"

struct media_sockets {
    int udp;
    int tcp; /* -1 without media over TCP */
    int family;
    uint16_t port;
};

/* ip: an IP address or "" for all; port 0 = any free. Returns 0 or a negative errno with a
 * sentence that names the setting and says what to do. */
int media_sockets_open(const char *ip, uint16_t port, bool with_tcp,
    struct media_sockets *ret_sockets, struct config_error *ret_error);
/* One pair per worker, on ports that follow each other (any free ones for port 0). The same errors; then
 * none is open. */
int media_sockets_open_all(const char *ip, uint16_t port, bool with_tcp, size_t count,
    struct media_sockets *ret_sockets, struct config_error *ret_error);
void media_sockets_close(struct media_sockets *sockets);

#endif
