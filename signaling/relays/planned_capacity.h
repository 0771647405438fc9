/*
 * How many sessions all relays together carry, for who plans lessons of weeks to come: whatever is connected now. Kept in
 * the database, so that an import, a start without relays and the console know it too.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_RELAYS_PLANNED_CAPACITY_H
#define DUET_SIGNALING_RELAYS_PLANNED_CAPACITY_H

#include "signaling/store/store.h"

/* Until a relay or the operator has said something: what one core was measured to carry (docs/benchmarks.md). */
#define PLANNED_CAPACITY_DEFAULT 1000
/* A relay that has not been there for so long carries nothing. */
#define PLANNED_CAPACITY_LIFE_S (INT64_C(30) * 86400)

/* The operator's word comes before that of the relays; 0 takes it back. */
int planned_capacity_set(struct store *store, int64_t sessions, int64_t now_s);

/* What relays that are connected announce, told together; forgets those that were not here for long. */
struct announced_capacity {
    const char *relay;
    int64_t sessions;
};
int planned_capacity_note(
    struct store *store, const struct announced_capacity *relays, size_t count, int64_t now_s);

int planned_capacity_get(struct store *store, int64_t *ret_sessions);

#endif
