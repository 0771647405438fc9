/*
 * Boxes to look at in the seeded county. Nobody has their keys: they were on yesterday and before, and never come again.
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_COMMAND_SEED_DEVICES_H
#define DUET_SIGNALING_COMMAND_SEED_DEVICES_H

#include "signaling/store/store.h"

/* In a school that has joined and has no lessons yet, so that nobody waits for them. */
int seed_devices(struct store *store, int64_t master_room, int64_t receiving_room, int64_t now_s);

#endif
