/*
 * Everything in the database as one JSON document (docs/import-export.md), but what opens anything: password hashes,
 * secrets and their hashes are left out, by the names of their columns. Written row by row, of one moment.
 *
 * Errors as in store/store.h.
 */
#ifndef DUET_SIGNALING_EXPORT_DATABASE_EXPORT_H
#define DUET_SIGNALING_EXPORT_DATABASE_EXPORT_H

#include "signaling/store/store.h"

#include <stdio.h>

#define DATABASE_EXPORT_VERSION 1 /* of the document's form; the tables have the schema's */

/* Returns 0, -ENOSPC or -EIO when the file could not be written, or an error of the store. */
int database_export_write(struct store *store, int64_t now_s, FILE *file);

#endif
