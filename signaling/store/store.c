#include "signaling/store/store.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/store/backup.h"
#include "signaling/store/compared_text.h"
#include "signaling/store/migrations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_LIMIT_MS      2000
#define BUSY_PAUSE_MS      5
#define VAIN_LIMIT_US      (2 * US_PER_S)
#define MIGRATION_LIMIT_MS 60000 /* while another program copies and migrates */

struct store {
    sqlite3 *db; /* owned */
    bool is_open;
    bool is_hurried;
    unsigned depth;   /* of store_begin() within store_begin() */
    uint64_t busy_us; /* store_hurry(): when the present wait for a lock began */
    uint64_t vain_us; /* when one was in vain; 0: the last one was not */
    char damage[128]; /* what SQLite said when it met some; "" when it has met none */
};

int store_errno(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return -EROFS;
    default:
        return -EIO;
    }
}

int store_error(const struct store *store)
{
    return store_errno(sqlite3_errcode(store->db));
}

/* The errno of a code, whose meeting with damage is remembered. While the database is opened whoever opens it says so. */
static int take_code(struct store *store, int code)
{
    int primary = code & 0xff;

    if ((primary != SQLITE_CORRUPT && primary != SQLITE_NOTADB) || *store->damage)
        return store_errno(code);
    snprintf(store->damage, sizeof(store->damage), "%s", sqlite3_errmsg(store->db));
    if (store->is_open)
        log_error(LOG_STORE,
            "event=damaged error=\"%s\": nothing is written any more; stop duet-signaling and "
            "restore a backup (duet-signaling restore FILE)",
            store->damage);
    sqlite3_exec(store->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return store_errno(code);
}

static int execute(struct store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : take_code(store, code);
}

/* For what went wrong just now, before a rollback makes SQLite forget it. */
static void say_why(const struct store *store, const char *path, struct config_error *ret_error)
{
    if (*ret_error->text)
        return;
    if (*store->damage)
        snprintf(ret_error->text, sizeof(ret_error->text), "store.path: %.200s is damaged: %s",
            path, store->damage);
    else if (sqlite3_errcode(store->db) != SQLITE_OK)
        snprintf(ret_error->text, sizeof(ret_error->text), "store.path: %s: %s", path,
            sqlite3_errmsg(store->db));
}

static int read_version(struct store *store, int *ret_version)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA user_version");
    int r = store_step(store, statement);

    if (r == 1)
        *ret_version = sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

/* -EIO when a row refers to one that is not there. */
static int check_references(struct store *store, const char *path, struct config_error *ret_error)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA foreign_key_check");
    int r = store_step(store, statement);

    if (r == 1) {
        snprintf(ret_error->text, sizeof(ret_error->text),
            "store.path: %s: a row of %s refers to nothing; the database was left as it was", path,
            (const char *)sqlite3_column_text(statement, 0));
        r = -EIO;
    }
    store_finish(statement);
    return r;
}

/* For an administrator who wants the older duet-signaling back, or meets a mistake of a migration. Read through a
 * connection of its own: SQLite does not copy through one that is writing. */
static int back_up(int version, const char *path, struct config_error *ret_error)
{
    char name[4096];
    sqlite3 *db = NULL;
    int r;

    if ((size_t)snprintf(name, sizeof(name), "%s.schema-%d", path, version) >= sizeof(name)) {
        snprintf(ret_error->text, sizeof(ret_error->text), "store.path: the name is too long");
        return -ENAMETOOLONG;
    }
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        snprintf(ret_error->text, sizeof(ret_error->text),
            "store.path: %s cannot be read to copy it", path);
        r = -EIO;
    } else {
        r = backup_write(db, name, ret_error);
    }
    sqlite3_close(db);
    return r;
}

static int migrate_from(
    struct store *store, int version, const char *path, struct config_error *ret_error)
{
    char sql[64];
    int r = version > 0 ? back_up(version, path, ret_error) : 0;

    for (size_t next = (size_t)version; r == 0 && next < migrations_count; next++)
        r = execute(store, migrations[next]);
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", migrations_count);
    if (r == 0)
        r = execute(store, sql);
    return r == 0 ? check_references(store, path, ret_error) : r;
}

/* The copy and all migrations are one transaction: another program that opens the database meanwhile waits, and finds
 * them done; it never copies a database that is migrated already in place of the one that was not. */
static int migrate(struct store *store, struct config_error *ret_error, const char *path)
{
    int version = 0;
    int r = read_version(store, &version);

    if (r == 0 && version < (int)migrations_count) {
        sqlite3_busy_timeout(store->db, MIGRATION_LIMIT_MS);
        r = store_begin(store);
        if (r < 0)
            return r;
        r = read_version(store, &version);
        if (r == 0 && version < (int)migrations_count)
            r = migrate_from(store, version, path, ret_error);
        if (r < 0)
            say_why(store, path, ret_error);
        r = store_end(store, r);
    }
    if (r == 0 && version > (int)migrations_count) {
        snprintf(ret_error->text, sizeof(ret_error->text),
            "store.path: %s was written by a newer duet-signaling (schema %d, this one knows %zu)",
            path, version, migrations_count);
        return -ENOTSUP;
    }
    return r;
}

/* Only one program may be there while a database turns to a write-ahead log; SQLite does not always wait for the others
 * by itself here. */
static int use_write_ahead_log(struct store *store)
{
    int r;

    sqlite3_busy_timeout(store->db, 0); /* each try is one */
    r = execute(store, "PRAGMA journal_mode = WAL");
    for (int waited = 0; r == -EBUSY && waited < BUSY_LIMIT_MS; waited += BUSY_PAUSE_MS) {
        sqlite3_sleep(BUSY_PAUSE_MS);
        r = execute(store, "PRAGMA journal_mode = WAL");
    }
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    return r;
}

/* SQLite gives its journal files the mode of the database: only the owner reads password hashes. A database that is
 * there is never opened here: to close it would take the locks of this program's other connections with it (fcntl), and
 * the next program to leave would take itself for the last one and delete their write-ahead log. */
static int create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EEXIST ? 0 : -errno;
    close(fd);
    return 0;
}

static int set_up(struct store *store, const char *path, struct config_error *ret_error)
{
    int r = use_write_ahead_log(store);
    /* Foreign keys come on last: a migration that makes a table anew drops the old one, which with them on would
     * delete what refers to it. */
    if (r == 0)
        r = execute(store, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;"
                           "PRAGMA trusted_schema = OFF;");
    if (r == 0)
        r = migrate(store, ret_error, path);
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    return r == 0 ? execute(store, "PRAGMA foreign_keys = ON") : r;
}

static int set_up_to_read(struct store *store)
{
    int version;

    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    /* reads the file, so that one that is no database is refused now */
    return execute(store, "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;") == 0
               ? read_version(store, &version)
               : store_error(store);
}

static int open_database(
    const char *path, bool to_read, struct store **ret_store, struct config_error *ret_error)
{
    struct store *store = calloc(1, sizeof(*store));
    int r;

    if (!store)
        return -ENOMEM;
    ret_error->text[0] = '\0';
    r = to_read ? 0 : create_private(path);
    if (r < 0)
        goto out;
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        r = store->db ? store_error(store) : -ENOMEM;
        goto out;
    }
    r = compared_text_define(store->db) == SQLITE_OK ? 0 : store_error(store);
    if (r == 0)
        r = to_read ? set_up_to_read(store) : set_up(store, path, ret_error);
out:
    if (r < 0) {
        if (store->db)
            say_why(store, path, ret_error);
        if (!*ret_error->text)
            snprintf(
                ret_error->text, sizeof(ret_error->text), "store.path: %s: %s", path, strerror(-r));
        store_close(store);
        return r;
    }
    store->is_open = true;
    *ret_store = store;
    return 0;
}

int store_open(const char *path, struct store **ret_store, struct config_error *ret_error)
{
    return open_database(path, false, ret_store, ret_error);
}

int store_open_to_read(const char *path, struct store **ret_store, struct config_error *ret_error)
{
    return open_database(path, true, ret_store, ret_error);
}

/* SQLite asks before each try but the first whether it is worth another. */
static int wait_a_moment(void *user, int tries)
{
    struct store *store = user;
    uint64_t now_us = clock_now_us();

    if (tries == 0)
        store->busy_us = now_us;
    if (store->vain_us != 0 && now_us - store->vain_us < VAIN_LIMIT_US)
        return 0;
    if (now_us - store->busy_us >= STORE_HURRIED_MS * US_PER_MS) {
        store->vain_us = now_us;
        return 0;
    }
    sqlite3_sleep(BUSY_PAUSE_MS);
    return 1;
}

/* How long another program's lock is waited for. */
static void set_patience(struct store *store)
{
    if (store->is_hurried)
        sqlite3_busy_handler(store->db, wait_a_moment, store);
    else
        sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
}

void store_hurry(struct store *store)
{
    store->is_hurried = true;
    set_patience(store);
}

int store_check(struct store *store, const char *path, struct config_error *ret_error)
{
    sqlite3_stmt *statement = store_prepare(store, "PRAGMA quick_check(1)");
    const char *found;
    int r = store_step(store, statement);

    if (r < 0) {
        snprintf(ret_error->text, sizeof(ret_error->text), "store.path: %.200s: %.120s", path,
            sqlite3_errmsg(store->db));
    } else {
        found = r == 1 ? (const char *)sqlite3_column_text(statement, 0) : "nothing to check";
        r = found && strcmp(found, "ok") == 0 ? 0 : -EIO;
        if (r < 0)
            snprintf(ret_error->text, sizeof(ret_error->text),
                "store.path: %.200s is damaged: %.120s", path, found ? found : "unreadable");
    }
    store_finish(statement);
    return r;
}

bool store_is_damaged(const struct store *store)
{
    return *store->damage != '\0';
}

int store_back_up(struct store *store, const char *path, struct config_error *ret_error)
{
    return backup_write(store->db, path, ret_error);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_close(store->db);
    free(store);
}

sqlite3_stmt *store_prepare(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (code != SQLITE_OK) {
        log_error(LOG_STORE, "error=\"%s\"", sqlite3_errmsg(store->db));
        take_code(store, code);
    }
    return statement;
}

int store_step(struct store *store, sqlite3_stmt *statement)
{
    int code;

    if (!statement)
        return store_error(store);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : take_code(store, code);
}

void store_finish(sqlite3_stmt *statement)
{
    sqlite3_finalize(statement);
}

void store_reset(sqlite3_stmt *statement)
{
    if (statement)
        sqlite3_reset(statement);
}

int store_run(struct store *store, sqlite3_stmt *statement)
{
    int r = store_step(store, statement);

    store_finish(statement);
    return r;
}

int64_t store_last_id(const struct store *store)
{
    return sqlite3_last_insert_rowid(store->db);
}

int store_changes(const struct store *store)
{
    return sqlite3_changes(store->db);
}

int store_begin(struct store *store)
{
    int r = execute(store, store->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT within");

    if (r < 0)
        return r;
    store->depth++;
    store->vain_us = 0;
    return 0;
}

int store_begin_at_once(struct store *store)
{
    int r;

    if (store->depth > 0)
        return -EBUSY;
    sqlite3_busy_timeout(store->db, 0);
    r = store_begin(store);
    set_patience(store);
    return r;
}

/* A savepoint that was rolled back to is still there: it is released as well. */
int store_end(struct store *store, int r)
{
    bool outermost = --store->depth == 0;
    int commit = r < 0 ? r : execute(store, outermost ? "COMMIT" : "RELEASE within");

    if (commit < 0)
        execute(store, outermost ? "ROLLBACK" : "ROLLBACK TO within; RELEASE within");
    return commit;
}

void store_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (statement)
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void store_bind_int(sqlite3_stmt *statement, int index, int64_t value)
{
    if (statement)
        sqlite3_bind_int64(statement, index, value);
}

void store_column_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    snprintf(ret_text, size, "%s", text ? (const char *)text : "");
}
