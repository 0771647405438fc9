/*
 * Where streams and viewers meet: one entry per (lesson, source) that anybody publishes or waits for.
 * Either side may come first; the entry goes with the last of them. One per router, on its thread.
 */
#ifndef DUET_RELAY_ROUTING_DIRECTORY_H
#define DUET_RELAY_ROUTING_DIRECTORY_H

#include "relay/routing/list.h"

struct directory;
struct stream;

struct directory_entry {
    struct directory_entry *next; /* of the same bucket */
    char *lesson;                 /* owned */
    char *source;                 /* owned */
    unsigned users;
    struct stream *stream;  /* borrowed; NULL while nobody publishes */
    struct list_node slots; /* struct slot.entry_node */
};

/* Returns 0 or -ENOMEM. */
int directory_create(struct directory **ret_directory);
/* Every entry must have been released. */
void directory_destroy(struct directory *directory);

/* Finds or makes the entry and counts the caller as user. Returns 0 or -ENOMEM. */
int directory_acquire(struct directory *directory, const char *lesson, const char *source,
    struct directory_entry **ret_entry);
/* NULL is allowed. */
void directory_release(struct directory *directory, struct directory_entry *entry);

#endif
