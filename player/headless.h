/*
 * The player without display and loudspeaker: receives, decodes, measures, reports. For servers and
 * tests. Runs a main loop of its own until the time is up, a signal comes or the server refuses.
 */
#ifndef DUET_PLAYER_HEADLESS_H
#define DUET_PLAYER_HEADLESS_H

#include "player/options.h"

/* Returns the exit status of the program. */
int headless_run(const struct player_options *options);

#endif
