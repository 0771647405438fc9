#include "relay/routing/directory.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct directory {
    struct directory_entry *buckets[BUCKETS]; /* owned */
    size_t entries;
};

int directory_create(struct directory **ret_directory)
{
    struct directory *directory = calloc(1, sizeof(*directory));
    if (directory == NULL)
        return -ENOMEM;
    *ret_directory = directory;
    return 0;
}

void directory_destroy(struct directory *directory)
{
    if (directory == NULL)
        return;
    assert(directory->entries == 0);
    free(directory);
}

/* FNV-1a; names come from signaling, which made them, not from strangers */
static uint32_t hash_text(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619U;
    return (hash ^ 0xff) * 16777619U;
}

static struct directory_entry **bucket_of(
    struct directory *directory, const char *lesson, const char *source)
{
    uint32_t hash = hash_text(hash_text(2166136261U, lesson), source);
    return &directory->buckets[hash % BUCKETS];
}

static void entry_free(struct directory_entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->lesson);
    free(entry->source);
    free(entry);
}

int directory_acquire(struct directory *directory, const char *lesson, const char *source,
    struct directory_entry **ret_entry)
{
    struct directory_entry **bucket = bucket_of(directory, lesson, source);
    struct directory_entry *entry;

    for (entry = *bucket; entry != NULL; entry = entry->next) {
        if (strcmp(entry->lesson, lesson) == 0 && strcmp(entry->source, source) == 0) {
            entry->users++;
            *ret_entry = entry;
            return 0;
        }
    }

    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return -ENOMEM;
    entry->lesson = strdup(lesson);
    entry->source = strdup(source);
    if (entry->lesson == NULL || entry->source == NULL) {
        entry_free(entry);
        return -ENOMEM;
    }
    list_init(&entry->slots);
    entry->users = 1;
    entry->next = *bucket;
    *bucket = entry;
    directory->entries++;
    *ret_entry = entry;
    return 0;
}

void directory_release(struct directory *directory, struct directory_entry *entry)
{
    if (entry == NULL || --entry->users > 0)
        return;
    assert(entry->stream == NULL && list_is_empty(&entry->slots));

    struct directory_entry **link = bucket_of(directory, entry->lesson, entry->source);
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    directory->entries--;
    entry_free(entry);
}
