/*
 * A UNIX socket by which the owner of this relay asks it for its state, also while signaling is away:
 * one request of the relay link (`stats.get`) per connection as one line, the reply as one line. Only
 * the relay's own user can open it (mode 0600).
 *
 *   duet-relay --stats → socket → thread of its own → mail to each worker in turn → reply
 *
 * Made and destroyed on the main thread; it asks one worker after the other, so that none waits.
 */
#ifndef DUET_RELAY_CONTROL_SOCKET_H
#define DUET_RELAY_CONTROL_SOCKET_H

#include "relay/worker.h"

#define CONTROL_PATH_CHARS 107 /* of sockaddr_un, without the zero */

struct control_socket;

/* Where the socket of a relay with this media port is when control.socket does not say. Returns 0, or
 * -ENAMETOOLONG. */
int control_socket_default_path(uint16_t media_port, char ret_path[static CONTROL_PATH_CHARS + 1]);

/* Takes the place of a socket that nobody serves any more, and makes the last folder of the path. workers
 * are borrowed and outlive the socket. Returns 0, -EADDRINUSE when another relay serves it, or another
 * negative errno. */
int control_socket_create(const char *path, struct worker *const *workers, size_t worker_count,
    struct control_socket **ret_control);
/* NULL is allowed. */
void control_socket_destroy(struct control_socket *control);

/* Connects to the socket of a relay. Returns the descriptor or a negative errno. */
int control_socket_connect(const char *path);

#endif
