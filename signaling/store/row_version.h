/*
 * Changes over changes of others (docs/api.md): a row has a version, which grows with each change, and who changes or removes
 * it names the one that they have seen.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_STORE_ROW_VERSION_H
#define DUET_SIGNALING_STORE_ROW_VERSION_H

#include "signaling/store/store.h"

/* In the transaction of the change, and first: who has not seen the last change is told so before anything else. sql: SELECT
 * of the version of the row with the id ?1. Returns 0, -ENOENT, -ESTALE for another version, or an error of the store. */
int row_version_check(struct store *store, const char *sql, int64_t id, int64_t version);

#endif
