#include "signaling/http/system_api.h"

#include "common/clock.h"
#include "common/process_figures.h"
#include "signaling/http/api.h"
#include "signaling/metrics/metrics.h"
#include "signaling/relays/relays.h"
#include "signaling/service.h"
#include "signaling/store/backup_keeper.h"
#include "signaling/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define MAX_PATH_CHARS 1024

/* Of the disk: below the first it is told, below the second there is hardly time left. */
#define LOW_SHARE      BACKUP_KEEPER_LOW_SHARE
#define CRITICAL_SHARE 0.05

/* ---- relays and sessions ---- */

struct relay_list {
    json_t *list;
    uint64_t now_us;
};

static void add_relay(void *user, const struct relay_figures *figures)
{
    struct relay_list *relays = user;
    uint64_t since_s = (relays->now_us - figures->since_us) / 1000000;

    json_array_append_new(relays->list,
        json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:f, s:f}", "id", figures->id, "version",
            figures->version, "connected", figures->connected, "since_s", (json_int_t)since_s,
            "capacity", (json_int_t)figures->capacity, "sessions", (json_int_t)figures->sessions,
            "cpu", figures->cpu, "packets_out_per_s", figures->rtp_out_pps));
}

static json_t *describe_relays(struct signaling *app)
{
    struct relay_list relays = {json_array(), clock_now_us()};

    relays_each_figures(app->relays, add_relay, &relays);
    return relays.list;
}

struct session_counts {
    int publishers, viewers;
};

static void count_session(void *user, struct media_session *session)
{
    struct session_counts *counts = user;

    if (session->record.kind == LINK_PUBLISH)
        counts->publishers++;
    else
        counts->viewers++;
}

static json_t *describe_sessions(struct signaling *app)
{
    struct session_counts counts = {0};

    media_sessions_each(app->sessions, NULL, count_session, &counts);
    return json_pack("{s:i, s:i}", "publishers", counts.publishers, "viewers", counts.viewers);
}

/* ---- the database and its disk ---- */

/* 0 for a file that is not there. */
static json_int_t size_of(const char *path, const char *suffix)
{
    char name[MAX_PATH_CHARS + 8];
    struct stat status;

    snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &status) == 0 ? (json_int_t)status.st_size : 0;
}

static json_t *describe_database(const struct signaling *app)
{
    const char *path = app->settings->store_path;

    return json_pack("{s:I, s:b}", "bytes", size_of(path, "") + size_of(path, "-wal"), "damaged",
        store_is_damaged(app->store));
}

/* Of the folder that the database is in; null when the kernel does not say. */
static json_t *describe_disk(const struct signaling *app)
{
    char folder[MAX_PATH_CHARS + 1];
    struct statvfs disk;
    char *slash;

    snprintf(folder, sizeof(folder), "%s", app->settings->store_path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    if (statvfs(slash ? folder : ".", &disk) < 0)
        return json_null();
    return json_pack("{s:I, s:I, s:f, s:f}", "bytes", (json_int_t)(disk.f_blocks * disk.f_frsize),
        "free_bytes", (json_int_t)(disk.f_bavail * disk.f_frsize), "low_share", LOW_SHARE,
        "critical_share", CRITICAL_SHARE);
}

/* Where the last copy is, and whether there will be a next one. */
static json_t *describe_backup(const struct signaling *app)
{
    char path[MAX_PATH_CHARS] = "";
    struct backup_state state = {0};
    int64_t last_s = 0;
    const char *slash;

    backup_keeper_read(app->backups, &state);
    if (app->backup_folder &&
        backup_keeper_newest(app->backup_folder, path, sizeof(path), &last_s) != 1)
        *path = '\0';
    slash = strrchr(path, '/');
    return json_pack("{s:I, s:o, s:s?, s:I, s:I, s:b, s:s}", "every_min",
        (json_int_t)app->settings->backup_minutes, "last",
        *path ? json_integer(last_s) : json_null(), "file",
        *path ? (slash ? slash + 1 : path) : NULL, "bytes", *path ? size_of(path, "") : 0,
        "checked", (json_int_t)state.checked_s, "failed", state.failed, "error", state.error);
}

static json_t *describe_process(const struct signaling *app)
{
    struct process_figures process;

    process_figures_read(&process);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "version", DUET_VERSION, "started",
        (json_int_t)metrics_started_s(app->metrics), "resident_bytes",
        (json_int_t)process.resident_bytes, "cpu_s", (json_int_t)(process.cpu_us / 1000000),
        "open_descriptors", (json_int_t)process.open_descriptors, "max_descriptors",
        (json_int_t)process.max_descriptors);
}

void system_api_get(struct http_request *request)
{
    struct signaling *app = request->app;

    api_answer(
        request, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "now", (json_int_t)clock_wall_s(),
                     "signaling", describe_process(app), "relays", describe_relays(app), "sessions",
                     describe_sessions(app), "database", describe_database(app), "disk",
                     describe_disk(app), "backup", describe_backup(app)));
}
