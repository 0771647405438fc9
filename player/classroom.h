/*
 * The player's window at work: what is received, what the local teacher presses and how the line is,
 * brought together on the screen. Runs a main loop of its own until the window is closed, a signal
 * comes or the time is up.
 */
#ifndef DUET_PLAYER_CLASSROOM_H
#define DUET_PLAYER_CLASSROOM_H

#include "player/options.h"

/* Returns the exit status of the program. */
int classroom_run(const struct player_options *options);

#endif
