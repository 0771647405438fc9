/*
 * Finds the moment at which a decoder could show its first picture: the packet that completes a picture
 * which brings SPS, PPS and an IDR slice from its start. Packets of H.264 (RFC 6184) in any order, so
 * that what was sent again counts as well; each once. Pure.
 */
#ifndef DUET_TESTS_BENCH_LOAD_FIRST_FRAME_H
#define DUET_TESTS_BENCH_LOAD_FIRST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The newest picture that may be one; all zeros is none. */
struct first_frame {
    int64_t first_index; /* the lowest that came */
    int64_t last_index;  /* of the marker; -1 = it has not come */
    int64_t count;       /* packets that came */
    uint32_t timestamp;
    bool begun;
    bool has_sps;
    bool has_pps;
    bool has_idr;
};

/* True with the packet that completes a decodable picture. */
bool first_frame_add(struct first_frame *frame, int64_t index, uint32_t timestamp, bool marker,
    const uint8_t *payload, size_t len);

#endif
