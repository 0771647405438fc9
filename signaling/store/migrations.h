/*
 * The schema, as the steps that made it: migration n takes a database from version n-1 to n. Never
 * change one that was released, add the next.
 */
#ifndef DUET_SIGNALING_STORE_MIGRATIONS_H
#define DUET_SIGNALING_STORE_MIGRATIONS_H

#include <stddef.h>

extern const char *const migrations[];
extern const size_t migrations_count;

#endif
