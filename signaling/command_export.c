/* Everything in the database as JSON, also while duet-signaling runs. */
#include "common/clock.h"
#include "signaling/commands.h"
#include "signaling/export/database_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A file that is there is never written over: it may be the only one of its time. */
static int write_file(struct store *store, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    int r;

    if (!file)
        return -errno;
    r = database_export_write(store, clock_wall_s(), file);
    if (fflush(file) != 0 || fsync(fd) < 0)
        r = r < 0 ? r : -errno;
    fclose(file);
    if (r < 0)
        unlink(path);
    return r;
}

int command_export(const struct signaling_settings *settings, int argc, char **argv)
{
    struct config_error error;
    struct store *store = NULL;
    int r;

    if (argc != 1)
        return command_misused("export: give the FILE to write");
    if (store_open_to_read(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    r = write_file(store, argv[0]);
    store_close(store);
    if (r < 0)
        return command_failed("export: %s: %s", argv[0], strerror(-r));
    printf("%s\n", argv[0]);
    return 0;
}
