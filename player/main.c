/* duet-player: see player/options.c for what it can do. */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "media/enrol_command.h"
#include "media/program_restart.h"
#include "player/classroom.h"
#include "player/headless.h"
#include "player/local_source.h"
#include "player/options.h"

#define EXIT_USAGE 2

static GstElement *open_camera(void *user, GError **error)
{
    return local_source_open(user, error);
}

static int enrol(const struct player_options *options)
{
    g_autoptr(GError) error = NULL;
    struct enrol_command command = {
        .program = "duet-player",
        .what = options->enrol,
        .server = options->server,
        .ca_file = options->ca_file,
        .folder = options->device_folder,
        .open_camera = open_camera,
        .user = options->local,
    };

    if (enrol_command_run(&command, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "duet-player: %s\n", error->message);
    return error->domain == G_OPTION_ERROR ? EXIT_USAGE : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    /* GOption takes what it knows out of argv. */
    g_auto(GStrv) given = g_strdupv(argv);
    struct player_options options;
    g_autoptr(GError) error = NULL;
    int status = EXIT_USAGE;

    log_init("duet-player");
    gst_init(NULL, NULL);
    if (!player_options_parse(argc, argv, &options, &error))
        fprintf(stderr, "duet-player: %s\nTry duet-player --help\n", error->message);
    else if (options.enrol)
        status = enrol(&options);
    else
        status = options.headless ? headless_run(&options) : classroom_run(&options);
    player_options_clear(&options);
    return status == PROGRAM_RESTART_EXIT ? program_restart(given) : status;
}
