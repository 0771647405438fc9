/*
 * What the window shows of a lesson: the teacher's pane, the board, status, clock and chips, by what the receiver measures
 * and the local teacher has chosen. Main thread, but for lesson_screen_push(), which is for the presenters' threads.
 */
#ifndef DUET_PLAYER_LESSON_SCREEN_H
#define DUET_PLAYER_LESSON_SCREEN_H

#include <stdatomic.h>

#include "player/controls.h"
#include "player/link_chip.h"
#include "player/local_source.h"
#include "player/receiver.h"
#include "player/screen.h"
#include "player/wall_clock.h"

struct lesson_screen {
    /* borrowed */
    struct screen *screen;
    const struct words *words;
    struct controls *controls;
    const struct wall_clock *clock;

    /* state */
    struct link_chip link_chip;
    _Atomic uint64_t board_us; /* when courseware was last shown */
    uint64_t toast_until_us;
    bool
        missed_shift; /* the room should play it later, but the machine came too late: it is live */
};

/* A lesson begins: nothing of an earlier one is shown any more. */
void lesson_screen_begin(struct lesson_screen *shown);

/* Presenter thread. */
void lesson_screen_push(
    struct lesson_screen *shown, unsigned slot, const struct received_picture *picture);

void lesson_screen_show_local(struct lesson_screen *shown, enum local_source_state state);

/* Several times a second. has_error: the last attempt to connect failed. */
void lesson_screen_update(
    struct lesson_screen *shown, const struct receiver_now *now, bool has_error);

/* After a change of the controls. */
void lesson_screen_apply(struct lesson_screen *shown);

/* Names the layout for a moment. */
void lesson_screen_name_layout(struct lesson_screen *shown);

#endif
