/*
 * `duet-relay --stats`: asks the relay that runs on this machine through its control socket and prints
 * the answer. A program of its own kind: no worker, no link.
 */
#ifndef DUET_RELAY_STATS_COMMAND_H
#define DUET_RELAY_STATS_COMMAND_H

#include "relay/settings.h"

struct stats_options {
    bool json;          /* the answer as it is, once */
    bool watch;         /* again every second, until interrupted */
    const char *lesson; /* its single sessions too; NULL = none */
};

/* Prints to stdout, and what is wrong to stderr. Returns the exit status. */
int stats_command_run(const struct relay_settings *settings, const struct stats_options *options);

#endif
