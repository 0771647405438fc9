#include "signaling/store/restore.h"

#include "signaling/store/backup.h"
#include "signaling/store/migrations.h"
#include "signaling/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH_CHARS 4096
#define COPY_SUFFIX    ".restored"
#define WAL_SUFFIX     "-wal"
#define KEPT_INFIX     ".before-" /* and the second of the restore */

static int say(struct config_error *error, const char *path, const char *what, int r)
{
    snprintf(error->text, sizeof(error->text), "restore: %.300s: %.200s", path, what);
    return r;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat left, right;

    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

/* Text or number of a pragma's first row; -1 when it has none. */
static int64_t number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static int check_backup(sqlite3 *db, const char *path, struct config_error *ret_error)
{
    int64_t version = number_of(db, "PRAGMA user_version");

    if (version < 0)
        return say(ret_error, path, sqlite3_errmsg(db), -EIO);
    if (version == 0 ||
        number_of(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('lessons', 'people')") !=
            2)
        return say(ret_error, path, "this is no database of duet-signaling", -EINVAL);
    if (version > (int64_t)migrations_count)
        return say(
            ret_error, path, "this was written by a newer duet-signaling; use that one", -ENOTSUP);
    return 0;
}

/* The copy is checked by backup_write(), page by page. */
static int copy_backup(const char *backup, const char *copy, struct config_error *ret_error)
{
    sqlite3 *db = NULL;
    int r;

    if (access(backup, R_OK) < 0)
        return say(ret_error, backup, strerror(errno), -errno);
    if (sqlite3_open_v2(backup, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        r = say(ret_error, backup, db ? sqlite3_errmsg(db) : "out of memory", -EIO);
    else
        r = check_backup(db, backup, ret_error);
    if (r == 0)
        r = backup_write(db, copy, ret_error);
    sqlite3_close(db);
    return r;
}

/* The database that is there gets a second name, and its write-ahead log goes with it: with the log in its place it would
 * be replayed into the copy. Whoever opens path between the steps finds what was last written into the file itself. */
static int keep_old(const char *path, const char *kept)
{
    char wal[MAX_PATH_CHARS], kept_wal[MAX_PATH_CHARS], shm[MAX_PATH_CHARS];

    if ((size_t)snprintf(kept_wal, sizeof(kept_wal), "%s" WAL_SUFFIX, kept) >= sizeof(kept_wal))
        return -ENAMETOOLONG;
    snprintf(wal, sizeof(wal), "%s" WAL_SUFFIX, path);
    snprintf(shm, sizeof(shm), "%s-shm", path);
    if (link(path, kept) < 0)
        return -errno;
    if (rename(wal, kept_wal) < 0 && errno != ENOENT)
        return -errno;
    unlink(shm);
    return 0;
}

/* Of the database under its first name, without the log that was to be kept. */
static bool is_written_since(const char *path, const char *kept_wal)
{
    struct stat database, wal;

    return stat(path, &database) < 0 || stat(kept_wal, &wal) < 0 ||
           database.st_mtim.tv_sec > wal.st_ctim.tv_sec ||
           (database.st_mtim.tv_sec == wal.st_ctim.tv_sec &&
               database.st_mtim.tv_nsec > wal.st_ctim.tv_nsec);
}

static int let_go(const char *path, const char *kept)
{
    char wal[MAX_PATH_CHARS], kept_wal[MAX_PATH_CHARS];

    if ((size_t)snprintf(kept_wal, sizeof(kept_wal), "%s" WAL_SUFFIX, kept) >= sizeof(kept_wal))
        return -ENAMETOOLONG;
    snprintf(wal, sizeof(wal), "%s" WAL_SUFFIX, path);
    if (access(kept_wal, F_OK) == 0 && access(wal, F_OK) < 0 && !is_written_since(path, kept_wal) &&
        rename(kept_wal, wal) < 0)
        return -errno;
    return unlink(kept) < 0 ? -errno : 0;
}

int restore_undo(const char *path)
{
    char folder[MAX_PATH_CHARS], kept[MAX_PATH_CHARS], prefix[NAME_MAX + 1];
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    struct dirent *entry;
    DIR *directory;
    int r = 0;

    if ((size_t)snprintf(prefix, sizeof(prefix), "%s" KEPT_INFIX, name) >= sizeof(prefix) ||
        strlen(path) >= sizeof(folder))
        return -ENAMETOOLONG;
    snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
    directory = opendir(*folder ? folder : ".");
    if (!directory)
        return -errno;
    /* cppcheck-suppress readdirCalled */
    while (r == 0 && (entry = readdir(directory))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            (size_t)snprintf(kept, sizeof(kept), "%s%s", folder, entry->d_name) >= sizeof(kept))
            continue;
        if (is_same_file(kept, path))
            r = let_go(path, kept);
    }
    closedir(directory);
    return r;
}

static int put_in_place(const char *copy, const char *path, const char *kept)
{
    int r = *kept ? keep_old(path, kept) : 0;

    if (r == 0)
        r = backup_put_in_place(copy, path);
    if (r < 0 && *kept)
        restore_undo(path);
    return r;
}

int restore_from(const char *backup, const char *path, int64_t now_s, char *ret_kept, size_t size,
    struct config_error *ret_error)
{
    char copy[MAX_PATH_CHARS];
    bool is_there = access(path, F_OK) == 0;
    int r;

    *ret_kept = '\0';
    if ((size_t)snprintf(copy, sizeof(copy), "%s" COPY_SUFFIX, path) >= sizeof(copy) ||
        (is_there && (size_t)snprintf(
                         ret_kept, size, "%s" KEPT_INFIX "%lld", path, (long long)now_s) >= size))
        return say(ret_error, "store.path", "the name is too long", -ENAMETOOLONG);
    if (is_same_file(backup, path))
        return say(ret_error, backup, "this is the database itself; name a backup", -EINVAL);
    r = is_there ? restore_undo(path) : 0;
    if (r < 0)
        return say(ret_error, path, strerror(-r), r);
    r = copy_backup(backup, copy, ret_error);
    if (r < 0)
        return r;
    r = put_in_place(copy, path, ret_kept);
    if (r < 0) {
        say(ret_error, path, strerror(-r), r);
        unlink(copy);
    }
    return r;
}
