#include "player/keys.h"

#include <gdk/gdkkeysyms.h>

enum key_meaning key_meaning(guint key)
{
    switch (key) {
    case GDK_KEY_F1:
    case GDK_KEY_Red:
        return KEY_TAKEOVER;
    case GDK_KEY_F4:
    case GDK_KEY_Blue:
        return KEY_LAYOUT;
    case GDK_KEY_space:
    case GDK_KEY_AudioPlay:
    case GDK_KEY_AudioPause:
        return KEY_PAUSE;
    case GDK_KEY_AudioMute:
    case GDK_KEY_m:
    case GDK_KEY_M:
        return KEY_MUTE;
    case GDK_KEY_i:
    case GDK_KEY_I:
    case GDK_KEY_F12:
        return KEY_FIGURES;
    case GDK_KEY_F11:
        return KEY_FULLSCREEN;
    case GDK_KEY_Escape:
    case GDK_KEY_Back:
        return KEY_BACK;
    default:
        return KEY_OTHER;
    }
}
