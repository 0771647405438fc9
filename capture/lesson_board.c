#include "capture/lesson_board.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "capture/lesson_figures.h"
#include "capture/painter.h"
#include "common/clock.h"

/* Everything is laid out on 1280x720 and scaled. */
#define DESIGN_WIDTH  1280.0
#define DESIGN_HEIGHT 720.0

#define CHARACTER_US   UINT64_C(180000)
#define READING_US     (6 * US_PER_S) /* a full board stands so long before the next page */
#define LINES_PER_PAGE 6
#define BOARD_LEFT     40.0
#define BOARD_TOP      96.0
#define BOARD_WIDTH    820.0
#define BOARD_HEIGHT   560.0
#define TEXT_LEFT      (BOARD_LEFT + 44)
#define TEXT_TOP       (BOARD_TOP + 34)
#define LINE_HEIGHT    84.0

static const char *const pages[][LINES_PER_PAGE] = {
    {"一起唱  Sing together", "1 = C   4/4", "1  2  3  1 | 1  2  3  1 |",
        "do re mi do   do re mi do", "春天来了，花儿开了", "Spring is here, flowers bloom"},
    {"听一听，跟老师唱", "Listen, then sing with me", "3  4  5  – | 3  4  5  – |",
        "5  6  5  4  3  1 |", "声音要轻，气息要稳", "Softly, with a steady breath"},
    {"节拍 Rhythm", "强  弱  次强  弱", "1   2   3   4", "♩ = 72   一拍一个字", "左边教室先唱",
        "Then the other classroom"},
};
#define PAGES (sizeof pages / sizeof pages[0])

struct lesson_board {
    unsigned width;
    unsigned height;

    cairo_surface_t *page; /* owned: room, board and what is written so far */
    cairo_surface_t *work; /* owned: the page with what moves over it */
    PangoLayout *layout;   /* owned */
    struct canvas canvas;
    size_t page_index;
    unsigned written; /* characters of the page on the board */
    bool drawn;       /* the canvas holds a whole picture */
};

static unsigned page_characters(size_t page)
{
    long count = 0;
    for (unsigned i = 0; i < LINES_PER_PAGE; i++)
        count += g_utf8_strlen(pages[page][i], -1);
    return (unsigned)count;
}

/* Which page stands at a time, and how much of it is written. */
static unsigned writing_at(uint64_t elapsed_us, size_t *ret_page)
{
    uint64_t cycle_us = 0;
    for (size_t i = 0; i < PAGES; i++)
        cycle_us += page_characters(i) * CHARACTER_US + READING_US;
    uint64_t left_us = elapsed_us % cycle_us;
    for (size_t i = 0;; i++) {
        uint64_t page_us = page_characters(i) * CHARACTER_US + READING_US;
        if (left_us < page_us || i + 1 == PAGES) {
            *ret_page = i;
            return (unsigned)MIN(left_us / CHARACTER_US, page_characters(i));
        }
        left_us -= page_us;
    }
}

static cairo_t *scaled_context(struct lesson_board *board, cairo_surface_t *surface)
{
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, board->width / DESIGN_WIDTH, board->height / DESIGN_HEIGHT);
    return cr;
}

static cairo_rectangle_int_t to_pixels(
    const struct lesson_board *board, double x, double y, double width, double height)
{
    double sx = board->width / DESIGN_WIDTH, sy = board->height / DESIGN_HEIGHT;
    int left = (int)floor(x * sx), top = (int)floor(y * sy);
    return (cairo_rectangle_int_t){
        .x = left,
        .y = top,
        .width = (int)ceil((x + width) * sx) - left,
        .height = (int)ceil((y + height) * sy) - top,
    };
}

static void update(struct lesson_board *board, cairo_surface_t *surface, double x, double y,
    double width, double height)
{
    cairo_rectangle_int_t area = to_pixels(board, x, y, width, height);
    canvas_update(&board->canvas, surface, &area);
}

static void wipe(struct lesson_board *board)
{
    cairo_t *cr = scaled_context(board, board->page);
    lesson_figures_draw_room(cr, DESIGN_WIDTH, DESIGN_HEIGHT);
    lesson_figures_draw_board(cr, BOARD_LEFT, BOARD_TOP, BOARD_WIDTH, BOARD_HEIGHT);
    cairo_destroy(cr);
    update(board, board->page, 0, 0, DESIGN_WIDTH, DESIGN_HEIGHT);
    board->written = 0;
}

static void set_line(struct lesson_board *board, size_t page, unsigned line)
{
    PangoFontDescription *font = pango_font_description_from_string(
        line == 0 ? "Noto Sans CJK SC, Sans Bold" : "Noto Sans CJK SC, Sans");
    pango_font_description_set_absolute_size(font, (line == 0 ? 50 : 42) * PANGO_SCALE);
    pango_layout_set_font_description(board->layout, font);
    pango_layout_set_text(board->layout, pages[page][line], -1);
    pango_font_description_free(font);
}

/* One character in chalk: the whole line, clipped to it. */
static void write_character(struct lesson_board *board, unsigned line, long index)
{
    PangoRectangle place;
    set_line(board, board->page_index, line);
    const char *text = pages[board->page_index][line];
    int byte = (int)(g_utf8_offset_to_pointer(text, index) - text);
    pango_layout_index_to_pos(board->layout, byte, &place);
    double x = TEXT_LEFT + (double)place.x / PANGO_SCALE - 2;
    double width = (double)place.width / PANGO_SCALE + 4;
    double y = TEXT_TOP + LINE_HEIGHT * line;
    cairo_t *cr = scaled_context(board, board->page);
    cairo_rectangle(cr, x, y, width, LINE_HEIGHT);
    cairo_clip(cr);
    cairo_move_to(cr, TEXT_LEFT, y);
    lesson_figures_set_chalk(cr, line);
    pango_cairo_show_layout(cr, board->layout);
    cairo_destroy(cr);
    update(board, board->page, x, y, width, LINE_HEIGHT);
}

static void write_up_to(struct lesson_board *board, unsigned count)
{
    unsigned before = 0;
    for (unsigned line = 0; line < LINES_PER_PAGE; line++) {
        unsigned len = (unsigned)g_utf8_strlen(pages[board->page_index][line], -1);
        for (unsigned i = 0; i < len; i++)
            if (before + i >= board->written && before + i < count)
                write_character(board, line, i);
        before += len;
    }
    board->written = count;
}

/* Restores an area of the page in the work surface and has it drawn on. */
static void draw_moving(struct lesson_board *board, const struct lesson_area *area,
    void (*draw)(cairo_t *cr, const struct lesson_moment *moment),
    const struct lesson_moment *moment)
{
    cairo_rectangle_int_t pixels = to_pixels(board, area->x, area->y, area->width, area->height);
    cairo_t *cr = cairo_create(board->work);
    cairo_rectangle(cr, pixels.x, pixels.y, pixels.width, pixels.height);
    cairo_clip(cr);
    cairo_set_source_surface(cr, board->page, 0, 0);
    cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
    cairo_paint(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
    cairo_scale(cr, board->width / DESIGN_WIDTH, board->height / DESIGN_HEIGHT);
    draw(cr, moment);
    cairo_destroy(cr);
    canvas_update(&board->canvas, board->work, &pixels);
}

struct lesson_board *lesson_board_create(unsigned width, unsigned height)
{
    struct lesson_board *board = g_new0(struct lesson_board, 1);
    board->width = width;
    board->height = height;
    board->page = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    board->work = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    board->layout = pango_layout_new(context);
    g_object_unref(context);
    if (canvas_init(&board->canvas, width, height) != 0 ||
        cairo_surface_status(board->work) != CAIRO_STATUS_SUCCESS) {
        lesson_board_destroy(board);
        return NULL;
    }
    return board;
}

void lesson_board_destroy(struct lesson_board *board)
{
    if (!board)
        return;
    g_clear_object(&board->layout);
    cairo_surface_destroy(board->page);
    cairo_surface_destroy(board->work);
    canvas_finish(&board->canvas);
    g_free(board);
}

void lesson_board_paint(void *painter, uint64_t elapsed_us, struct picture *picture)
{
    struct lesson_board *board = painter;
    size_t page = 0;
    unsigned count = writing_at(elapsed_us, &page);
    if (!board->drawn || page != board->page_index || count < board->written) {
        board->page_index = page;
        wipe(board);
        board->drawn = true;
    }
    write_up_to(board, count);
    struct lesson_moment moment = {
        .elapsed_us = elapsed_us,
        .wall_us = clock_wall_us(),
        .chalk_y = TEXT_TOP + LINE_HEIGHT * (count % LINES_PER_PAGE),
    };
    draw_moving(board, &lesson_teacher_area, lesson_figures_draw_teacher, &moment);
    draw_moving(board, &lesson_clock_area, lesson_figures_draw_clock, &moment);
    canvas_copy(&board->canvas, picture);
}
