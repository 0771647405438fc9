/*
 * Where the picture comes from, and what to do when it stops: opens what --camera asks for, shows
 * the placeholder when no picture came for 0.7 s, and tries once a second to open the camera again.
 *
 * Main thread; on_frame comes from any of several threads, one at a time, and takes the buffer (I420,
 * the size asked for).
 */
#ifndef DUET_CAPTURE_VIDEO_SOURCE_H
#define DUET_CAPTURE_VIDEO_SOURCE_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct video_source;

struct video_source_params {
    const char *camera; /* as in --camera; copied */
    unsigned width;
    unsigned height;
    unsigned fps;
    unsigned image_s; /* how long each image of a directory stands */
    bool patient;     /* one that is not there at the start is waited for, not an error */
    void (*on_frame)(void *user, GstBuffer *buffer, uint64_t taken_us);
    /* Main thread: the camera is gone (text says which and why) or back. */
    void (*on_change)(void *user, bool present, const char *text);
    void *user;
};

/* NULL with error when the camera or file is not there at the start. */
struct video_source *video_source_create(const struct video_source_params *params, GError **error);
void video_source_destroy(struct video_source *source); /* NULL-safe */

/* "sample lesson", "camera /dev/video0", "file lesson.mkv"; borrowed. */
const char *video_source_label(const struct video_source *source);

/* Whether the picture is the sample lesson. */
bool video_source_is_sample(const struct video_source *source);

/* Whether the camera itself (not the placeholder) gives pictures. */
bool video_source_is_present(const struct video_source *source);

/* How it is, in a word of media/health.h; NULL while the first picture is still awaited. A sample lesson that stands in for a
 * camera which was looked for is HEALTH_MISSING. */
const char *video_source_health(const struct video_source *source);

/* The next picture of the camera itself is kept for video_source_take_picture(), which gives it (the caller's; I420, the size
 * asked for; not to be written to), or NULL while none has come. */
void video_source_want_picture(struct video_source *source);
GstBuffer *video_source_take_picture(struct video_source *source);

#endif
