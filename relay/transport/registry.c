#include "relay/transport/registry.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_BUCKETS 64

int registry_init(struct registry *registry)
{
    struct registry_entry **buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));

    if (buckets == NULL)
        return -ENOMEM;
    *registry = (struct registry){.buckets = buckets, .bucket_count = FIRST_BUCKETS};
    return 0;
}

void registry_finish(struct registry *registry)
{
    free(registry->buckets);
    *registry = (struct registry){0};
}

static void link_entry(struct registry_entry **buckets, size_t count, struct registry_entry *entry)
{
    struct registry_entry **bucket = &buckets[entry->hash & (count - 1)];

    entry->next = *bucket;
    *bucket = entry;
}

static void grow(struct registry *registry)
{
    size_t count = registry->bucket_count * 2;
    struct registry_entry **buckets = calloc(count, sizeof(*buckets));

    if (buckets == NULL)
        return;
    for (size_t i = 0; i < registry->bucket_count; i++) {
        struct registry_entry *entry = registry->buckets[i];

        while (entry != NULL) {
            struct registry_entry *next = entry->next;

            link_entry(buckets, count, entry);
            entry = next;
        }
    }
    free(registry->buckets);
    registry->buckets = buckets;
    registry->bucket_count = count;
}

void registry_insert(struct registry *registry, struct registry_entry *entry, uint64_t hash)
{
    if (registry->count >= registry->bucket_count)
        grow(registry);
    entry->hash = hash;
    entry->linked = true;
    link_entry(registry->buckets, registry->bucket_count, entry);
    registry->count++;
}

void registry_remove(struct registry *registry, struct registry_entry *entry)
{
    struct registry_entry **link;

    if (!entry->linked)
        return;
    link = &registry->buckets[entry->hash & (registry->bucket_count - 1)];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->next = NULL;
    entry->linked = false;
    registry->count--;
}

static struct registry_entry *skip_others(struct registry_entry *entry, uint64_t hash)
{
    while (entry != NULL && entry->hash != hash)
        entry = entry->next;
    return entry;
}

struct registry_entry *registry_first(const struct registry *registry, uint64_t hash)
{
    return skip_others(registry->buckets[hash & (registry->bucket_count - 1)], hash);
}

struct registry_entry *registry_next(const struct registry_entry *entry)
{
    return skip_others(entry->next, entry->hash);
}

uint64_t registry_hash(const void *data, size_t len, uint64_t seed)
{
    const uint8_t *bytes = data;
    uint64_t hash = seed ^ (len * UINT64_C(0x9e3779b97f4a7c15));

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}
