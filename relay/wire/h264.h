/*
 * What an H.264 RTP payload holds, as far as forwarding must know (RFC 6184 section 5).
 *
 *   |F|NRI|  type   |   1–23 one NAL unit, 24 STAP-A (16-bit sizes), 28 FU-A (|S|E|R| type |)
 *
 * Finds keyframes without decoding. STAP-B, MTAP and FU-B (25–27, 29) belong to interleaved mode,
 * which nobody negotiates with us and which has broken a depayloader before: they are forbidden and
 * the caller drops the packet. Hot path on every video packet of a publisher: no allocation. Pure.
 */
#ifndef DUET_RELAY_WIRE_H264_H
#define DUET_RELAY_WIRE_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum h264_nal_type {
    H264_NAL_SLICE = 1,
    H264_NAL_IDR = 5,
    H264_NAL_SEI = 6,
    H264_NAL_SPS = 7,
    H264_NAL_PPS = 8,
    H264_NAL_AUD = 9,
    H264_NAL_STAP_A = 24,
    H264_NAL_STAP_B = 25,
    H264_NAL_MTAP16 = 26,
    H264_NAL_MTAP24 = 27,
    H264_NAL_FU_A = 28,
    H264_NAL_FU_B = 29,
};

struct h264_scan {
    bool has_sps;
    bool has_pps;
    bool has_idr;       /* any part of an IDR slice, later fragments included */
    bool has_idr_start; /* the first byte of an IDR slice that is the picture's first */
    bool has_slice;     /* any part of a slice, IDR or not */
    bool forbidden; /* types 0, 25–27, 29–31, in an aggregate too, or a broken aggregate: drop */
};

/* Returns 0, or -EBADMSG (and ret_scan->forbidden set) for a payload that must not be forwarded.
 * Here ret_scan is written in both cases. An empty payload (padding only) holds nothing and is 0. */
int h264_payload_scan(const uint8_t *payload, size_t len, struct h264_scan *ret_scan);

/*
 * True when a keyframe begins with this packet, unless an earlier packet of the same RTP timestamp
 * gave true already: SPS, PPS and IDR may come in one STAP-A or in packets of their own, and then the
 * SPS is what a decoder must be given first. So the caller remembers the timestamp:
 *
 *   if (h264_starts_keyframe(&scan) && timestamp != keyframe_timestamp)
 *       keyframe_timestamp = timestamp, …
 *
 * Parameter sets alone (an SPS whose timestamp brings no IDR) give true as well; who must be sure
 * waits for has_idr at the same timestamp.
 */
static inline bool h264_starts_keyframe(const struct h264_scan *scan)
{
    return !scan->forbidden && (scan->has_sps || scan->has_idr_start);
}

/* The NAL units of one payload: one, those of a STAP-A, or the one that a FU-A carries a part of. */
struct h264_nal {
    uint8_t type;        /* 1–23 */
    bool start;          /* false for the later fragments of a FU-A */
    const uint8_t *data; /* behind the NAL header, or behind the FU header */
    size_t bytes;
};

struct h264_nal_iterator {
    const uint8_t *next;
    const uint8_t *end;
    bool aggregate;
    bool failed; /* forbidden type or broken aggregate */
};

void h264_nal_iterator_init(struct h264_nal_iterator *iterator, const uint8_t *payload, size_t len);
bool h264_nal_iterator_next(struct h264_nal_iterator *iterator, struct h264_nal *ret_nal);

#endif
