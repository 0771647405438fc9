/* duet-player: see player/options.c for what it can do. */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "media/device_enrolment.h"
#include "media/program_restart.h"
#include "player/classroom.h"
#include "player/headless.h"
#include "player/options.h"

static int enrol(const struct player_options *options)
{
    g_autofree char *place = NULL;
    g_autoptr(GError) error = NULL;

    if (!device_enrolment_run(options->server, options->ca_file, options->enrol,
            options->device_folder, &place, &error)) {
        fprintf(stderr, "duet-player: %s\n", error->message);
        return EXIT_FAILURE;
    }
    printf("enrolled in %s\n", place);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    /* GOption takes what it knows out of argv. */
    g_auto(GStrv) given = g_strdupv(argv);
    struct player_options options;
    g_autoptr(GError) error = NULL;
    int status = 2;

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
