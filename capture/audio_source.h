/*
 * Where the sound comes from: a microphone (its noise taken out), a media file or the voice
 * of the sample lesson. A microphone that is gone is opened again once a second; until then there is
 * silence on the line, not a broken stream.
 *
 * Main thread; on_sound comes from threads of the source, one at a time, and takes the buffer:
 * signed 16-bit, AUDIO_RATE, interleaved.
 */
#ifndef DUET_CAPTURE_AUDIO_SOURCE_H
#define DUET_CAPTURE_AUDIO_SOURCE_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct audio_source;

struct audio_source_params {
    const char *microphone; /* as in --microphone; copied */
    const char *camera;     /* as in --camera: auto follows a sample lesson or a file; copied */
    bool sample_picture;    /* the picture is the sample lesson */
    bool suppress_noise;
    unsigned channels;
    bool patient; /* a microphone that is not there at the start is waited for, not an error */
    void (*on_sound)(void *user, GstBuffer *buffer, uint64_t taken_us);
    /* Main thread: the microphone is gone (text says which and why) or back. */
    void (*on_change)(void *user, bool present, const char *text);
    void *user;
};

/* NULL with error when the microphone or file is not there at the start. */
struct audio_source *audio_source_create(const struct audio_source_params *params, GError **error);
void audio_source_destroy(struct audio_source *source); /* NULL-safe */

/* Whether these settings give any sound at all: decides if an audio track is offered. */
bool audio_source_wanted(const char *microphone);

/* "sample voice", "microphone …", "file …", "silence"; borrowed. */
const char *audio_source_label(const struct audio_source *source);

/* How it is, in a word of media/health.h; NULL while the first sound is still awaited. */
const char *audio_source_health(const struct audio_source *source);

/* Listens from now on to how loud it is, and how loud it was at most since then, in dBFS: false when nothing came of the
 * microphone. */
void audio_source_listen(struct audio_source *source);
bool audio_source_heard(struct audio_source *source, int *ret_dbfs);

#endif
