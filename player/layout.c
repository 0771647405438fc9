#include "player/layout.h"

/* Pictures are 16:9; a pane is never higher than its picture needs. */
static int height_for(int width)
{
    return width * 9 / 16;
}

static struct layout_rect centred(int x, int width, int height, int stage_height)
{
    if (height > stage_height)
        height = stage_height;
    return (struct layout_rect){x, (stage_height - height) / 2, width, height};
}

static void side_by_side(int width, int height, int gap, struct layout_result *result)
{
    int pane = (width - gap) / 2;

    result->panes[LAYOUT_PANE_TEACHER] = centred(0, pane, height_for(pane), height);
    result->panes[LAYOUT_PANE_LOCAL] = centred(width - pane, pane, height_for(pane), height);
}

/* An inset of a quarter of the width. */
static void one_large(int width, int height, int gap, enum layout_pane large,
    enum layout_pane inset, struct layout_result *result)
{
    int inset_width = width / 4;

    result->panes[large] = (struct layout_rect){0, 0, width, height};
    result->panes[inset] =
        (struct layout_rect){width - inset_width - gap, gap, inset_width, height_for(inset_width)};
    result->inset = inset;
}

static void board(int width, int height, int gap, struct layout_result *result)
{
    int side = width * 3 / 10;
    int board_width = width - side - gap;
    int pane = height_for(side);

    if (pane > (height - gap) / 2)
        pane = (height - gap) / 2;
    struct layout_rect large = centred(0, board_width, height_for(board_width), height);
    int top = (height - 2 * pane - gap) / 2;
    /* The column keeps to the board's top when that leaves it room. */
    if (large.y < top && large.y + 2 * pane + gap <= height)
        top = large.y;
    result->panes[LAYOUT_PANE_BOARD] = large;
    result->panes[LAYOUT_PANE_TEACHER] = (struct layout_rect){board_width + gap, top, side, pane};
    result->panes[LAYOUT_PANE_LOCAL] =
        (struct layout_rect){board_width + gap, top + pane + gap, side, pane};
}

void layout_compute(
    enum layout layout, int width, int height, int gap, struct layout_result *ret_result)
{
    struct layout_result result = {.inset = LAYOUT_PANE_COUNT};

    switch (layout) {
    case LAYOUT_TEACHER_LARGE:
        one_large(width, height, gap, LAYOUT_PANE_TEACHER, LAYOUT_PANE_LOCAL, &result);
        break;
    case LAYOUT_LOCAL_LARGE:
        one_large(width, height, gap, LAYOUT_PANE_LOCAL, LAYOUT_PANE_TEACHER, &result);
        break;
    case LAYOUT_BOARD:
        board(width, height, gap, &result);
        break;
    case LAYOUT_SIDE_BY_SIDE:
    default:
        side_by_side(width, height, gap, &result);
        break;
    }
    *ret_result = result;
}

enum layout layout_next(enum layout layout)
{
    return layout >= LAYOUT_BOARD ? LAYOUT_SIDE_BY_SIDE : layout + 1;
}
