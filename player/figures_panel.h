/*
 * The translucent panel of figures in the upper left corner, for whoever looks for a fault in the line.
 * Hidden until the key I is pressed; pupils do not need it, so its text is small. Main thread.
 */
#ifndef DUET_PLAYER_FIGURES_PANEL_H
#define DUET_PLAYER_FIGURES_PANEL_H

#include <gtk/gtk.h>
#include <stdint.h>

#include "player/receiver.h"
#include "player/words.h"

struct figures_panel;

struct figures_panel *figures_panel_new(const struct words *words);
/* NULL-safe; the widget is its parent's. */
void figures_panel_free(struct figures_panel *panel);

GtkWidget *figures_panel_widget(struct figures_panel *panel);

void figures_panel_toggle(struct figures_panel *panel);

/* Call it as often as you like: it shows new figures once a second. */
void figures_panel_update(
    struct figures_panel *panel, const struct receiver_now *now, uint64_t now_us);

#endif
