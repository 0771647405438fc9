#include "player/controls.h"

void controls_init(struct controls *controls, enum layout layout)
{
    *controls = (struct controls){.layout = layout};
}

void controls_press_takeover(struct controls *controls, uint64_t now_us)
{
    switch (controls->takeover) {
    case TAKEOVER_NONE:
        controls->takeover = TAKEOVER_DUCKED;
        controls->takeover_since_us = now_us;
        controls->takeover_layout = LAYOUT_LOCAL_LARGE;
        break;
    case TAKEOVER_DUCKED:
        controls->takeover = TAKEOVER_SILENT;
        break;
    case TAKEOVER_SILENT:
        controls->takeover = TAKEOVER_DUCKED;
        break;
    }
}

void controls_hand_back(struct controls *controls)
{
    controls->takeover = TAKEOVER_NONE;
}

void controls_press_layout(struct controls *controls)
{
    enum layout next = layout_next(controls_layout(controls));

    if (controls->takeover != TAKEOVER_NONE) {
        controls->takeover_layout = next;
        return;
    }
    controls->layout = next;
    controls->lesson_layout = 0;
}

void controls_press_pause(struct controls *controls)
{
    controls->paused = !controls->paused;
}

void controls_press_mute(struct controls *controls)
{
    controls->muted = !controls->muted;
}

void controls_set_board(struct controls *controls, bool there)
{
    if (there && !controls->board)
        controls->lesson_layout = LAYOUT_BOARD;
    if (!there)
        controls->lesson_layout = 0;
    controls->board = there;
}

enum layout controls_layout(const struct controls *controls)
{
    if (controls->takeover != TAKEOVER_NONE)
        return controls->takeover_layout;
    return controls->lesson_layout ? controls->lesson_layout : controls->layout;
}

double controls_volume(const struct controls *controls)
{
    if (controls->muted || controls->paused || controls->takeover == TAKEOVER_SILENT)
        return 0;
    return controls->takeover == TAKEOVER_DUCKED ? CONTROLS_DUCKED_VOLUME : 1;
}
