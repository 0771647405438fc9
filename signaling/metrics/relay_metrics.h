/*
 * What relays answered to stats.get (docs/protocol-relay-link.md) as metrics. Anything may be missing in
 * an answer or have a wrong type: then that figure is left out. Pure; fuzzed.
 */
#ifndef DUET_SIGNALING_METRICS_RELAY_METRICS_H
#define DUET_SIGNALING_METRICS_RELAY_METRICS_H

#include "signaling/http/text.h"

#include <jansson.h>

/* An answer with more is cut: each lesson is some thirty series. */
#define RELAY_METRICS_MAX_WORKERS 256
#define RELAY_METRICS_MAX_LESSONS 512 /* of one worker */

struct relay_answer {
    const char *relay;
    const json_t *stats; /* borrowed; NULL when it did not answer */
};

void relay_metrics_write(struct text *out, const struct relay_answer *answers, size_t count);

#endif
