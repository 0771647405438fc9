/*
 * Counts open connections, in all and per address, so that one host cannot take them all,
 * and one that keeps all of its own waiting cannot keep others behind the same address out. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_CONNECTIONS_H
#define DUET_SIGNALING_HTTP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connections;
struct lws;

struct connections *connections_create(size_t max, size_t max_per_address);
void connections_destroy(struct connections *connections);

/* True when one more from fd's peer is within the limits. */
bool connections_admit(struct connections *connections, int fd);

/*
 * Who gives way to one more: of the peer's own connections, or of all when there is no room for anybody, the one that
 * has waited longest for its client. waits_since tells since when, 0 for one that must not end. NULL when there is none.
 */
struct lws *connections_longest_waiting(
    struct connections *connections, int fd, uint64_t (*waits_since)(struct lws *wsi));

/* wsi of the admitted connection, NULL when it could not be adopted. */
void connections_add(struct connections *connections, int fd, struct lws *wsi);

/* The connection has ended; unknown ones (listeners, the loop's own) are ignored. */
void connections_remove(struct connections *connections, struct lws *wsi);

#endif
