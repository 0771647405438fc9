/*
 * The relay's command line: --config, --set, --print-config, --help, --version. Prints errors itself.
 */
#ifndef DUET_RELAY_OPTIONS_H
#define DUET_RELAY_OPTIONS_H

#include "relay/settings.h"

enum options_result {
    OPTIONS_RUN,    /* settings are read and checked; config_free() them */
    OPTIONS_DONE,   /* it was --help and the like */
    OPTIONS_FAILED, /* the error is printed */
};

enum options_result options_read(int argc, char **argv, struct relay_settings *ret_settings);

#endif
