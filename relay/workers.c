#include "relay/workers.h"

#include "relay/parcel_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct workers {
    /* owned */
    struct worker **all;
    struct parcel_ring **rings; /* from × count + to; none to itself */
    struct media_sockets sockets[ROUTER_MAX_PEERS];
    /* state */
    size_t count;
};

static int create_rings(struct workers *workers)
{
    for (size_t i = 0; i < workers->count * workers->count; i++) {
        int err;

        if (i / workers->count == i % workers->count)
            continue;
        err = parcel_ring_create(&workers->rings[i]);
        if (err < 0)
            return err;
    }
    return 0;
}

static int create_workers(struct workers *workers, const struct workers_params *params)
{
    struct worker_params worker = {
        .count = params->count,
        .peers = workers->all,
        .rings = workers->rings,
        .addresses = params->addresses,
        .max_sessions = params->max_sessions,
        .max_connections = (params->max_connections + params->count - 1) / params->count,
        .on_event = params->on_event,
        .user = params->user,
    };

    for (size_t i = 0; i < params->count; i++) {
        int err;

        worker.index = i;
        worker.sockets = params->sockets[i];
        err = worker_create(&worker, &workers->all[i]);
        if (err < 0)
            return err;
    }
    return 0;
}

static int start(struct workers *workers)
{
    for (size_t i = 0; i < workers->count; i++) {
        int err = worker_start(workers->all[i]);

        if (err < 0)
            return err;
    }
    return 0;
}

static void close_sockets(const struct media_sockets *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        media_sockets_close(&(struct media_sockets){.udp = sockets[i].udp, .tcp = sockets[i].tcp});
}

int workers_create(const struct workers_params *params, struct workers **ret_workers)
{
    struct workers *workers = calloc(1, sizeof(*workers));
    int err = -ENOMEM;

    if (workers == NULL) {
        close_sockets(params->sockets, params->count);
        return -ENOMEM;
    }
    workers->count = params->count;
    memcpy(workers->sockets, params->sockets, params->count * sizeof(workers->sockets[0]));
    workers->all = calloc(params->count, sizeof(struct worker *));
    workers->rings = calloc(params->count * params->count, sizeof(struct parcel_ring *));
    if (workers->all != NULL && workers->rings != NULL)
        err = create_rings(workers);
    if (err == 0)
        err = create_workers(workers, params);
    if (err == 0)
        err = start(workers);
    if (err < 0) {
        workers_destroy(workers);
        return err;
    }
    *ret_workers = workers;
    return 0;
}

void workers_destroy(struct workers *workers)
{
    if (workers == NULL)
        return;
    for (size_t i = 0; workers->all != NULL && i < workers->count; i++)
        worker_stop(workers->all[i]);
    for (size_t i = 0; workers->rings != NULL && i < workers->count * workers->count; i++)
        parcel_ring_destroy(workers->rings[i]);
    for (size_t i = 0; workers->all != NULL && i < workers->count; i++)
        worker_destroy(workers->all[i]);
    close_sockets(workers->sockets, workers->count);
    free(workers->all);
    free(workers->rings);
    free(workers);
}

size_t workers_count(const struct workers *workers)
{
    return workers->count;
}

struct worker *const *workers_all(const struct workers *workers)
{
    return workers->all;
}
