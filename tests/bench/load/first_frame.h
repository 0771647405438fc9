/*
 * Finds the moment at which a decoder could show its first picture: the last packet of a picture that
 * brings SPS, PPS and an IDR slice from its start, with no number missing between. Packets of H.264
 * (RFC 6184) in the order in which they came. Pure.
 */
#ifndef DUET_TESTS_BENCH_LOAD_FIRST_FRAME_H
#define DUET_TESTS_BENCH_LOAD_FIRST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct first_frame {
    int64_t last_index;
    uint32_t timestamp;
    bool has_sps;
    bool has_pps;
    bool has_idr;
    bool whole; /* no hole since the parameter sets */
};

/* True with the packet that completes a decodable picture. */
bool first_frame_add(struct first_frame *frame, int64_t index, uint32_t timestamp, bool marker,
    const uint8_t *payload, size_t len);

#endif
