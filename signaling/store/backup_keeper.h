/*
 * Copies of the database on a schedule: every few minutes one, when something was written since the last, into a folder
 * of its own; the newest are kept, and one of each day before them. A thread reads through a connection of its own, so
 * that neither requests nor lessons wait for it. It looks after the disk as well: who fills it hears of it early.
 *
 *     duet-20261127T081500Z.sqlite    times are UTC, so that names in order are copies in order
 */
#ifndef DUET_SIGNALING_STORE_BACKUP_KEEPER_H
#define DUET_SIGNALING_STORE_BACKUP_KEEPER_H

#include "common/config.h"

#include <stdbool.h>
#include <stdint.h>

#define BACKUP_KEEPER_NAME_CHARS 32
#define BACKUP_KEEPER_LOW_SHARE  0.20 /* of the disk: then it is told */

struct backup_plan {
    /* borrowed as long as the keeper lives */
    const char *database;
    const char *folder;

    unsigned every_s;
    unsigned keep;      /* the newest ones */
    unsigned keep_days; /* and the last of each of so many days before */
};

struct backup_state {
    int64_t last_s;      /* when the newest copy was made, 0: there is none */
    int64_t checked_s;   /* when it was last known to hold all that there is, 0: never */
    bool failed;         /* the last try */
    char error[256];     /* of it */
    uint64_t disk_bytes; /* where the database lies; 0: not known */
    uint64_t disk_free_bytes;
};

struct backup_keeper;

/* The folder for copies of a database, when none is set: "duet.sqlite.backups". Owned by the caller; NULL: no memory. */
char *backup_keeper_default_folder(const char *database);

/* Makes the folder (0700) and starts the thread; the first copy is made at once, unless there is a fresh one. Returns 0, or a negative errno with a
 * sentence that names backup.folder. */
int backup_keeper_create(const struct backup_plan *plan, struct backup_keeper **ret_keeper,
    struct config_error *ret_error);

/* Waits for a copy under way. NULL-safe. */
void backup_keeper_destroy(struct backup_keeper *keeper);

/* Any thread. */
void backup_keeper_read(struct backup_keeper *keeper, struct backup_state *ret_state);

/* The newest copy in a folder into ret_path, with its time: 1, 0 when there is none, or a negative errno. */
int backup_keeper_newest(const char *folder, char *ret_path, size_t size, int64_t *ret_time_s);

/* "duet-20261127T081500Z.sqlite" and back: false for another name. Pure. */
void backup_keeper_name(int64_t time_s, char ret_name[BACKUP_KEEPER_NAME_CHARS]);
bool backup_keeper_time(const char *name, int64_t *ret_time_s);

/* Which of the times, in order with the newest first, are kept: fills ret_keep. Pure. */
void backup_keeper_choose(
    const struct backup_plan *plan, const int64_t *times_s, size_t count, bool *ret_keep);

#endif
