/*
 * One received audio stream: depayloader → Opus decoder with loss concealment and in-band FEC →
 * 48 kHz stereo floats at the time they are to be heard (the pipeline's latency after capture).
 *
 * Create and free on the main thread; on_samples runs on a streaming thread.
 */
#ifndef DUET_PLAYER_RECEIVED_AUDIO_H
#define DUET_PLAYER_RECEIVED_AUDIO_H

#include <gst/gst.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_RATE     48000
#define AUDIO_CHANNELS 2

struct received_audio;

struct received_sound {
    GstBuffer *buffer;    /* borrowed; holds samples */
    const float *samples; /* interleaved */
    size_t count;         /* of floats */
    unsigned generation;
    uint64_t gap_us; /* missing before it, concealed by nothing */
};

struct received_audio_params {
    GstBin *pipeline; /* borrowed; the bin is added to it */
    GstPad *pad;      /* RTP; linked before new returns */
    const char *codec;
    unsigned generation;
    void (*on_sound)(void *user, const struct received_sound *sound);
    void *user;
};

/* NULL with error for a codec without decoder. */
struct received_audio *received_audio_new(
    const struct received_audio_params *params, GError **error);

/* Takes the bin out of the pipeline. No callback runs afterwards. NULL-safe. */
void received_audio_free(struct received_audio *audio);

/* Sound whose packet came in no way: the decoder made it up, from the next packet's forward error
 * correction where that has one. */
uint64_t received_audio_concealed_us(const struct received_audio *audio);

unsigned received_audio_generation(const struct received_audio *audio);

#endif
