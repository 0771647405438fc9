#include "signaling/store/backup_keeper.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_S   60 /* at the disk */
#define BUSY_LIMIT_MS  2000
#define MAX_COPIES     4096
#define MAX_PATH_CHARS 4096
#define S_PER_DAY      86400

struct backup_keeper {
    struct backup_plan plan;
    pthread_t thread;

    pthread_mutex_t mutex; /* guards state and stopping */
    pthread_cond_t wake;
    struct backup_state state;
    bool stopping;

    /* of the thread */
    sqlite3 *db; /* owned; NULL till it could be opened */
    int64_t copied_version;
    bool has_copied;
    bool disk_is_low;
};

char *backup_keeper_default_folder(const char *database)
{
    size_t size = strlen(database) + sizeof(".backups");
    char *folder = malloc(size);

    if (folder)
        snprintf(folder, size, "%s.backups", database);
    return folder;
}

void backup_keeper_name(int64_t time_s, char ret_name[BACKUP_KEEPER_NAME_CHARS])
{
    time_t time = (time_t)time_s;
    struct tm utc;

    gmtime_r(&time, &utc);
    strftime(ret_name, BACKUP_KEEPER_NAME_CHARS, "duet-%Y%m%dT%H%M%SZ.sqlite", &utc);
}

bool backup_keeper_time(const char *name, int64_t *ret_time_s)
{
    struct tm utc = {0};
    char again[BACKUP_KEEPER_NAME_CHARS];
    int64_t time_s;

    if (sscanf(name, "duet-%4d%2d%2dT%2d%2d%2dZ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
            &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
        return false;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    /* written again, so that only what this program writes counts */
    time_s = (int64_t)timegm(&utc);
    backup_keeper_name(time_s, again);
    if (strcmp(name, again) != 0)
        return false;
    *ret_time_s = time_s;
    return true;
}

void backup_keeper_choose(
    const struct backup_plan *plan, const int64_t *times_s, size_t count, bool *ret_keep)
{
    unsigned days = 0;
    int64_t day = INT64_MAX;

    for (size_t i = 0; i < count; i++) {
        bool is_last_of_day = times_s[i] / S_PER_DAY < day;

        ret_keep[i] = i < plan->keep;
        if (ret_keep[i] || !is_last_of_day)
            continue;
        day = times_s[i] / S_PER_DAY;
        ret_keep[i] = days++ < plan->keep_days;
    }
}

static int newest_first(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return left < right ? 1 : left > right ? -1 : 0;
}

/* Their times, the newest first. Returns how many, or a negative errno. */
static ssize_t list_copies(const char *folder, int64_t times_s[MAX_COPIES])
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    if (!entries)
        return -errno;
    /* only this thread reads from it */
    /* cppcheck-suppress readdirCalled */
    while (count < MAX_COPIES && (entry = readdir(entries))) {
        if (backup_keeper_time(entry->d_name, &times_s[count]))
            count++;
    }
    closedir(entries);
    qsort(times_s, count, sizeof(*times_s), newest_first);
    return (ssize_t)count;
}

static int path_of(const char *folder, int64_t time_s, char *ret_path, size_t size)
{
    char name[BACKUP_KEEPER_NAME_CHARS];

    backup_keeper_name(time_s, name);
    return (size_t)snprintf(ret_path, size, "%s/%s", folder, name) < size ? 0 : -ENAMETOOLONG;
}

int backup_keeper_newest(const char *folder, char *ret_path, size_t size, int64_t *ret_time_s)
{
    int64_t *times_s = malloc(MAX_COPIES * sizeof(*times_s));
    ssize_t count = times_s ? list_copies(folder, times_s) : -ENOMEM;
    int r = count == -ENOENT ? 0 : count < 0 ? (int)count : count > 0;

    if (r == 1) {
        *ret_time_s = times_s[0];
        r = path_of(folder, times_s[0], ret_path, size);
        r = r < 0 ? r : 1;
    }
    free(times_s);
    return r;
}

static void drop_old_copies(const struct backup_keeper *keeper)
{
    int64_t *times_s = malloc(MAX_COPIES * sizeof(*times_s));
    bool *keep = malloc(MAX_COPIES * sizeof(*keep));
    ssize_t count = times_s && keep ? list_copies(keeper->plan.folder, times_s) : 0;
    char path[MAX_PATH_CHARS];

    if (count > 0)
        backup_keeper_choose(&keeper->plan, times_s, (size_t)count, keep);
    for (ssize_t i = 0; i < count; i++) {
        if (!keep[i] && path_of(keeper->plan.folder, times_s[i], path, sizeof(path)) == 0)
            unlink(path);
    }
    free(keep);
    free(times_s);
}

/* Changes with each commit of another connection, so of everybody but this thread. */
static int64_t version_of(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = -1;

    if (sqlite3_prepare_v2(db, "PRAGMA data_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

static int open_database(struct backup_keeper *keeper, struct config_error *ret_error)
{
    if (keeper->db)
        return 0;
    if (sqlite3_open_v2(keeper->plan.database, &keeper->db, SQLITE_OPEN_READONLY, NULL) ==
        SQLITE_OK) {
        sqlite3_busy_timeout(keeper->db, BUSY_LIMIT_MS);
        return 0;
    }
    snprintf(ret_error->text, sizeof(ret_error->text), "store.path: %.200s cannot be read",
        keeper->plan.database);
    sqlite3_close(keeper->db);
    keeper->db = NULL;
    return -EIO;
}

static void note(struct backup_keeper *keeper, int r, bool copied, const char *error, int64_t now_s)
{
    pthread_mutex_lock(&keeper->mutex);
    keeper->state.failed = r < 0;
    snprintf(keeper->state.error, sizeof(keeper->state.error), "%s", r < 0 ? error : "");
    if (r == 0)
        keeper->state.checked_s = now_s;
    if (copied)
        keeper->state.last_s = now_s;
    pthread_mutex_unlock(&keeper->mutex);
}

static void copy_if_changed(struct backup_keeper *keeper)
{
    struct config_error error = {""};
    char path[MAX_PATH_CHARS];
    int64_t now_s = clock_wall_s();
    int64_t version = -1;
    int r = open_database(keeper, &error);

    if (r == 0) {
        version = version_of(keeper->db);
        if (keeper->has_copied && version >= 0 && version == keeper->copied_version) {
            note(keeper, 0, false, "", now_s);
            return;
        }
        r = path_of(keeper->plan.folder, now_s, path, sizeof(path));
    }
    if (r == 0)
        r = backup_write(keeper->db, path, &error);
    note(keeper, r, r == 0, error.text, now_s);
    if (r < 0) {
        log_error(LOG_STORE, "event=backup outcome=failed error=\"%s\"", error.text);
        return;
    }
    log_debug(LOG_STORE, "event=backup outcome=done file=%s", path);
    keeper->has_copied = true;
    keeper->copied_version = version;
    drop_old_copies(keeper);
}

static void look_at_disk(struct backup_keeper *keeper)
{
    struct statvfs info;
    uint64_t bytes, free_bytes;
    bool low;

    if (statvfs(keeper->plan.database, &info) < 0 || info.f_blocks == 0)
        return;
    bytes = (uint64_t)info.f_blocks * info.f_frsize;
    free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    low = (double)free_bytes < (double)bytes * BACKUP_KEEPER_LOW_SHARE;
    if (low && !keeper->disk_is_low)
        log_warn(LOG_STORE,
            "event=disk_low free_mb=%llu of_mb=%llu path=%s: make room before lessons cannot be "
            "saved",
            (unsigned long long)(free_bytes >> 20), (unsigned long long)(bytes >> 20),
            keeper->plan.database);
    keeper->disk_is_low = low;
    pthread_mutex_lock(&keeper->mutex);
    keeper->state.disk_bytes = bytes;
    keeper->state.disk_free_bytes = free_bytes;
    pthread_mutex_unlock(&keeper->mutex);
}

/* Returns false when the keeper shall end. */
static bool wait_until(struct backup_keeper *keeper, uint64_t until_us)
{
    struct timespec end = {
        .tv_sec = (time_t)(until_us / US_PER_S),
        .tv_nsec = (long)(until_us % US_PER_S) * 1000,
    };
    bool stopping;

    pthread_mutex_lock(&keeper->mutex);
    while (!keeper->stopping && pthread_cond_timedwait(&keeper->wake, &keeper->mutex, &end) == 0)
        ;
    stopping = keeper->stopping;
    pthread_mutex_unlock(&keeper->mutex);
    return !stopping;
}

/* A program that is started again and again does not push older copies out with new ones. */
static uint64_t first_copy_in_s(const struct backup_keeper *keeper)
{
    int64_t age_s = clock_wall_s() - keeper->state.last_s;

    return age_s < 0 || age_s >= keeper->plan.every_s ? 0 : keeper->plan.every_s - (uint64_t)age_s;
}

static void *run(void *context)
{
    struct backup_keeper *keeper = context;
    uint64_t next_copy_us = clock_now_us() + first_copy_in_s(keeper) * US_PER_S;

    do {
        look_at_disk(keeper);
        if (keeper->plan.every_s > 0 && clock_now_us() >= next_copy_us) {
            copy_if_changed(keeper);
            next_copy_us = clock_now_us() + keeper->plan.every_s * US_PER_S;
        }
    } while (wait_until(
        keeper, keeper->plan.every_s > 0 && next_copy_us < clock_now_us() + LOOK_EVERY_S * US_PER_S
                    ? next_copy_us
                    : clock_now_us() + LOOK_EVERY_S * US_PER_S));
    return NULL;
}

static int init(struct backup_keeper *keeper)
{
    pthread_condattr_t attributes;
    char path[MAX_PATH_CHARS];
    int r;

    /* clock_now_us() is monotonic: a clock that jumps neither brings nor delays a copy */
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_cond_init(&keeper->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    r = backup_keeper_newest(keeper->plan.folder, path, sizeof(path), &keeper->state.last_s);
    if (r < 0)
        return r;
    return -pthread_create(&keeper->thread, NULL, run, keeper);
}

static void free_keeper(struct backup_keeper *keeper)
{
    sqlite3_close(keeper->db);
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->mutex);
    free(keeper);
}

int backup_keeper_create(const struct backup_plan *plan, struct backup_keeper **ret_keeper,
    struct config_error *ret_error)
{
    struct backup_keeper *keeper;
    int r;

    if (plan->every_s > 0 && mkdir(plan->folder, 0700) < 0 && errno != EEXIST) {
        r = -errno;
        snprintf(ret_error->text, sizeof(ret_error->text), "backup.folder: %.300s: %s",
            plan->folder, strerror(-r));
        return r;
    }
    keeper = calloc(1, sizeof(*keeper));
    if (!keeper)
        return -ENOMEM;
    keeper->plan = *plan;
    r = init(keeper);
    if (r < 0) {
        snprintf(ret_error->text, sizeof(ret_error->text), "backup.folder: %.300s: %s",
            plan->folder, strerror(-r));
        free_keeper(keeper);
        return r;
    }
    *ret_keeper = keeper;
    return 0;
}

void backup_keeper_destroy(struct backup_keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->mutex);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    free_keeper(keeper);
}

void backup_keeper_read(struct backup_keeper *keeper, struct backup_state *ret_state)
{
    pthread_mutex_lock(&keeper->mutex);
    *ret_state = keeper->state;
    pthread_mutex_unlock(&keeper->mutex);
}
