#include "signaling/store/backup.h"

#include "signaling/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_SUFFIX    ".part"
#define MAX_PATH_CHARS 4096

/* Returns r. */
static int say(struct config_error *error, const char *path, const char *what, int r)
{
    snprintf(error->text, sizeof(error->text), "backup %.300s: %.200s", path, what);
    return r;
}

/* A crash after this finds the file or the folder as it is now. */
static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int r;

    if (fd < 0)
        return -errno;
    r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

static int create_private(const char *path)
{
    int fd;

    unlink(path); /* what an interrupted backup left */
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static int copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int code;

    if (!backup)
        return sqlite3_errcode(to);
    code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The copy is one file, without a write-ahead log beside it, and SQLite finds nothing wrong with it. */
static int finish_copy(sqlite3 *copy, const char *path, struct config_error *ret_error)
{
    sqlite3_stmt *check = NULL;
    int r = 0;

    if (sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(copy, "PRAGMA quick_check(1)", -1, &check, NULL) != SQLITE_OK ||
        sqlite3_step(check) != SQLITE_ROW)
        r = say(ret_error, path, sqlite3_errmsg(copy), store_errno(sqlite3_errcode(copy)));
    else if (strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0)
        r = say(ret_error, path, (const char *)sqlite3_column_text(check, 0), -EIO);
    sqlite3_finalize(check);
    return r;
}

static int write_part(sqlite3 *db, const char *part, struct config_error *ret_error)
{
    sqlite3 *copy = NULL;
    int code, r;

    if (sqlite3_open_v2(part, &copy, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        r = say(ret_error, part, copy ? sqlite3_errmsg(copy) : "out of memory", -EIO);
        sqlite3_close(copy);
        return r;
    }
    code = copy_pages(db, copy);
    r = code != SQLITE_OK ? say(ret_error, part, sqlite3_errstr(code), store_errno(code))
                          : finish_copy(copy, part, ret_error);
    sqlite3_close(copy);
    return r;
}

int backup_put_in_place(const char *file, const char *path)
{
    char folder[MAX_PATH_CHARS];
    int r = sync_path(file, O_RDONLY);

    if (r == 0 && rename(file, path) < 0)
        r = -errno;
    snprintf(folder, sizeof(folder), "%s", path);
    return r < 0 ? r : sync_path(dirname(folder), O_RDONLY | O_DIRECTORY);
}

/* The database or a file that SQLite keeps beside it: a copy in its place would destroy it. */
static bool is_of_database(sqlite3 *db, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    const char *database = sqlite3_db_filename(db, "main");
    char name[MAX_PATH_CHARS];
    struct stat own, other;

    if (stat(path, &other) < 0)
        return false;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", database, suffixes[i]);
        if (stat(name, &own) == 0 && own.st_dev == other.st_dev && own.st_ino == other.st_ino)
            return true;
    }
    return false;
}

int backup_write(sqlite3 *db, const char *path, struct config_error *ret_error)
{
    char part[MAX_PATH_CHARS];
    int r;

    if ((size_t)snprintf(part, sizeof(part), "%s" PART_SUFFIX, path) >= sizeof(part))
        return say(ret_error, "file", "the name is too long", -ENAMETOOLONG);
    if (is_of_database(db, path))
        return say(ret_error, path, "this is the database itself; name another file", -EINVAL);
    r = create_private(part);
    if (r < 0)
        return say(ret_error, part, strerror(-r), r);
    r = write_part(db, part, ret_error);
    if (r == 0) {
        r = backup_put_in_place(part, path);
        if (r < 0)
            say(ret_error, path, strerror(-r), r);
    }
    if (r < 0)
        unlink(part);
    return r;
}
