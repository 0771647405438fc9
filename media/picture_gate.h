/*
 * Decides which received video packets may reach the decoder, so that no broken picture is shown.
 *
 * Stands behind the jitter buffer. Packets of a frame are held until the frame is whole; a frame with
 * a hole is thrown away, and so is everything after it until a keyframe is whole, since what refers to
 * a missing picture decodes to rubbish. A keyframe whose parameter sets may be among what was lost does
 * not count. The caller holds the packets (this module sees headers only)
 * and does what the returned actions say, in the order of their declaration. H.264 (RFC 6184 single
 * NAL units, STAP-A, FU-A) and VP8 (RFC 7741); other codecs pass as they come. Pure; one thread.
 */
#ifndef DUET_MEDIA_PICTURE_GATE_H
#define DUET_MEDIA_PICTURE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum picture_codec {
    PICTURE_CODEC_OTHER,
    PICTURE_CODEC_H264,
    PICTURE_CODEC_VP8,
};

enum picture_action {
    PICTURE_DISCARD_HELD = 1 << 0, /* what is held will never be whole */
    PICTURE_RELEASE_HELD = 1 << 1, /* what is held is a whole frame */
    PICTURE_HOLD = 1 << 2,         /* keep this packet; without it, drop it */
    PICTURE_RELEASE_ALL = 1 << 3,  /* with this packet the frame is whole */
};

struct picture_packet {
    uint16_t sequence;
    uint32_t timestamp_rtp;
    bool marker;
    const uint8_t *payload; /* borrowed */
    size_t payload_len;
};

struct picture_gate {
    enum picture_codec codec;
    bool has_sequence;
    uint16_t sequence; /* of the newest packet */
    bool in_frame;     /* packets of frame_timestamp_rtp are held */
    uint32_t frame_timestamp_rtp;
    bool frame_is_key;
    bool has_markers; /* the sender sets them */
    bool in_fragment; /* the newest packet with payload is part of a NAL unit, and not its end */
    bool
        held_is_key; /* of the frame of PICTURE_RELEASE_HELD; that of RELEASE_ALL is frame_is_key */
    bool awaits_keyframe;
    bool hole;               /* since the last packet with payload */
    uint32_t newest_rtp;     /* timestamp of that packet */
    bool whole_so_far;       /* nothing is missing of its frame up to it */
    uint64_t gaps;           /* holes that retransmission did not fill */
    uint64_t frames_dropped; /* frames begun and not released; packets without a start count none */
};

/* Waits for a keyframe from the start. */
void picture_gate_init(struct picture_gate *gate, enum picture_codec codec);

/* Returns an OR of enum picture_action. */
unsigned picture_gate_push(struct picture_gate *gate, const struct picture_packet *packet);

/* A keyframe is needed, and none is coming in: one is to be asked for. */
bool picture_gate_lacks_keyframe(const struct picture_gate *gate);

/* The decoder lost its references: drop until a whole keyframe. What is held is to be discarded. */
void picture_gate_close(struct picture_gate *gate);

#endif
