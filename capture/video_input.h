/*
 * Opens a camera, the screen or a video file as a pipeline of raw I420 pictures of one size. Main
 * thread.
 */
#ifndef DUET_CAPTURE_VIDEO_INPUT_H
#define DUET_CAPTURE_VIDEO_INPUT_H

#include "capture/pipeline_source.h"
#include "capture/source_spec.h"

struct video_input_params {
    struct source_spec spec; /* SOURCE_DEVICE (value NULL: the first), SOURCE_SCREEN, SOURCE_FILE */
    unsigned width;
    unsigned height;
    unsigned fps;
    void (*on_buffer)(void *user, GstBuffer *buffer, GstCaps *caps, uint64_t taken_us);
    void (*on_lost)(void *user, const char *text);
    void *user;
};

/* NULL with a sentence when it is not there. */
struct pipeline_source *video_input_open(const struct video_input_params *params, GError **error);

/* What people call it: "camera /dev/video0", "screen", "file lesson.mkv", "sample lesson". Free with
 * g_free(). */
char *video_input_label(const struct source_spec *spec);

#endif
