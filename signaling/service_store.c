#include "signaling/service_store.h"

#include "common/clock.h"
#include "common/log.h"
#include "signaling/service.h"
#include "signaling/store/backup_keeper.h"
#include "signaling/store/restore.h"
#include "signaling/store/serving_lock.h"
#include "signaling/store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_CHARS 4096
#define S_PER_MIN      60

/* Behind the sentence that says what is wrong: which backup there is. */
static void add_advice(const struct signaling *app, struct config_error *ret_error)
{
    char path[MAX_PATH_CHARS];
    int64_t time_s;
    size_t len = strlen(ret_error->text);
    size_t room = sizeof(ret_error->text) - len;

    if (backup_keeper_newest(app->backup_folder, path, sizeof(path), &time_s) == 1)
        snprintf(ret_error->text + len, room,
            "; the newest backup is %lld minutes old: duet-signaling restore %.150s",
            (long long)((clock_wall_s() - time_s) / S_PER_MIN), path);
    else
        snprintf(ret_error->text + len, room,
            "; restore a backup: duet-signaling restore FILE (none is in %.150s)",
            app->backup_folder);
}

static int open_undamaged(struct signaling *app, struct config_error *ret_error)
{
    const char *path = app->settings->store_path;
    uint64_t begin_us = clock_now_us();
    int r = store_open(path, &app->store, ret_error);

    if (r == 0)
        r = store_check(app->store, path, ret_error);
    if (r == 0)
        store_hurry(app->store);
    if (r == -EIO)
        add_advice(app, ret_error);
    log_debug(
        LOG_STORE, "event=checked ms=%u", (unsigned)((clock_now_us() - begin_us) / US_PER_MS));
    return r;
}

int service_store_open(struct signaling *app, struct config_error *ret_error)
{
    const struct signaling_settings *settings = app->settings;
    struct backup_plan plan = {
        .database = settings->store_path,
        .every_s = (unsigned)settings->backup_minutes * S_PER_MIN,
        .keep = (unsigned)settings->backup_keep,
        .keep_days = (unsigned)settings->backup_keep_days,
    };
    int r;

    app->backup_folder = *settings->backup_folder
                             ? strdup(settings->backup_folder)
                             : backup_keeper_default_folder(settings->store_path);
    if (!app->backup_folder)
        return -ENOMEM;
    plan.folder = app->backup_folder;
    r = serving_lock_take(settings->store_path, &app->store_lock, ret_error);
    if (r < 0)
        return r;
    r = restore_undo(settings->store_path);
    if (r < 0 && r != -ENOENT)
        log_error(LOG_STORE, "error=\"%s\" a restore that was cut off is not undone", strerror(-r));
    r = open_undamaged(app, ret_error);
    return r == 0 ? backup_keeper_create(&plan, &app->backups, ret_error) : r;
}

void service_store_close(struct signaling *app)
{
    backup_keeper_destroy(app->backups);
    store_close(app->store);
    serving_lock_release(app->store_lock);
    free(app->backup_folder);
}
