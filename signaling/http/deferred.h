/*
 * An answer that takes long to make: the work is done beside the loop with a database connection of its own
 * (store/store_worker.h), then the request is answered, unless its client has gone away. Loop thread but for work.
 */
#ifndef DUET_SIGNALING_HTTP_DEFERRED_H
#define DUET_SIGNALING_HTTP_DEFERRED_H

#include "signaling/http/request.h"

#include <stdatomic.h>
#include <stdbool.h>

struct store;

struct deferred_work {
    /* On the worker's thread. store is NULL when the database could not be opened; abandoned becomes true when nobody
     * waits for the answer any more. */
    void (*work)(void *job, struct store *store, const atomic_bool *abandoned);
    void (*answer)(void *job, struct http_request *request);
    void (*release)(void *job); /* exactly once, whatever became of it */
    bool yields;                /* as store_job's */
};

/* Takes the job. Answers 503 when too much waits already. */
void deferred_begin(struct http_request *request, const struct deferred_work *work, void *job);

#endif
