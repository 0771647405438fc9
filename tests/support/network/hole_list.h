/*
 * Holes in a receiver's sequence numbers, and when to ask for them: at once, then every 30 ms as our player
 * does. The round trip is learned from the answers. By value; pure.
 */
#ifndef DUET_TESTS_SUPPORT_NETWORK_HOLE_LIST_H
#define DUET_TESTS_SUPPORT_NETWORK_HOLE_LIST_H

#include "relay/wire/sequence.h"

#include <stddef.h>

#define HOLE_LIST_MAX  2048
#define HOLE_LIST_GONE 64

struct hole {
    int64_t sequence;
    uint64_t since_us;
    uint64_t first_asked_us; /* valid when tries > 0, as the next */
    uint64_t asked_us;
    unsigned tries;
};

struct hole_list {
    struct seq_unwrapper unwrapper;
    struct hole holes[HOLE_LIST_MAX]; /* ascending */
    size_t count;
    struct hole gone[HOLE_LIST_GONE]; /* ring: given up; their answers still teach the round trip */
    size_t gone_count;
    uint64_t rtt_us; /* smoothed; 0 = not known */
    uint64_t asked;
};

enum hole_result {
    HOLE_NEW,    /* the newest so far; holes before it are in the list now */
    HOLE_FILLED, /* it was missing */
    HOLE_NO_USE, /* a duplicate, or given up */
};

enum hole_result hole_list_add(
    struct hole_list *list, uint16_t sequence_number, uint64_t now_us, int64_t *ret_sequence);

/* The hole with that number, or NULL. */
struct hole *hole_list_find(struct hole_list *list, int64_t sequence);
/* Not missing any more: filled otherwise or given up. */
void hole_list_remove(struct hole_list *list, int64_t sequence);

/* All before that number are not missing any more. */
void hole_list_forget_before(struct hole_list *list, int64_t sequence);

/* Numbers to ask for now, ascending. */
size_t hole_list_due(struct hole_list *list, uint64_t now_us, uint16_t *ret_numbers, size_t max);

#endif
