/*
 * A small still picture of a camera for somebody who looks at a box from afar. Any thread; takes some ten milliseconds.
 */
#ifndef DUET_MEDIA_STILL_H
#define DUET_MEDIA_STILL_H

#include <gst/gst.h>

#define STILL_MAX_BYTES (64 * 1024)

/* JPEG of at most 480 by 270 of an I420 picture of that size (its shape is kept); NULL when it cannot be made, or not so
 * small. */
GBytes *still_encode(GstBuffer *picture, unsigned width, unsigned height);

#endif
