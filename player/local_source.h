/*
 * The local classroom's picture: a camera (V4L2 or PipeWire), a video file played around, an image,
 * or nothing. Opens a lost camera again by itself.
 *
 * Main thread. Frames go straight into the paintable.
 */
#ifndef DUET_PLAYER_LOCAL_SOURCE_H
#define DUET_PLAYER_LOCAL_SOURCE_H

#include <gst/gst.h>
#include <gtk/gtk.h>
#include <stdbool.h>

enum local_source_state {
    LOCAL_SOURCE_NONE, /* nothing to show: no camera, or "none" was asked */
    LOCAL_SOURCE_PLAYING,
    LOCAL_SOURCE_LOST, /* it was there; opened again every few seconds */
};

struct local_source;

struct local_source_params {
    const char *what;        /* "auto", "none", "pipewire", "/dev/videoN", a video or image file */
    GdkPaintable *paintable; /* a video_paintable; borrowed, must outlive the source */
    void (*on_state)(void *user, enum local_source_state state);
    void *user;
};

/* NULL with error that names a missing file or device. on_state follows from the main loop. */
struct local_source *local_source_new(const struct local_source_params *params, GError **error);
void local_source_free(struct local_source *source);

/* The element alone that the pictures of what come from, floating, for somebody else's pipeline; NULL with error. */
GstElement *local_source_open(const char *what, GError **error);

#endif
