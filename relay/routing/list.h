/*
 * Circular doubly linked lists threaded through their members, so that joining and leaving a list
 * never allocates. The head is a node of its own. Inline; single thread.
 */
#ifndef DUET_RELAY_ROUTING_LIST_H
#define DUET_RELAY_ROUTING_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next;
    struct list_node *prev;
};

#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#define list_for_each(node, head)                                                                  \
    for (struct list_node *node = (head)->next; node != (head); node = node->next)

/* For a head, and for a member that is in no list: both may be removed at any time. */
static inline void list_init(struct list_node *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool list_is_empty(const struct list_node *head)
{
    return head->next == head;
}

/* At the end when given the head. */
static inline void list_insert_before(struct list_node *position, struct list_node *node)
{
    node->next = position;
    node->prev = position->prev;
    position->prev->next = node;
    position->prev = node;
}

static inline void list_remove(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* All members of from, in their order, become those of to, which was empty. */
static inline void list_move_all(struct list_node *to, struct list_node *from)
{
    if (list_is_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

#endif
