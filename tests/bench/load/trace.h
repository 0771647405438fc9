/*
 * The lesson that every run sends, decided by its parameters alone: 30 pictures a second whose sizes
 * vary as an encoder's do, a keyframe of five times a picture's size every 2 s, an Opus-like packet
 * every 20 ms. The publisher sends it to the relay and the limit to its receivers, so both face the
 * same bursts and the same lone packets.
 *
 *   trace_next → unit (one picture or one piece of sound) → trace_packet_bytes(unit, 0 … packet_count)
 *
 * Video is packed as RFC 6184 says: parameter sets in a STAP-A, pictures in FU-A units, all of the
 * largest size but the last. Packets but STAP-A carry a stamp of when they were sent. Pure; no clock.
 */
#ifndef DUET_TESTS_BENCH_LOAD_TRACE_H
#define DUET_TESTS_BENCH_LOAD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_FRAMES_PER_S      30
#define TRACE_KEYFRAME_FRAMES   60
#define TRACE_KEYFRAME_WEIGHT   5 /* a keyframe's size in pictures */
#define TRACE_AUDIO_US          20000
#define TRACE_AUDIO_BYTES       92   /* payload: 120 bytes with RTP header and a GCM tag */
#define TRACE_MAX_PAYLOAD_BYTES 1170 /* with header, extensions and tag under 1,220 */
#define TRACE_MAX_KBPS          50000
#define TRACE_MIN_KBPS          100
#define TRACE_STAMP_OFFSET      3 /* behind FU indicator, FU header and one byte of slice header */
#define TRACE_STAMP_BYTES       12

struct trace {
    uint32_t picture_bytes; /* mean */
    uint32_t random;
    uint64_t next_frame;
    uint64_t next_audio;
    uint32_t frames_since_keyframe;
    bool keyframe_wanted;
};

struct trace_unit {
    uint64_t at_us; /* since the start */
    uint64_t index; /* of the picture, or of the piece of sound */
    bool video;
    bool keyframe;
    size_t payload_bytes; /* of all packets but the STAP-A */
    size_t packet_count;
};

/* kbps: of the video payload, within TRACE_MIN_KBPS and TRACE_MAX_KBPS. */
void trace_init(struct trace *trace, uint32_t kbps);

/* The next picture becomes a keyframe, as an encoder answers a keyframe request. */
void trace_request_keyframe(struct trace *trace);

void trace_next(struct trace *trace, struct trace_unit *ret_unit);

/* RTP timestamp of a unit: 90 kHz video, 48 kHz audio. */
uint32_t trace_timestamp_rtp(const struct trace_unit *unit);

size_t trace_packet_bytes(const struct trace_unit *unit, size_t packet);

/* Writes the payload, trace_packet_bytes() long. */
void trace_write_payload(
    const struct trace_unit *unit, size_t packet, uint64_t now_ns, uint8_t *ret_payload);

/* When a payload was sent; false when it bears no stamp. */
bool trace_read_stamp(const uint8_t *payload, size_t len, uint64_t *ret_sent_ns);

#endif
