/* A database's file without store.h in between, as an earlier version or somebody with the file in hand writes and reads it. */
#ifndef DUET_TESTS_UNIT_SIGNALING_DATABASE_FILE_H
#define DUET_TESTS_UNIT_SIGNALING_DATABASE_FILE_H

#include "signaling/store/compared_text.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline sqlite3 *open_file(const char *path)
{
    sqlite3 *db;

    assert_int_equal(
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    assert_int_equal(compared_text_define(db), SQLITE_OK);
    return db;
}

static inline void execute(sqlite3 *db, const char *sql)
{
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* The first column of the first row. */
static inline int64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static inline int64_t number_in(const char *path, const char *sql)
{
    sqlite3 *db = open_file(path);
    int64_t number = number_of(db, sql);

    sqlite3_close(db);
    return number;
}

#endif
