/* Puts a backup in the place of the database, while nobody serves it. */
#include "common/clock.h"
#include "signaling/audit/audit_log.h"
#include "signaling/commands.h"
#include "signaling/store/restore.h"
#include "signaling/store/serving_lock.h"
#include "signaling/store/store.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_CHARS 4096

/* A log that was put back to an earlier day says so itself. */
static int note_in_audit_log(
    const char *database, const char *backup, struct config_error *ret_error)
{
    struct store *store = NULL;
    json_t *detail = json_pack("{s:s}", "file", backup);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    int r = text ? store_open(database, &store, ret_error) : -ENOMEM;

    if (r == 0)
        r = store_begin(store);
    if (r == 0)
        r = audit_log_end(store, 0,
            &(struct audit_entry){
                clock_wall_s(), COMMAND_PERSON, "store.restore", "database", "done", text});
    store_close(store);
    free(text);
    json_decref(detail);
    return r;
}

static int restore(const char *database, const char *backup)
{
    struct config_error error = {"out of memory"};
    char kept[MAX_PATH_CHARS];

    if (restore_from(backup, database, clock_wall_s(), kept, sizeof(kept), &error) < 0)
        return command_failed("%s", error.text);
    if (*kept)
        fprintf(stderr, "duet-signaling: the database that was there is now %s\n", kept);
    if (note_in_audit_log(database, backup, &error) < 0)
        return command_failed("restored, but not noted in the audit log: %s", error.text);
    printf("%s\n", database);
    return 0;
}

int command_restore(const struct signaling_settings *settings, int argc, char **argv)
{
    struct config_error error;
    int lock = -1;
    int status;

    if (argc != 1)
        return command_misused("restore: give the FILE of a backup");
    if (serving_lock_take(settings->store_path, &lock, &error) < 0)
        return command_failed("%s", error.text);
    status = restore(settings->store_path, argv[0]);
    serving_lock_release(lock);
    return status;
}
