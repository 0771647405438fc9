/*
 * Long work on the database, beside the loop: one thread with a connection of its own does one job after another, so
 * that an import, an export or a calendar of a whole county keeps nobody else waiting. Two bounded queues: what many ask for,
 * and can ask for again, waits until nothing else does. What comes of a job is told on the loop thread. No thread but the worker's touches a job between submit and its done.
 */
#ifndef DUET_SIGNALING_STORE_STORE_WORKER_H
#define DUET_SIGNALING_STORE_STORE_WORKER_H

#include "signaling/store/store.h"

#include <stddef.h>

struct store_worker;

struct store_job {
    /* On the worker's thread; store is NULL when the database could not be opened. */
    void (*work)(void *user, struct store *store);
    /* On the loop thread, or by store_worker_destroy(): exactly once, after work or without it. */
    void (*done)(void *user);
    void *user;
    bool yields; /* to all that do not, whenever they come */
};

/* path is borrowed. on_ready is called from the worker when a job is done; it must only wake the loop. NULL without
 * memory or a thread. */
struct store_worker *store_worker_create(
    const char *path, size_t max_waiting, void (*on_ready)(void *user), void *user);

/* Waits for the present job; on_ready is not called after that. */
void store_worker_stop(struct store_worker *worker);

/* Stops, too. */
void store_worker_destroy(struct store_worker *worker);

/* Returns 0, -EBUSY when max_waiting jobs of its queue wait already, or -ENOMEM: done is not called then. */
int store_worker_submit(struct store_worker *worker, const struct store_job *job);

/* On the loop thread: tells those that are done. */
void store_worker_deliver(struct store_worker *worker);

#endif
