/*
 * The database (SQLite): one connection, write-ahead log, synchronous=FULL, foreign keys on, at most
 * 2 s of waiting for another program's lock. Schema changes are numbered migrations; those that are missing
 * are made in one transaction, with a copy of the database from before them beside it (FILE.schema-N). The
 * modules that own tables prepare their statements here. Not thread-safe: each thread or program opens its own.
 *
 * Errors of all functions that use the store: -EBUSY (locked for 2 s, or as store_hurry() has it), -ENOSPC (disk full), -EROFS
 * (may not be written), -EEXIST (against a constraint), -EIO.
 */
#ifndef DUET_SIGNALING_STORE_STORE_H
#define DUET_SIGNALING_STORE_STORE_H

#include "common/config.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define STORE_HURRIED_MS 250

struct store;

/* Opens or creates the file (readable by its owner only) and brings the schema up to date. Returns 0,
 * or a negative errno with a sentence that names store.path. */
int store_open(const char *path, struct store **ret_store, struct config_error *ret_error);
void store_close(struct store *store);

/* Opens a database that is there and leaves it as it is: nothing is created, migrated or written, whatever its schema.
 * Returns as store_open(). */
int store_open_to_read(const char *path, struct store **ret_store, struct config_error *ret_error);

/* For a thread that thousands wait for: another program's lock is waited for STORE_HURRIED_MS at most instead of 2 s, and once
 * that was in vain not at all for 2 s or until a transaction could begin again: many who write do not add up. */
void store_hurry(struct store *store);

/* Reads every page: 0, or -EIO with a sentence that names what is damaged. */
int store_check(struct store *store, const char *path, struct config_error *ret_error);

/* SQLite has met a page that is not what was written. From then on the store refuses to write (-EROFS): what it would
 * write could make more of it unreadable. */
bool store_is_damaged(const struct store *store);

/* A whole copy of what is committed, as backup.h has it. */
int store_back_up(struct store *store, const char *path, struct config_error *ret_error);

/* A prepared statement, bound with ? parameters by the callers below. NULL after an error: then nothing is
 * bound, and running it returns that error. Finish it with store_finish(). */
sqlite3_stmt *store_prepare(struct store *store, const char *sql);

/* Runs to the next row: 1 with a row, 0 at the end, negative errno. */
int store_step(struct store *store, sqlite3_stmt *statement);
void store_finish(sqlite3_stmt *statement);

/* So that it can be bound and run once more. */
void store_reset(sqlite3_stmt *statement);

/* store_step() and store_finish(): for what has no rows, or one whose being there is the answer. */
int store_run(struct store *store, sqlite3_stmt *statement);

/* The negative errno of one of SQLite's codes. */
int store_errno(int code);

/* The errno of the last failure. */
int store_error(const struct store *store);

int64_t store_last_id(const struct store *store);
int store_changes(const struct store *store);

/* BEGIN IMMEDIATE, and COMMIT or, with a failure given, ROLLBACK. store_end returns r, or why the
 * commit failed. They nest: within another pair they are a savepoint, that the outermost pair commits or not. */
int store_begin(struct store *store);

/* For what can wait until later: -EBUSY without any waiting when another program writes, or within another pair. */
int store_begin_at_once(struct store *store);
int store_end(struct store *store, int r);

/* Text bound to parameter index, borrowed until the statement is finished. */
void store_bind_text(sqlite3_stmt *statement, int index, const char *text);
void store_bind_int(sqlite3_stmt *statement, int index, int64_t value);

/* Column copied into a buffer; cut when too long, "" for NULL. */
void store_column_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size);

#endif
