/*
 * One of webrtcbin's jitter buffers, as long as its line needs it: redundant audio is unpacked before it,
 * what it loses and how late holes are filled decides its latency (adaptive_latency.h).
 *
 *   rtpssrcdemux ─ (our probe: red_unpacker.h, hole_meter.h) ─ rtpjitterbuffer
 *
 * The owner calls from one thread at a time; packets come on the buffer's streaming thread.
 */
#ifndef DUET_MEDIA_JITTER_BUFFER_H
#define DUET_MEDIA_JITTER_BUFFER_H

#include "media/adaptive_latency.h"
#include "media/hole_meter.h"
#include "media/red_unpacker.h"

struct jitter_buffer {
    GstElement *element; /* owned */
    guint ssrc;
    uint8_t red_payload_type;
    bool known; /* its kind was found and its latency is ours to set */
    bool is_video;
    uint32_t patience_ms; /* fixed latency; 0: it adapts */
    struct adaptive_latency latency;
    struct red_unpacker unpacker; /* streaming thread of the buffer's sink */
    GMutex lock;                  /* guards holes */
    struct hole_meter holes;
    uint64_t late, lost, recovered; /* counters at the last adaption */
};

/* From webrtcbin's signal, before any packet; red_payload_type: of redundant audio. */
struct jitter_buffer *jitter_buffer_new(
    GstElement *element, guint ssrc, uint8_t red_payload_type, uint32_t latency_ms);
/* The element outlives it only if no packet can come any more. */
void jitter_buffer_free(struct jitter_buffer *buffer);

/* What it buffers is known now. patience_ms: it waits so long and does not adapt, 0: it does. */
void jitter_buffer_set_kind(
    struct jitter_buffer *buffer, bool is_video, uint32_t patience_ms, uint64_t now_us);

/* How long holes were open that have been filled since the last call, 0 when none was. */
uint32_t jitter_buffer_take_late_ms(struct jitter_buffer *buffer);

/* What it waits at most. */
uint32_t jitter_buffer_ms(const struct jitter_buffer *buffer);

/* A few times a second. picture_late_ms: as for adaptive_latency_update(). */
void jitter_buffer_adapt(struct jitter_buffer *buffer, uint32_t picture_late_ms, uint64_t now_us);

#endif
