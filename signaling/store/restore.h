/*
 * Putting a backup in the place of the database. What was there is kept beside it, and at no moment is there no
 * database: a program that starts meanwhile finds the one or the other whole.
 */
#ifndef DUET_SIGNALING_STORE_RESTORE_H
#define DUET_SIGNALING_STORE_RESTORE_H

#include "common/config.h"

#include <stddef.h>
#include <stdint.h>

/* Checks the backup (a database of this program, undamaged, of no newer schema) and puts a copy of it at path, which
 * nobody may serve meanwhile. ret_kept is the name under which the database that was there is kept, "" when there was
 * none. Returns 0, or a negative errno with a sentence that names the file; then nothing has changed. */
int restore_from(const char *backup, const char *path, int64_t now_s, char *ret_kept, size_t size,
    struct config_error *ret_error);

/* Takes back what a restore of path had done that was cut off before the copy took its place: the database has one name
 * again, and its write-ahead log, unless something was written without that log since. For whoever may serve path, and
 * restore_from() does so itself. Returns 0 or a negative errno. */
int restore_undo(const char *path);

#endif
