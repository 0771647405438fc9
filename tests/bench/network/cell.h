/*
 * One viewer over one line in virtual time, in segments: each has a rate of its own and figures of its own,
 * so that a run tells of the steady state and of what happens when the rate changes.
 */
#ifndef DUET_TESTS_BENCH_NETWORK_CELL_H
#define DUET_TESTS_BENCH_NETWORK_CELL_H

#include "tests/support/link_model.h"

#include <jansson.h>

#define CELL_MAX_SEGMENTS 16
#define CELL_MAX_SECONDS  600 /* of a segment */

struct cell_segment {
    unsigned seconds;
    uint64_t rate_bps; /* 0 = unlimited */
};

struct cell_params {
    struct link_params line; /* but for the rate */
    struct cell_segment segments[CELL_MAX_SEGMENTS];
    size_t segment_count;
    uint64_t seed;
    bool trace; /* a line of figures per 100 ms on standard error */
};

/* New reference to an array, an object per segment; NULL without memory. */
json_t *cell_run(const struct cell_params *params);

#endif
