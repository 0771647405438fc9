/*
 * What the figures over the picture say, from two readings of the receiver. Pure; main thread.
 */
#ifndef DUET_PLAYER_FIGURES_H
#define DUET_PLAYER_FIGURES_H

#include <stddef.h>

#include "player/receiver.h"

enum figure {
    FIGURE_PICTURE,
    FIGURE_FRAMES,
    FIGURE_RATE,
    FIGURE_LOSS,
    FIGURE_RECOVERED,
    FIGURE_LATE,
    FIGURE_KEYFRAMES,
    FIGURE_DISCARDED,
    FIGURE_ROUND_TRIP,
    FIGURE_JITTER,
    FIGURE_BUFFERS,
    FIGURE_GLASS,
    FIGURE_FREEZES,
    FIGURE_RECONNECTS,
    FIGURE_COUNT,
};

#define FIGURE_CHARS 48

/* Text id of the figure's name. */
const char *figure_name(enum figure figure);

#define FIGURE_UNKNOWN "–"

/* What it is now, or since `before`, so many seconds ago; FIGURE_UNKNOWN while nothing tells. */
void figure_value(enum figure figure, const struct receiver_now *before,
    const struct receiver_now *now, double seconds, char ret_text[static FIGURE_CHARS]);

#endif
