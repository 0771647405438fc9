/*
 * What each m-line of a viewer shows, as signaling knows it: the source that was set last and the state
 * that slot.state told last. It goes back with the answer and with `register`, so that signaling learns
 * which m-line took which slot, and after a restart what is shown (docs/slots.md). One per session of a
 * viewer, on the worker's thread; control path only.
 */
#ifndef DUET_RELAY_SESSION_SLOTS_H
#define DUET_RELAY_SESSION_SLOTS_H

#include "relay/negotiation.h"

struct session_slots;

/* The accepted m-lines in their order: slot n is the n-th of them, as in routing. 0 or -ENOMEM. */
int session_slots_create(const struct negotiation *negotiation, struct session_slots **ret_slots);
/* NULL is allowed. */
void session_slots_destroy(struct session_slots *slots);

/* A slot that does not exist is ignored. state is static. */
void session_slots_set_source(struct session_slots *slots, size_t slot, const char *source);
void session_slots_set_state(struct session_slots *slots, size_t slot, const char *state);

/* [[m-line, "audio"|"video", place, source, state], …], a new reference; NULL without memory or for NULL. */
json_t *session_slots_to_json(const struct session_slots *slots);

#endif
