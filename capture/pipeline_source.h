/*
 * Pictures or sound out of a GStreamer pipeline: a device, the screen or a media file, which is
 * played in real time and begins anew at its end.
 *
 * Created and destroyed on the main thread, where on_lost comes too, at most once. on_buffer comes
 * from a thread of the pipeline and takes the buffer.
 */
#ifndef DUET_CAPTURE_PIPELINE_SOURCE_H
#define DUET_CAPTURE_PIPELINE_SOURCE_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct pipeline_source;

struct pipeline_source_params {
    GstElement *head;        /* where media comes from; taken. May have its pad only later */
    const char *tail;        /* gst-launch text of what follows, up to the wanted caps */
    const char *description; /* for messages: "camera /dev/video0"; copied */
    const char
        *file; /* path of what is paced by its timestamps and looped, or NULL: live; copied */
    /* taken_us: clock_now_us() domain, when the picture or first sample was taken. */
    void (*on_buffer)(void *user, GstBuffer *buffer, GstCaps *caps, uint64_t taken_us);
    void (*on_lost)(void *user, const char *text);
    void *user;
};

/* NULL with error when it cannot even be built; a device that is busy or gone is lost later. */
struct pipeline_source *pipeline_source_create(
    const struct pipeline_source_params *params, GError **error);

/* Once on_lost has come: a word of media/health.h; NULL before. */
const char *pipeline_source_fault(const struct pipeline_source *source);

void pipeline_source_destroy(struct pipeline_source *source); /* NULL-safe */

#endif
