/*
 * The picture that stands in for a camera that is gone: a dark board with a sentence in both
 * languages, the camera's name and a dot that breathes. A painter for painted_source.
 */
#ifndef DUET_CAPTURE_PLACEHOLDER_H
#define DUET_CAPTURE_PLACEHOLDER_H

#include "capture/painted_source.h"

struct placeholder;

/* name: of the camera; copied. NULL without memory. */
struct placeholder *placeholder_create(unsigned width, unsigned height, const char *name);
void placeholder_destroy(struct placeholder *placeholder); /* NULL-safe */

/* placeholder: struct placeholder. */
void placeholder_paint(void *placeholder, uint64_t elapsed_us, struct picture *picture);

#endif
