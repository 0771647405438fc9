/*
 * Sound that the program makes itself, 10 ms at a time in real time: the voice of the sample lesson,
 * or silence. A thread of its own calls on_sound, which takes the buffer.
 */
#ifndef DUET_CAPTURE_SPOKEN_SOURCE_H
#define DUET_CAPTURE_SPOKEN_SOURCE_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct spoken_source;

struct spoken_source *spoken_source_create(unsigned channels, bool voice,
    void (*on_sound)(void *user, GstBuffer *buffer, uint64_t taken_us), void *user);

/* Stops and joins the thread. NULL-safe. */
void spoken_source_destroy(struct spoken_source *source);

#endif
