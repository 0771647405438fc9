/*
 * A drawn classroom that stands in for the local camera: a board to write words on, desks, a plant.
 * Scales to any size. Main thread.
 */
#ifndef DUET_PLAYER_PLACEHOLDER_H
#define DUET_PLAYER_PLACEHOLDER_H

#include <gtk/gtk.h>

GType placeholder_get_type(void);

GdkPaintable *placeholder_new(void);

#endif
