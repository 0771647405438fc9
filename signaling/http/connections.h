/*
 * Counts open connections, in all and per address, so that one host cannot take them all. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CONNECTIONS_H
#define DUET_SIGNALING_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct connections;
struct lws;

struct connections *connections_create(size_t max, size_t max_per_address);
void connections_destroy(struct connections *connections);

/* True when one more from fd's peer is within the limits. */
bool connections_admit(struct connections *connections, int fd);

/* wsi of the admitted connection, NULL when it could not be adopted. */
void connections_add(struct connections *connections, int fd, struct lws *wsi);

/* The connection has ended; unknown ones (listeners, the loop's own) are ignored. */
void connections_remove(struct connections *connections, struct lws *wsi);

#endif
