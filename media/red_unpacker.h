/*
 * Redundant audio (RFC 2198) in, Opus packets out: the packet's own frame, and before it those of
 * earlier packets that never came. It stands right before the jitter buffer, which then sees plain
 * Opus with fewer holes; behind the RTP session, whose reports must tell of the loss on the line.
 *
 *   rtpsession ─ rtpssrcdemux ─ red_unpacker_push ─ rtpjitterbuffer
 *
 * One SSRC, one streaming thread.
 */
#ifndef DUET_MEDIA_RED_UNPACKER_H
#define DUET_MEDIA_RED_UNPACKER_H

#include <gst/gst.h>
#include <stdbool.h>
#include <stdint.h>

#define RED_UNPACKER_MAX_OUT 11 /* RED_MAX_REDUNDANT and the packet itself */

struct red_unpacker {
    bool started;
    uint16_t highest; /* sequence number of the newest packet */
    uint32_t timestamp;
    _Atomic uint64_t filled; /* any thread may read: packets that only redundancy brought */
};

/*
 * Looks at a packet, which stays the caller's. Returns how many packets in ret_packets (references for
 * the caller) take its place, in order; 0: it goes on as it is. redundant payload types are
 * payload_type only; one that is malformed is replaced by nothing and *ret_drop is set.
 */
unsigned red_unpacker_push(struct red_unpacker *unpacker, GstBuffer *packet, uint8_t payload_type,
    GstBuffer *ret_packets[RED_UNPACKER_MAX_OUT], bool *ret_drop);

#endif
