/*
 * One WHIP publisher (RFC 9725) that sends a trace in real time: each packet is stamped, encrypted and
 * sent before the next, as GStreamer and browsers do. A keyframe request makes the next picture a
 * keyframe and is noted with its time; a NACK brings the same packet again. One thread, given real-time
 * priority where that is allowed, so that viewers on the same CPU do not pull a picture apart.
 */
#ifndef DUET_TESTS_BENCH_LOAD_PUBLISHER_H
#define DUET_TESTS_BENCH_LOAD_PUBLISHER_H

#include <jansson.h>
#include <stdint.h>

struct publisher_params {
    const char *url;
    const char *token; /* NULL = none */
    uint32_t kbps;
    double seconds;
    const volatile int *stop;
};

/* Prints "ready {}" to standard output once media flows. Returns 0 and the figures, or a negative errno
 * after telling stderr why. */
int publisher_run(const struct publisher_params *params, json_t **ret_figures);

#endif
