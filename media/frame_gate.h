/*
 * A GStreamer element that lets through only whole, decodable video frames, as RTP packets: the
 * picture gate (media/picture_gate.h) at work between jitter buffer and depayloader. Packets of frames that
 * are no keyframe are flagged DELTA_UNIT.
 *
 * While a keyframe is missing it asks upstream for one, at once after a loss and then every half
 * second (GstForceKeyUnit, which webrtcbin turns into a PLI). Runs on the streaming thread of its sink
 * pad; frame_gate_close() and the figures may be used from any thread.
 */
#ifndef DUET_MEDIA_FRAME_GATE_H
#define DUET_MEDIA_FRAME_GATE_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

struct frame_gate_stats {
    uint64_t gaps;           /* holes that retransmission did not fill */
    uint64_t frames_dropped; /* begun and not released */
    uint64_t frames_released;
    uint64_t keyframes_requested;
    bool awaits_keyframe;
};

GType frame_gate_get_type(void);

/* A floating element with pads "sink" and "src"; the codec is read from the caps it gets. */
GstElement *frame_gate_new(const char *name);

/* The decoder lost its references: hold everything back until a keyframe, and ask for one now. */
void frame_gate_close(GstElement *gate);

void frame_gate_read_stats(GstElement *gate, struct frame_gate_stats *ret_stats);

#endif
