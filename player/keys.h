/*
 * What a key means, on a keyboard and on a remote control. Pure.
 */
#ifndef DUET_PLAYER_KEYS_H
#define DUET_PLAYER_KEYS_H

#include <glib.h>

enum key_meaning {
    KEY_OTHER, /* left to the widgets: arrows and Enter move and press */
    KEY_TAKEOVER,
    KEY_LAYOUT,
    KEY_PAUSE,
    KEY_MUTE,
    KEY_FIGURES,
    KEY_FULLSCREEN,
    KEY_BACK,
};

/* key is a GDK key value. */
enum key_meaning key_meaning(guint key);

#endif
