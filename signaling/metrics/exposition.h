/*
 * Prometheus' text format 0.0.4: families with HELP and TYPE, samples with escaped labels. The caller
 * writes all samples of a family behind its head, as the format asks. Pure.
 */
#ifndef DUET_SIGNALING_METRICS_EXPOSITION_H
#define DUET_SIGNALING_METRICS_EXPOSITION_H

#include "signaling/http/text.h"

#include <stdint.h>

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_type {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_SUMMARY,
};

struct exposition_label {
    const char *name;
    const char *value; /* UTF-8, anything in it */
};

/* help: one line. */
void exposition_family(
    struct text *out, const char *name, enum exposition_type type, const char *help);

/* suffix ("" or "_bucket", "_sum", "_count") is appended to the name. */
void exposition_sample(struct text *out, const char *name, const char *suffix,
    const struct exposition_label *labels, size_t label_count, double value);

#endif
