#include "signaling/commands.h"
#include "signaling/store/store.h"

#include <stdio.h>

int command_backup(const struct signaling_settings *settings, int argc, char **argv)
{
    struct config_error error;
    struct store *store = NULL;
    int r;

    if (argc != 1)
        return command_misused("backup: give the FILE to write");
    if (store_open_to_read(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    r = store_back_up(store, argv[0], &error);
    store_close(store);
    if (r < 0)
        return command_failed("%s", error.text);
    printf("%s\n", argv[0]);
    return 0;
}
