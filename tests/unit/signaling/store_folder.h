/* What tests with a real database share: a folder of its own for each, with the database in it, and days as they are written. */
#ifndef DUET_TESTS_UNIT_SIGNALING_STORE_FOLDER_H
#define DUET_TESTS_UNIT_SIGNALING_STORE_FOLDER_H

#include "signaling/store/store.h"
#include "signaling/timetable/local_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STORE_FOLDER_CHARS 32

static inline void store_folder_make(char ret_folder[STORE_FOLDER_CHARS])
{
    snprintf(ret_folder, STORE_FOLDER_CHARS, "/tmp/duet-store-XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
}

/* Where the database is in it. */
static inline void store_folder_path(const char *folder, char ret_path[2 * STORE_FOLDER_CHARS])
{
    snprintf(ret_path, 2 * STORE_FOLDER_CHARS, "%.*s/duet.db", STORE_FOLDER_CHARS, folder);
}

static inline struct store *store_folder_open(const char *folder)
{
    char path[2 * STORE_FOLDER_CHARS];
    struct store *store = NULL;
    struct config_error error;

    store_folder_path(folder, path);
    if (store_open(path, &store, &error) < 0)
        fail_msg("%s", error.text);
    return store;
}

/* For a teardown: 0 when it is gone. */
static inline int store_folder_remove(const char *folder)
{
    char command[2 * STORE_FOLDER_CHARS];

    snprintf(command, sizeof(command), "rm -r %.*s", STORE_FOLDER_CHARS, folder);
    return system(command);
}

/* "2026-10-08" as local_date.h counts days. */
static inline int32_t day_of(const char *text)
{
    int32_t day = 0;

    assert_int_equal(local_date_parse(text, &day), 0);
    return day;
}

#endif
