/*
 * The picture of the sample lesson: a board on which a lesson is written character by character, a
 * teacher who sings and points, and a clock whose hand moves in every frame.
 *
 * A painter for painted_source; one thread at a time.
 */
#ifndef DUET_CAPTURE_LESSON_BOARD_H
#define DUET_CAPTURE_LESSON_BOARD_H

#include "capture/painted_source.h"

struct lesson_board;

/* Even sizes. NULL without memory. */
struct lesson_board *lesson_board_create(unsigned width, unsigned height);
void lesson_board_destroy(struct lesson_board *board); /* NULL-safe */

/* The picture at that time of the lesson; time runs forward. board: struct lesson_board. */
void lesson_board_paint(void *board, uint64_t elapsed_us, struct picture *picture);

#endif
