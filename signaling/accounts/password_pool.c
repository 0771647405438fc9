#include "signaling/accounts/password_pool.h"

#include "signaling/accounts/people.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORKERS       8
#define MAX_ADDRESS_CHARS 45 /* of IPv6 */

struct job {
    struct job *next;
    uint64_t handle;
    password_pool_on_checked on_checked; /* of a check; NULL once cancelled; loop thread only */
    password_pool_on_hashed on_hashed;   /* of a new password; likewise */
    void *user;
    char address[MAX_ADDRESS_CHARS + 1];
    bool is_new;
    bool right; /* or hashed */
    char hash[PEOPLE_PASSWORD_HASH_CHARS];
    char password[PEOPLE_MAX_PASSWORD_BYTES + 1];
};

struct queue {
    struct job *first;
    struct job **end;
};

struct password_pool {
    pthread_mutex_t mutex; /* guards both queues and stopping */
    pthread_cond_t work;
    struct queue waiting;
    struct queue done;
    bool stopping;

    /* loop thread */
    struct job *jobs[256]; /* borrowed: every job not yet delivered, for cancelling */
    size_t job_count;
    size_t max_jobs;
    uint64_t last_handle;
    pthread_t workers[MAX_WORKERS];
    size_t worker_count;
    void (*on_ready)(void *user);
    void *user;
};

static void push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct job *pop(struct queue *queue)
{
    struct job *job = queue->first;

    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->end = &queue->first;
    return job;
}

static void free_job(struct job *job)
{
    explicit_bzero(job, sizeof(*job));
    free(job);
}

static void *run_worker(void *context)
{
    struct password_pool *pool = context;

    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping) {
        struct job *job = pop(&pool->waiting);

        if (!job) {
            pthread_cond_wait(&pool->work, &pool->mutex);
            continue;
        }
        pthread_mutex_unlock(&pool->mutex);
        job->right = job->is_new ? people_hash_password(job->password, job->hash) == 0
                                 : people_check_password(job->password, job->hash);
        explicit_bzero(job->password, sizeof(job->password));
        pthread_mutex_lock(&pool->mutex);
        push(&pool->done, job);
        pool->on_ready(pool->user);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

struct password_pool *password_pool_create(
    size_t workers, size_t max_queued, void (*on_ready)(void *user), void *user)
{
    struct password_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->waiting.end = &pool->waiting.first;
    pool->done.end = &pool->done.first;
    pool->max_jobs = sizeof(pool->jobs) / sizeof(pool->jobs[0]);
    if (max_queued < pool->max_jobs)
        pool->max_jobs = max_queued;
    pool->on_ready = on_ready;
    pool->user = user;
    for (size_t i = 0; i < workers && i < MAX_WORKERS; i++) {
        if (pthread_create(&pool->workers[i], NULL, run_worker, pool) != 0)
            break;
        pool->worker_count++;
    }
    if (pool->worker_count == 0) {
        password_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void password_pool_stop(struct password_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->worker_count; i++)
        pthread_join(pool->workers[i], NULL);
    pool->worker_count = 0;
}

void password_pool_destroy(struct password_pool *pool)
{
    struct job *job;

    if (!pool)
        return;
    password_pool_stop(pool);
    while ((job = pop(&pool->waiting)))
        free_job(job);
    while ((job = pop(&pool->done)))
        free_job(job);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

static size_t count_of(const struct password_pool *pool, const char *address)
{
    size_t count = 0;

    for (size_t i = 0; i < pool->job_count; i++)
        count += strncmp(pool->jobs[i]->address, address, MAX_ADDRESS_CHARS) == 0;
    return count;
}

static struct job *new_job(
    struct password_pool *pool, const char *address, const char *password, void *user)
{
    struct job *job;

    if (pool->job_count == pool->max_jobs || count_of(pool, address) >= (pool->max_jobs + 1) / 2 ||
        strlen(password) > PEOPLE_MAX_PASSWORD_BYTES)
        return NULL;
    job = calloc(1, sizeof(*job));
    if (!job)
        return NULL;
    job->handle = ++pool->last_handle;
    job->user = user;
    strncpy(job->address, address, MAX_ADDRESS_CHARS);
    memcpy(job->password, password, strlen(password) + 1);
    return job;
}

static uint64_t start(struct password_pool *pool, struct job *job)
{
    uint64_t handle = job->handle;

    pool->jobs[pool->job_count++] = job;
    pthread_mutex_lock(&pool->mutex);
    push(&pool->waiting, job);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    return handle;
}

uint64_t password_pool_check(struct password_pool *pool, const char *address, const char *password,
    const char *hash, password_pool_on_checked on_checked, void *user)
{
    struct job *job =
        strlen(hash) < PEOPLE_PASSWORD_HASH_CHARS ? new_job(pool, address, password, user) : NULL;

    if (!job)
        return 0;
    job->on_checked = on_checked;
    memcpy(job->hash, hash, strlen(hash) + 1);
    return start(pool, job);
}

uint64_t password_pool_hash(struct password_pool *pool, const char *address, const char *password,
    password_pool_on_hashed on_hashed, void *user)
{
    struct job *job = new_job(pool, address, password, user);

    if (!job)
        return 0;
    job->is_new = true;
    job->on_hashed = on_hashed;
    return start(pool, job);
}

void password_pool_cancel(struct password_pool *pool, uint64_t handle)
{
    for (size_t i = 0; i < pool->job_count; i++) {
        if (pool->jobs[i]->handle != handle)
            continue;
        pool->jobs[i]->on_checked = NULL;
        pool->jobs[i]->on_hashed = NULL;
    }
}

static void forget(struct password_pool *pool, const struct job *job)
{
    for (size_t i = 0; i < pool->job_count; i++) {
        if (pool->jobs[i] == job) {
            pool->jobs[i] = pool->jobs[--pool->job_count];
            return;
        }
    }
}

void password_pool_deliver(struct password_pool *pool)
{
    struct job *job;

    do {
        pthread_mutex_lock(&pool->mutex);
        job = pop(&pool->done);
        pthread_mutex_unlock(&pool->mutex);
        if (!job)
            break;
        forget(pool, job);
        if (job->on_checked)
            job->on_checked(job->user, job->right);
        if (job->on_hashed)
            job->on_hashed(job->user, job->right ? job->hash : NULL);
        free_job(job);
    } while (true);
}
