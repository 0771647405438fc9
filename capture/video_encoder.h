/*
 * Raw pictures in, H.264 layers out, with as little delay as x264 can.
 *
 *   appsrc ─┬─ x264enc h ─ appsink
 *           └─ scale ─┬─ x264enc m ─ appsink
 *                     └─ scale ── x264enc l ─ appsink
 *
 * One thread encodes all layers, the top one first: with two cores for everything a second thread
 * would only let the small layers compete with the top one. One x264 thread per layer, since sliced
 * threads put short packets into the middle of a frame.
 *
 * Push from one thread at a time; on_encoded comes from the encoder's own thread, its buffer is
 * borrowed and carries running time as PTS. Keyframes may be asked for from any thread.
 */
#ifndef DUET_CAPTURE_VIDEO_ENCODER_H
#define DUET_CAPTURE_VIDEO_ENCODER_H

#include <gst/gst.h>
#include <stdbool.h>

#include "capture/settings.h"

struct video_encoder;

struct video_encoder_params {
    const struct capture_settings *settings; /* read at creation only */
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    unsigned layer_count;
    GstClockTime base_time; /* of all pipelines of the program */
    void (*on_encoded)(void *user, unsigned layer, GstBuffer *buffer, bool keyframe);
    void (*on_error)(void *user, const GError *error); /* main thread */
    void *user;
};

struct video_encoder *video_encoder_create(
    const struct video_encoder_params *params, GError **error);
void video_encoder_destroy(struct video_encoder *encoder); /* NULL-safe */

/* An I420 picture of the planned top size; buffer is taken. running_time: when it was taken. A
 * picture that comes while three wait is dropped. */
void video_encoder_push(
    struct video_encoder *encoder, GstBuffer *buffer, GstClockTime running_time);

/* The layer's next picture is a keyframe; asked again within 300 ms, the one after that time. */
void video_encoder_request_keyframe(struct video_encoder *encoder, unsigned layer);

/* A layer that nobody wants is not encoded; wanted again it goes on with a keyframe. All are wanted at
 * first. From the thread that pushes. */
void video_encoder_want_layer(struct video_encoder *encoder, unsigned layer, bool wanted);

/* Pictures that came too fast for the encoder. */
uint64_t video_encoder_dropped(const struct video_encoder *encoder);

#endif
