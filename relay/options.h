/*
 * The relay's command line: --config, --set, --stats, --print-config, --help, --version. Prints errors
 * itself.
 */
#ifndef DUET_RELAY_OPTIONS_H
#define DUET_RELAY_OPTIONS_H

#include "relay/settings.h"
#include "relay/stats_command.h"

enum options_result {
    OPTIONS_RUN,    /* settings are read and checked; config_free() them */
    OPTIONS_STATS,  /* the same, but for the statistics of a relay that runs already */
    OPTIONS_DONE,   /* it was --help and the like */
    OPTIONS_FAILED, /* the error is printed */
};

/* ret_stats is written with OPTIONS_STATS; its strings are argv's. */
enum options_result options_read(
    int argc, char **argv, struct relay_settings *ret_settings, struct stats_options *ret_stats);

#endif
