/*
 * One program at a time serves a database: two would each tell participants half of what happens, and a restore under
 * a running one would be written over. Commands such as "person add" need no lock: SQLite has its own.
 */
#ifndef DUET_SIGNALING_STORE_SERVING_LOCK_H
#define DUET_SIGNALING_STORE_SERVING_LOCK_H

#include "common/config.h"

/* Takes the lock of a database, a file beside it; it goes with the program however that ends. Returns 0 with a descriptor
 * for serving_lock_release(), -EBUSY when a program has it, or another negative errno, with a sentence. */
int serving_lock_take(const char *database, int *ret_lock, struct config_error *ret_error);

/* -1 is none. */
void serving_lock_release(int lock);

#endif
