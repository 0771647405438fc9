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

/* In pixels. */
struct layout_space {
    int width;
    int height;
    int gap;     /* between panes */
    int caption; /* what a caption under a picture takes */
    int dock;    /* what the dock takes of the bottom when it is open */
};

/* Whether a pane's caption stands under its picture: all but those of the large pictures, which fill
 * the stage and have theirs over them. */
bool layout_has_caption_below(enum layout layout, enum layout_pane pane);

void layout_compute(
    enum layout layout, const struct layout_space *space, struct layout_result *ret_result);

/* The one after it, around. */
enum layout layout_next(enum layout layout);

#endif
