#include "common/clock.h"
#include "signaling/commands.h"
#include "signaling/lessons/lessons.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void print_lesson(void *user, const char *id, const char *title)
{
    (void)user;
    printf("%s\t%s\n", id, title);
}

static int add(struct store *store, int argc, char **argv)
{
    int r;

    if (argc != 3 || strcmp(argv[1], "--title") != 0)
        return command_misused("lesson add: give ID --title TEXT");
    r = lessons_add(store, argv[0], argv[2], COMMAND_PERSON, clock_wall_s());
    if (r == -EEXIST)
        return command_failed("lesson %s is there already", argv[0]);
    if (r == -EINVAL)
        return command_failed("lesson add: the id has 1 to 64 letters, digits, - and _ and is not "
                              "\"sessions\"; the title has 1 to %d bytes",
            LESSONS_MAX_TITLE_BYTES);
    return r < 0 ? command_failed("store.path: %s", strerror(-r)) : 0;
}

int command_lesson(const struct signaling_settings *settings, int argc, char **argv)
{
    struct config_error error;
    struct store *store = NULL;
    int status = 0;
    int r;

    if (argc == 0 || (strcmp(argv[0], "add") != 0 && strcmp(argv[0], "list") != 0))
        return command_misused("lesson: say add or list");
    if (store_open(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    if (strcmp(argv[0], "add") == 0) {
        status = add(store, argc - 1, argv + 1);
    } else {
        r = lessons_list(store, 0, print_lesson, NULL);
        if (r < 0)
            status = command_failed("store.path: %s", strerror(-r));
    }
    store_close(store);
    return status;
}
