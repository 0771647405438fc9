#include "signaling/http/deferred.h"

#include "signaling/service.h"
#include "signaling/store/store_worker.h"

#include <stdlib.h>

struct deferred {
    struct http_request *request; /* borrowed; NULL once it is gone */
    const struct deferred_work *work;
    void *job; /* owned */
    atomic_bool abandoned;
};

static void on_gone(void *user)
{
    struct deferred *deferred = user;

    deferred->request = NULL;
    atomic_store(&deferred->abandoned, true);
}

/* On the worker's thread. */
static void work(void *user, struct store *store)
{
    struct deferred *deferred = user;

    if (!atomic_load(&deferred->abandoned))
        deferred->work->work(deferred->job, store, &deferred->abandoned);
}

static void done(void *user)
{
    struct deferred *deferred = user;

    if (deferred->request)
        deferred->work->answer(deferred->job, deferred->request);
    deferred->work->release(deferred->job);
    free(deferred);
}

static void answer_busy(struct http_request *request)
{
    struct http_response response;

    http_response_init(&response, 503);
    http_response_problem(&response, 503,
        "The server is busy with files and reports of others; try again in a moment.");
    http_response_header(&response, "Retry-After", "5");
    http_request_respond(request, &response);
}

void deferred_begin(struct http_request *request, const struct deferred_work *what, void *job)
{
    struct deferred *deferred = calloc(1, sizeof(*deferred));
    struct store_job store_job = {work, done, deferred, what->yields};

    if (deferred)
        *deferred = (struct deferred){.request = request, .work = what, .job = job};
    if (!deferred || store_worker_submit(request->app->worker, &store_job) < 0) {
        answer_busy(request);
        what->release(job);
        free(deferred);
        return;
    }
    http_request_defer(request, on_gone, deferred);
}
