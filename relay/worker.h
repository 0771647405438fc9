/*
 * A worker: one thread with one epoll loop that owns a pair of media sockets, the transports, a router
 * and its sessions. Nothing on the packet path takes a lock: packets go to other workers by rings, all
 * other work is handed in as mail.
 *
 *   UDP, TCP → transport_mux → session → router → session → transport_mux → UDP, TCP
 *                                        ⇅ rings, mail ⇅
 *   link (main thread) ⇄ mail ⇄ session_table      routers of the other workers
 */
#ifndef DUET_RELAY_WORKER_H
#define DUET_RELAY_WORKER_H

#include "relay/addresses.h"
#include "relay/mailbox.h"
#include "relay/media_sockets.h"
#include "relay/session_table.h"
#include "relay/stats.h"

struct parcel_ring;
struct worker;

struct worker_params {
    size_t index;
    size_t count; /* of the group */
    struct worker *const
        *peers; /* the group, this one included; complete when the first one starts */
    struct parcel_ring *const *rings;     /* from × count + to */
    struct media_sockets sockets;         /* borrowed */
    const struct address_list *addresses; /* announced; copied */
    size_t max_sessions;
    size_t max_connections;
    /* One event of the relay link, on the worker's thread; takes the reference. */
    void (*on_event)(void *user, json_t *event);
    void *user;
};

/* Makes everything but the thread. Returns 0 or a negative errno. */
int worker_create(const struct worker_params *params, struct worker **ret_worker);
int worker_start(struct worker *worker);
/* Joins the thread, ends the sessions with close_notify, gives back the packets of other workers. Peers
 * may still be running. NULL is allowed. */
void worker_stop(struct worker *worker);
/* After every worker of the group was stopped, and the rings are empty. NULL is allowed. */
void worker_destroy(struct worker *worker);

/* Runs mail on the worker's thread with the worker as context (NULL when it ended before). Any
 * thread. */
void worker_post(struct worker *worker, struct mail *mail);

/* For mail only, on the worker's thread. */
struct session_table *worker_sessions(struct worker *worker);
/* The time of the loop's turn: everything in one turn happens at it, so that no timer sees the
 * future. */
uint64_t worker_now_us(const struct worker *worker);
/* New reference or NULL. */
json_t *worker_stats(const struct worker *worker, const struct stats_query *query);

#endif
