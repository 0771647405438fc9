/*
 * Hash table over entries that their owners embed: nothing allocates when a peer appears, only when
 * the table grows. Keys are compared by the caller, who walks the entries of one hash. The mux uses
 * it to find sessions by ICE user name and by path. Worker's thread.
 */
#ifndef DUET_RELAY_TRANSPORT_REGISTRY_H
#define DUET_RELAY_TRANSPORT_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct registry_entry {
    struct registry_entry *next; /* borrowed */
    void *owner;                 /* borrowed; the user's, untouched here */
    uint64_t hash;
    bool linked;
};

struct registry {
    struct registry_entry **buckets; /* owned */
    size_t bucket_count;             /* a power of two */
    size_t count;
};

/* Returns 0 or -ENOMEM. */
int registry_init(struct registry *registry);
/* Entries are their owners'; NULL-safe for a registry of zeros. */
void registry_finish(struct registry *registry);

/* Several entries may have one hash. Never fails: a table that cannot grow gets slower. */
void registry_insert(struct registry *registry, struct registry_entry *entry, uint64_t hash);
/* Nothing happens when the entry is not in a table. */
void registry_remove(struct registry *registry, struct registry_entry *entry);

/* First and following entry with exactly this hash, or NULL. */
struct registry_entry *registry_first(const struct registry *registry, uint64_t hash);
struct registry_entry *registry_next(const struct registry_entry *entry);

/* Spreads len bytes over 64 bits; the seed keeps collisions unpredictable from outside. */
uint64_t registry_hash(const void *data, size_t len, uint64_t seed);

#endif
