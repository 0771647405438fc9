#include "player/layout.h"

/* Pictures are 16:9; a pane is never higher than its picture and caption need. */
static int height_for(int width, int caption)
{
    return width * 9 / 16 + caption;
}

/* In the middle of what the dock leaves, so that opening it covers nothing. */
static int top_of(const struct layout_space *space, int height)
{
    int room = space->height - space->dock;

    if (height > room)
        return height < space->height ? space->height - height : 0;
    return (room - height) / 2;
}

static void side_by_side(const struct layout_space *space, struct layout_result *result)
{
    int width = (space->width - 3 * space->gap) / 2;
    int height = height_for(width, space->caption);

    if (height > space->height)
        height = space->height;
    int top = top_of(space, height);
    result->panes[LAYOUT_PANE_TEACHER] = (struct layout_rect){space->gap, top, width, height};
    result->panes[LAYOUT_PANE_LOCAL] =
        (struct layout_rect){2 * space->gap + width, top, width, height};
}

/* An inset of a quarter of the width. */
static void one_large(const struct layout_space *space, enum layout_pane large,
    enum layout_pane inset, struct layout_result *result)
{
    int width = space->width / 4;

    result->panes[large] = (struct layout_rect){0, 0, space->width, space->height};
    result->panes[inset] = (struct layout_rect){
        space->width - width - space->gap, space->gap, width, height_for(width, space->caption)};
    result->inset = inset;
}

/* The board takes what a column of three tenths leaves; the column keeps to the board's top. */
static void board(const struct layout_space *space, struct layout_result *result)
{
    int side = space->width * 3 / 10;
    int width = space->width - side - 3 * space->gap;
    int height = height_for(width, space->caption);
    int side_height = height_for(side, space->caption);

    if (height > space->height)
        height = space->height;
    if (side_height > (space->height - space->gap) / 2)
        side_height = (space->height - space->gap) / 2;
    int column = 2 * side_height + space->gap;
    int top = top_of(space, height > column ? height : column);
    int x = width + 2 * space->gap;

    result->panes[LAYOUT_PANE_BOARD] = (struct layout_rect){space->gap, top, width, height};
    result->panes[LAYOUT_PANE_TEACHER] = (struct layout_rect){x, top, side, side_height};
    result->panes[LAYOUT_PANE_LOCAL] =
        (struct layout_rect){x, top + side_height + space->gap, side, side_height};
}

bool layout_has_caption_below(enum layout layout, enum layout_pane pane)
{
    return !(layout == LAYOUT_TEACHER_LARGE && pane == LAYOUT_PANE_TEACHER) &&
           !(layout == LAYOUT_LOCAL_LARGE && pane == LAYOUT_PANE_LOCAL);
}

void layout_compute(
    enum layout layout, const struct layout_space *space, struct layout_result *ret_result)
{
    struct layout_result result = {.inset = LAYOUT_PANE_COUNT};

    switch (layout) {
    case LAYOUT_TEACHER_LARGE:
        one_large(space, LAYOUT_PANE_TEACHER, LAYOUT_PANE_LOCAL, &result);
        break;
    case LAYOUT_LOCAL_LARGE:
        one_large(space, LAYOUT_PANE_LOCAL, LAYOUT_PANE_TEACHER, &result);
        break;
    case LAYOUT_BOARD:
        board(space, &result);
        break;
    case LAYOUT_SIDE_BY_SIDE:
    default:
        side_by_side(space, &result);
        break;
    }
    *ret_result = result;
}

enum layout layout_next(enum layout layout)
{
    return layout >= LAYOUT_BOARD ? LAYOUT_SIDE_BY_SIDE : layout + 1;
}
