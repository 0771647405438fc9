/*
 * The load of the relay out of its workers' load events: the newest figures of each, summed, once per
 * period. Main thread.
 */
#ifndef DUET_RELAY_RELAY_LOAD_H
#define DUET_RELAY_RELAY_LOAD_H

#include <jansson.h>
#include <stddef.h>

struct relay_load;

/* Returns 0 or -ENOMEM. */
int relay_load_create(size_t workers, struct relay_load **ret_load);
/* NULL is allowed. */
void relay_load_destroy(struct relay_load *load);

/* Takes a worker's event, which names the worker. Returns the event for signaling when it was the first
 * worker's, else NULL; new reference. */
json_t *relay_load_add(struct relay_load *load, json_t *event);

#endif
