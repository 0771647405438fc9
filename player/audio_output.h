/*
 * The loudspeaker: takes 48 kHz stereo float buffers from any thread and plays them with a volume
 * that takeover and mute set. A pipeline of its own, so that a missing or unplugged device never
 * touches what is received; it is opened anew every few seconds while it fails.
 *
 * Create, volume and free on the main thread; audio_output_push() on any thread.
 */
#ifndef DUET_PLAYER_AUDIO_OUTPUT_H
#define DUET_PLAYER_AUDIO_OUTPUT_H

#include <gst/gst.h>
#include <stdint.h>

/* What the device is asked to buffer. */
#define AUDIO_OUTPUT_BUFFER_US UINT64_C(40000)

struct audio_output;

struct audio_output *audio_output_new(void);
void audio_output_free(struct audio_output *output);

/* The buffer is borrowed; its timestamps do not matter. */
void audio_output_push(struct audio_output *output, GstBuffer *buffer);

/* 1 is as received, 0 is silent. Changes over a moment, without a click. */
void audio_output_set_volume(struct audio_output *output, double volume);

#endif
