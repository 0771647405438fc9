/*
 * What the local teacher has chosen: layout, takeover, pause, sound. Pure; main thread.
 *
 * Takeover lowers the remote sound by 24 dB, once more makes it silent, and shows the local room
 * large; handing back restores sound and the teacher's own layout. Courseware selects the board
 * layout until the teacher chooses another.
 */
#ifndef DUET_PLAYER_CONTROLS_H
#define DUET_PLAYER_CONTROLS_H

#include <stdbool.h>
#include <stdint.h>

#include "player/layout.h"

#define CONTROLS_DUCKED_VOLUME 0.0630957 /* -24 dB */

enum takeover {
    TAKEOVER_NONE,
    TAKEOVER_DUCKED,
    TAKEOVER_SILENT,
};

struct controls {
    enum layout layout;        /* as chosen by hand */
    enum layout lesson_layout; /* what the lesson asks for, 0 for nothing */
    enum layout takeover_layout;
    enum takeover takeover;
    uint64_t takeover_since_us;
    bool paused;
    bool muted;
    bool board;
};

void controls_init(struct controls *controls, enum layout layout);

/* Key or button: takes over; while taken over, silences the teacher or lets it be heard low. */
void controls_press_takeover(struct controls *controls, uint64_t now_us);
void controls_hand_back(struct controls *controls);

/* The next layout; also during takeover, but then only until it ends. */
void controls_press_layout(struct controls *controls);
void controls_press_pause(struct controls *controls);
void controls_press_mute(struct controls *controls);

/* Courseware is there or gone. */
void controls_set_board(struct controls *controls, bool there);

enum layout controls_layout(const struct controls *controls);

/* Of the remote sound, 0 to 1. */
double controls_volume(const struct controls *controls);

#endif
