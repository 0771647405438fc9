/*
 * Checks passwords on threads of its own: argon2id takes a tenth of a second and 64 MiB, so it must
 * neither stop the loop nor run many times at once. A bounded queue; results come back on the loop
 * thread. No thread but the workers touches a job between submit and its result.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_PASSWORD_POOL_H
#define DUET_SIGNALING_ACCOUNTS_PASSWORD_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct password_pool;

/* on_ready is called from a worker when a result waits; it must only wake the loop. */
struct password_pool *password_pool_create(
    size_t workers, size_t max_queued, void (*on_ready)(void *user), void *user);

/* Waits for the workers' present jobs; on_ready is not called after that. */
void password_pool_stop(struct password_pool *pool);

/* Stops, too. No more results are delivered. */
void password_pool_destroy(struct password_pool *pool);

typedef void (*password_pool_on_checked)(void *user, bool right);

/* Copies password and hash, for whoever is at that address. Returns a handle for password_pool_cancel(), 0 when the queue is
 * full, or half of it is that address's: one that only ever guesses does not keep all others from logging in. */
uint64_t password_pool_check(struct password_pool *pool, const char *address, const char *password,
    const char *hash, password_pool_on_checked on_checked, void *user);

typedef void (*password_pool_on_hashed)(void *user, const char *hash);

/* The same for a new password: hash is borrowed, NULL without memory. */
uint64_t password_pool_hash(struct password_pool *pool, const char *address, const char *password,
    password_pool_on_hashed on_hashed, void *user);

/* Its on_checked or on_hashed will not be called. */
void password_pool_cancel(struct password_pool *pool, uint64_t handle);

/* On the loop thread: delivers the results that wait. */
void password_pool_deliver(struct password_pool *pool);

#endif
