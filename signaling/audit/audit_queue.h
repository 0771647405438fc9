/*
 * Entries of the audit log that wait in memory until the database takes them: another program may be writing when
 * something is refused, and nobody waits for that. They are written in the order in which they came, with the time at
 * which they came; of more than AUDIT_QUEUE_MAX the newest are given up, and an entry of its own (audit.lost) tells how
 * many, where they would stand. Loop thread.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_AUDIT_AUDIT_QUEUE_H
#define DUET_SIGNALING_AUDIT_AUDIT_QUEUE_H

#include "signaling/audit/audit_log.h"

#include <stddef.h>

#define AUDIT_QUEUE_MAX   1000
#define AUDIT_QUEUE_BATCH 100 /* are written at a time: nobody waits long for them */

struct audit_waiting;

/* Zeroed it is empty. */
struct audit_queue {
    /* owned */
    struct audit_waiting *first;
    /* state */
    struct audit_waiting *last;
    size_t count;
    uint64_t lost;  /* since the last one that came in */
    int64_t lost_s; /* when the first of them came */
};

/* Gives up what waits. */
void audit_queue_finish(struct audit_queue *queue);

/* Copies the entry. */
void audit_queue_add(struct audit_queue *queue, const struct audit_entry *entry);

bool audit_queue_is_empty(const struct audit_queue *queue);

/* Writes the first of them in a transaction of its own. Returns 0, -EBUSY at once while another program writes or within a
 * transaction, or an error of the store: then all of them wait on. */
int audit_queue_write(struct audit_queue *queue, struct store *store);

#endif
