/*
 * Which worker carries which session: viewers spread evenly, publishers of one source share a worker, so
 * that a new one can take the place of the old. Main thread.
 */
#ifndef DUET_RELAY_PLACEMENT_H
#define DUET_RELAY_PLACEMENT_H

#include "relay/session_request.h"

struct placement;

/* Returns 0 or -ENOMEM. */
int placement_create(size_t workers, size_t max_sessions, struct placement **ret_placement);
/* NULL is allowed. */
void placement_destroy(struct placement *placement);

/* A place for a new session. Returns the index of a worker, -EEXIST for a session that has its place,
 * -ENOSPC when the relay carries as many sessions as it may, or -ENOMEM. */
int placement_add(struct placement *placement, const struct session_request *request);
/* Index of the worker; 0 for an unknown session, whose worker will know no more than any other. */
size_t placement_find(const struct placement *placement, const char *session);
/* The session is over. Nothing happens when it is unknown. */
void placement_remove(struct placement *placement, const char *session);

size_t placement_count(const struct placement *placement);

#endif
