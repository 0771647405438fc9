/*
 * All workers of the relay, one thread and one pair of media ports each, and the rings between them. Made
 * and ended on the main thread.
 */
#ifndef DUET_RELAY_WORKERS_H
#define DUET_RELAY_WORKERS_H

#include "relay/worker.h"

struct workers;

struct workers_params {
    const struct media_sockets *sockets; /* one per worker; taken, also on failure */
    size_t count;                        /* 1 to ROUTER_MAX_PEERS */
    const struct address_list *addresses;
    size_t max_sessions;                         /* of each worker */
    size_t max_connections;                      /* of all together */
    void (*on_event)(void *user, json_t *event); /* as in worker.h, from any worker's thread */
    void *user;
};

/* Makes and starts all. Returns 0 or a negative errno. */
int workers_create(const struct workers_params *params, struct workers **ret_workers);
/* Stops all threads, then lets go of everything they shared. NULL is allowed. */
void workers_destroy(struct workers *workers);

size_t workers_count(const struct workers *workers);
struct worker *const *workers_all(const struct workers *workers);

#endif
