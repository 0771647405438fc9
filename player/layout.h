/*
 * Where the panes of the window go: four fixed layouts, computed from the size of the stage.
 * Insets sit upper right, clear of dock and captions. Pure.
 */
#ifndef DUET_PLAYER_LAYOUT_H
#define DUET_PLAYER_LAYOUT_H

#include <stdbool.h>

enum layout {
    LAYOUT_SIDE_BY_SIDE = 1, /* teacher left, local right */
    LAYOUT_TEACHER_LARGE,
    LAYOUT_LOCAL_LARGE,
    LAYOUT_BOARD, /* board large; teacher and local beside it */
};

enum layout_pane {
    LAYOUT_PANE_TEACHER,
    LAYOUT_PANE_LOCAL,
    LAYOUT_PANE_BOARD,
    LAYOUT_PANE_COUNT,
};

struct layout_rect {
    int x;
    int y;
    int width;
    int height;
};

struct layout_result {
    struct layout_rect panes[LAYOUT_PANE_COUNT]; /* width 0: not shown */
    enum layout_pane inset;                      /* drawn above the rest; LAYOUT_PANE_COUNT: none */
};

/* width, height: of the stage in pixels; gap: between panes. */
void layout_compute(
    enum layout layout, int width, int height, int gap, struct layout_result *ret_result);

/* The one after it, around. */
enum layout layout_next(enum layout layout);

#endif
