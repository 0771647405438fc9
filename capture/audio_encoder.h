/*
 * Raw sound in, Opus out: 48 kHz, frames of 20 ms, with in-band forward error correction.
 *
 * Push from one thread at a time; on_encoded comes from the encoder's own thread, its buffer is
 * borrowed and carries running time as PTS.
 */
#ifndef DUET_CAPTURE_AUDIO_ENCODER_H
#define DUET_CAPTURE_AUDIO_ENCODER_H

#include <gst/gst.h>

#define AUDIO_RATE 48000

struct audio_encoder;

struct audio_encoder_params {
    unsigned channels;
    unsigned bitrate_bps;
    GstClockTime base_time;
    void (*on_encoded)(void *user, GstBuffer *buffer);
    void (*on_error)(void *user, const GError *error); /* main thread */
    void *user;
};

struct audio_encoder *audio_encoder_create(
    const struct audio_encoder_params *params, GError **error);
/* Prepares for that much loss with in-band forward error correction; 0 at first. Any thread. */
void audio_encoder_expect_loss(struct audio_encoder *encoder, unsigned percent);
void audio_encoder_destroy(struct audio_encoder *encoder); /* NULL-safe */

/* Interleaved signed 16-bit samples at AUDIO_RATE; buffer is taken. running_time: of the first. */
void audio_encoder_push(
    struct audio_encoder *encoder, GstBuffer *buffer, GstClockTime running_time);

#endif
