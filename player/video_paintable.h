/*
 * A GdkPaintable that shows the newest of the decoded frames given to it.
 *
 * video_paintable_push() runs on any thread: it converts to the screen's format there and leaves the
 * texture for the main thread, which draws the newest only. All else on the main thread.
 */
#ifndef DUET_PLAYER_VIDEO_PAINTABLE_H
#define DUET_PLAYER_VIDEO_PAINTABLE_H

#include <gst/video/video.h>
#include <gtk/gtk.h>
#include <stdbool.h>

GType video_paintable_get_type(void);

GdkPaintable *video_paintable_new(void);

/* Any thread; one at a time. The buffer is borrowed for the call. */
void video_paintable_push(GdkPaintable *paintable, const GstVideoInfo *info, GstBuffer *buffer);

/* Shows a still instead, e.g. an image; borrowed. */
void video_paintable_set_texture(GdkPaintable *paintable, GdkTexture *texture);

/* Shows nothing, and no frame that was pushed before. */
void video_paintable_clear(GdkPaintable *paintable);

/* While frozen, pushed frames are not shown. */
void video_paintable_set_frozen(GdkPaintable *paintable, bool frozen);

/* Whether there is anything to show. */
bool video_paintable_has_picture(GdkPaintable *paintable);

#endif
