/*
 * The row of buttons at the bottom of the window. All but takeover hide after a while without a key
 * or pointer; takeover and hand-back never do. Main thread.
 */
#ifndef DUET_PLAYER_DOCK_H
#define DUET_PLAYER_DOCK_H

#include <gtk/gtk.h>
#include <stdbool.h>

#include "player/controls.h"
#include "player/words.h"

#define DOCK_HIDE_S 8

struct dock_actions {
    void (*on_layout)(void *user);
    void (*on_pause)(void *user);
    void (*on_mute)(void *user);
    void (*on_takeover)(void *user); /* also silences and unsilences while taken over */
    void (*on_hand_back)(void *user);
};

struct dock;

struct dock *dock_new(const struct words *words, const struct dock_actions *actions, void *user);
void dock_free(struct dock *dock);

/* The widget to put over the bottom of the window. */
GtkWidget *dock_widget(struct dock *dock);

/* Labels and which buttons there are. */
void dock_update(struct dock *dock, const struct controls *controls);

void dock_set_open(struct dock *dock, bool open);
void dock_focus_takeover(struct dock *dock);

#endif
