/*
 * The widget that holds the panes and places them by layout (player/layout.h). Main thread.
 */
#ifndef DUET_PLAYER_STAGE_H
#define DUET_PLAYER_STAGE_H

#include <gtk/gtk.h>

#include "player/layout.h"

GType stage_get_type(void);

/* A floating widget. panes are taken over, in the order of enum layout_pane. */
GtkWidget *stage_new(GtkWidget *const panes[LAYOUT_PANE_COUNT]);

void stage_set_layout(GtkWidget *stage, enum layout layout);

/* The window's font size in pixels, which gaps and captions follow. */
void stage_set_em(GtkWidget *stage, int em);

#endif
