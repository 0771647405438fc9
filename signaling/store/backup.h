/*
 * Copies of the database that are whole whatever is being written meanwhile: made by SQLite page by page, checked,
 * and put in their place by a rename, so that a file of that name is always a complete backup. Any thread, with a
 * connection of its own.
 */
#ifndef DUET_SIGNALING_STORE_BACKUP_H
#define DUET_SIGNALING_STORE_BACKUP_H

#include "common/config.h"

#include <sqlite3.h>

/* Copies what db has into a file readable by its owner only, over one that is there. Returns 0, -EINVAL
 * for a file of the database itself, or another negative errno, with a sentence that names the file; what was there
 * before stays. */
int backup_write(sqlite3 *db, const char *path, struct config_error *ret_error);

/* Moves a file that is written to path, over one that is there, so that a crash finds the one or the other whole.
 * Returns 0 or a negative errno. */
int backup_put_in_place(const char *file, const char *path);

#endif
