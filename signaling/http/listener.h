/*
 * Listening sockets: one per configured address, all on one port. Made by us rather than by
 * libwebsockets, so that a taken port is told by name before anything runs, port 0 is the same free
 * port on every address, and connections are limited per address. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_LISTENER_H
#define DUET_SIGNALING_HTTP_LISTENER_H

#include "common/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENER_MAX 16

struct listener {
    int fds[LISTENER_MAX]; /* owned until handed to the loop; -1 = handed over */
    size_t count;
    uint16_t port;
};

/* Returns 0, or a negative errno with a sentence that names the setting. An IPv6 loopback on a machine
 * without IPv6 is left out as long as another address works. */
int listener_open(struct listener *ret_listener, const struct config_list *addresses, uint16_t port,
    struct config_error *ret_error);
void listener_close(struct listener *listener);

/* Accepts one connection, non-blocking, with TCP keepalive so that a peer that vanished is noticed in
 * 15 s. Returns the descriptor or a negative errno. */
int listener_accept(int fd);

bool listener_is_address(const char *text);
bool listener_is_loopback(const char *address);

#endif
