/*
 * Opens a microphone or the sound of a media file as a pipeline of samples. Main thread.
 */
#ifndef DUET_CAPTURE_AUDIO_INPUT_H
#define DUET_CAPTURE_AUDIO_INPUT_H

#include "capture/pipeline_source.h"
#include "capture/source_spec.h"

struct audio_input_params {
    struct source_spec spec; /* SOURCE_DEVICE (value NULL: the first) or SOURCE_FILE */
    bool suppress_noise;     /* of a microphone */
    unsigned channels;
    void (*on_buffer)(void *user, GstBuffer *buffer, GstCaps *caps, uint64_t taken_us);
    void (*on_lost)(void *user, const char *text);
    void *user;
};

/* NULL with a sentence when it is not there. */
struct pipeline_source *audio_input_open(const struct audio_input_params *params, GError **error);

/* Looks into the file; waits at most two seconds. */
bool audio_input_file_has_sound(const char *path);

/* What people call it. Free with g_free(). */
char *audio_input_label(const struct source_spec *spec);

#endif
