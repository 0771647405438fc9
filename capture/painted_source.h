/*
 * Pictures that the program makes itself, one per frame period: a thread that wakes on absolute
 * deadlines, has a painter fill a buffer and hands it on. The sample lesson, image directories and
 * the placeholder are painters.
 *
 * on_frame comes from the source's thread and takes the buffer. A painter is called on that thread
 * only. A slow painter loses frames, never time.
 */
#ifndef DUET_CAPTURE_PAINTED_SOURCE_H
#define DUET_CAPTURE_PAINTED_SOURCE_H

#include <gst/gst.h>
#include <stdint.h>

struct picture {
    uint8_t *planes[3]; /* Y, U, V: I420, BT.601, video range */
    int strides[3];
    unsigned width;
    unsigned height;
};

struct painted_source;

struct painted_source_params {
    unsigned width;
    unsigned height;
    unsigned fps;
    void (*paint)(void *painter, uint64_t elapsed_us, struct picture *picture);
    void *painter; /* borrowed */
    /* taken_us: clock_now_us() when painting began. */
    void (*on_frame)(void *user, GstBuffer *buffer, uint64_t taken_us);
    void *user;
};

struct painted_source *painted_source_create(const struct painted_source_params *params);

/* Stops and joins the thread. NULL-safe. */
void painted_source_destroy(struct painted_source *source);

#endif
