/*
 * What is drawn in the sample lesson: the room, the board, the teacher and the clock, with cairo, on a
 * page of 1280x720. Pure; any thread.
 */
#ifndef DUET_CAPTURE_LESSON_FIGURES_H
#define DUET_CAPTURE_LESSON_FIGURES_H

#include <cairo.h>
#include <stdint.h>

struct lesson_area {
    double x, y, width, height;
};

struct lesson_moment {
    uint64_t elapsed_us; /* of the lesson */
    uint64_t wall_us;    /* since 1970 */
    double chalk_y;      /* where the teacher points */
};

/* Where the moving figures stay. */
extern const struct lesson_area lesson_teacher_area;
extern const struct lesson_area lesson_clock_area;

void lesson_figures_draw_room(cairo_t *cr, double width, double height);
void lesson_figures_draw_board(cairo_t *cr, double x, double y, double width, double height);
void lesson_figures_set_chalk(cairo_t *cr, unsigned line);
void lesson_figures_draw_teacher(cairo_t *cr, const struct lesson_moment *moment);
void lesson_figures_draw_clock(cairo_t *cr, const struct lesson_moment *moment);

#endif
