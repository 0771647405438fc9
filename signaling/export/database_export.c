#include "signaling/export/database_export.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A new table's secrets are left out without anybody thinking of it, so long as their columns are called what they are. */
static bool is_secret(const char *column)
{
    size_t len = strlen(column);

    return strcmp(column, "password") == 0 || strstr(column, "secret") || strstr(column, "token") ||
           (len > 5 && strcmp(column + len - 5, "_hash") == 0);
}

/* Bytes, such as devices' public keys, in hex. */
static json_t *bytes_value(sqlite3_stmt *statement, int column)
{
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    char *hex = malloc(2 * len + 1);
    json_t *value;

    if (!hex)
        return NULL;
    sodium_bin2hex(hex, 2 * len + 1, sqlite3_column_blob(statement, column), len);
    value = json_string(hex);
    free(hex);
    return value;
}

static json_t *value_of(sqlite3_stmt *statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return json_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
        return json_stringn((const char *)sqlite3_column_text(statement, column),
            (size_t)sqlite3_column_bytes(statement, column));
    case SQLITE_BLOB:
        return bytes_value(statement, column);
    default:
        return json_null();
    }
}

static int write_row(sqlite3_stmt *statement, FILE *file)
{
    json_t *row = json_object();
    int r = row ? 0 : -ENOMEM;

    for (int i = 0; r == 0 && i < sqlite3_column_count(statement); i++) {
        const char *name = sqlite3_column_name(statement, i);

        if (!is_secret(name) && json_object_set_new(row, name, value_of(statement, i)) < 0)
            r = -ENOMEM;
    }
    if (r == 0 && json_dumpf(row, file, JSON_COMPACT) < 0)
        r = -EIO;
    json_decref(row);
    return r;
}

static int write_table(struct store *store, const char *table, FILE *file)
{
    char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", table);
    sqlite3_stmt *statement = sql ? store_prepare(store, sql) : NULL;
    bool first = true;
    int r;

    fprintf(file, "\"%s\":[", table);
    while ((r = store_step(store, statement)) == 1) {
        fputs(first ? "\n" : ",\n", file);
        first = false;
        r = write_row(statement, file);
        if (r < 0)
            break;
    }
    store_finish(statement);
    sqlite3_free(sql);
    fputs("]", file);
    return r;
}

static int write_tables(struct store *store, FILE *file)
{
    sqlite3_stmt *tables = store_prepare(store,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name");
    bool first = true;
    int r;

    while ((r = store_step(store, tables)) == 1) {
        fputs(first ? "\n" : ",\n", file);
        first = false;
        r = write_table(store, (const char *)sqlite3_column_text(tables, 0), file);
        if (r < 0)
            break;
    }
    store_finish(tables);
    return r;
}

static int read_schema(struct store *store, int *ret_schema)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA user_version");
    int r = store_step(store, statement);

    if (r == 1)
        *ret_schema = sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

int database_export_write(struct store *store, int64_t now_s, FILE *file)
{
    int schema = 0, end;
    int r = store_run(store, store_prepare(store, "BEGIN"));

    if (r < 0)
        return r;
    r = read_schema(store, &schema);
    fprintf(file,
        "{\"format\":\"duet-export\",\"version\":%d,\"schema\":%d,\"program\":\"" DUET_VERSION
        "\",\"exported\":%lld,\"tables\":{",
        DATABASE_EXPORT_VERSION, schema, (long long)now_s);
    if (r == 0)
        r = write_tables(store, file);
    fputs("}}\n", file);
    end = store_run(store, store_prepare(store, "COMMIT"));
    if (r == 0 && ferror(file))
        r = errno == ENOSPC ? -ENOSPC : -EIO;
    return r < 0 ? r : end;
}
