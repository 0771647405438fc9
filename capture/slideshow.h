/*
 * A directory of images (or one image) as a picture that changes every few seconds, in order of
 * name, over and over. A painter for painted_source.
 */
#ifndef DUET_CAPTURE_SLIDESHOW_H
#define DUET_CAPTURE_SLIDESHOW_H

#include <glib.h>
#include <stdbool.h>

#include "capture/painted_source.h"

struct slideshow;

/* Whether path is a directory or an image by its name. */
bool slideshow_wants(const char *path);

/* Decodes the first image at once. NULL with a sentence when there is none that can be decoded. */
struct slideshow *slideshow_create(
    const char *path, unsigned width, unsigned height, unsigned image_s, GError **error);
void slideshow_destroy(struct slideshow *slideshow); /* NULL-safe */

/* slideshow: struct slideshow. Decodes the next image when it is due; one that cannot be decoded is
 * passed over. */
void slideshow_paint(void *slideshow, uint64_t elapsed_us, struct picture *picture);

#endif
