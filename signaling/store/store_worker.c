#include "signaling/store/store_worker.h"

#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct item {
    struct item *next;
    struct store_job job;
};

struct queue {
    struct item *first;
    struct item **end;
    size_t count;
};

struct store_worker {
    /* borrowed */
    const char *path;
    void (*on_ready)(void *user);
    void *user;

    pthread_mutex_t mutex; /* guards the queues and stopping */
    pthread_cond_t work;
    struct queue waiting;
    struct queue yielding; /* its turn comes when nothing is in waiting */
    struct queue finished;
    bool stopping;

    size_t max_waiting;
    pthread_t thread;
    bool runs; /* loop thread: there is a thread to join */
};

static void push(struct queue *queue, struct item *item)
{
    item->next = NULL;
    *queue->end = item;
    queue->end = &item->next;
    queue->count++;
}

static struct item *pop(struct queue *queue)
{
    struct item *item = queue->first;

    if (!item)
        return NULL;
    queue->count--;
    queue->first = item->next;
    if (!queue->first)
        queue->end = &queue->first;
    return item;
}

/* Opened for each job: a job is rare, and nothing is kept of a database that is put in another's place meanwhile. */
static void run(struct store_worker *worker, const struct store_job *job)
{
    struct store *store = NULL;
    struct config_error error;

    if (store_open(worker->path, &store, &error) < 0)
        log_error(LOG_STORE, "error=\"%s\"", error.text);
    job->work(job->user, store);
    store_close(store);
}

static void *run_worker(void *context)
{
    struct store_worker *worker = context;

    pthread_mutex_lock(&worker->mutex);
    while (!worker->stopping) {
        struct item *item = pop(worker->waiting.first ? &worker->waiting : &worker->yielding);

        if (!item) {
            pthread_cond_wait(&worker->work, &worker->mutex);
            continue;
        }
        pthread_mutex_unlock(&worker->mutex);
        run(worker, &item->job);
        pthread_mutex_lock(&worker->mutex);
        push(&worker->finished, item);
        worker->on_ready(worker->user);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

struct store_worker *store_worker_create(
    const char *path, size_t max_waiting, void (*on_ready)(void *user), void *user)
{
    struct store_worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return NULL;
    worker->path = path;
    worker->max_waiting = max_waiting;
    worker->on_ready = on_ready;
    worker->user = user;
    worker->waiting.end = &worker->waiting.first;
    worker->yielding.end = &worker->yielding.first;
    worker->finished.end = &worker->finished.first;
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->work, NULL);
    worker->runs = pthread_create(&worker->thread, NULL, run_worker, worker) == 0;
    if (!worker->runs) {
        store_worker_destroy(worker);
        return NULL;
    }
    return worker;
}

void store_worker_stop(struct store_worker *worker)
{
    if (!worker || !worker->runs)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->stopping = true;
    pthread_cond_signal(&worker->work);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    worker->runs = false;
}

static void finish_item(struct item *item)
{
    item->job.done(item->job.user);
    free(item);
}

void store_worker_destroy(struct store_worker *worker)
{
    struct item *item;

    if (!worker)
        return;
    store_worker_stop(worker);
    while ((item = pop(&worker->finished)))
        finish_item(item);
    while ((item = pop(&worker->waiting)) || (item = pop(&worker->yielding)))
        finish_item(item);
    pthread_cond_destroy(&worker->work);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}

int store_worker_submit(struct store_worker *worker, const struct store_job *job)
{
    struct queue *queue = job->yields ? &worker->yielding : &worker->waiting;
    struct item *item = malloc(sizeof(*item));
    bool full;

    if (!item)
        return -ENOMEM;
    item->job = *job;
    pthread_mutex_lock(&worker->mutex);
    full = queue->count == worker->max_waiting;
    if (!full) {
        push(queue, item);
        pthread_cond_signal(&worker->work);
    }
    pthread_mutex_unlock(&worker->mutex);
    if (!full)
        return 0;
    free(item);
    return -EBUSY;
}

void store_worker_deliver(struct store_worker *worker)
{
    for (;;) {
        struct item *item;

        pthread_mutex_lock(&worker->mutex);
        item = pop(&worker->finished);
        pthread_mutex_unlock(&worker->mutex);
        if (!item)
            return;
        finish_item(item);
    }
}
