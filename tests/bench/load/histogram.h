/*
 * Durations counted in classes whose width is under 1% of their value, so that millions of packets
 * cost a fixed 30 KiB and percentiles need no sorting. Exact up to 127. Pure; one thread.
 */
#ifndef DUET_TESTS_BENCH_LOAD_HISTOGRAM_H
#define DUET_TESTS_BENCH_LOAD_HISTOGRAM_H

#include <jansson.h>
#include <stdint.h>

#define HISTOGRAM_STEPS   64 /* classes per doubling */
#define HISTOGRAM_CLASSES (HISTOGRAM_STEPS * 60)

/* All zeros is an empty one. */
struct histogram {
    uint64_t counts[HISTOGRAM_CLASSES];
    uint64_t count;
    uint64_t min;
    uint64_t max;
};

void histogram_add(struct histogram *histogram, uint64_t value);
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest value that at least that share of all values do not exceed, to 1%; share 0–1. 0 when
 * empty. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

/* {"count", "min", "p50", "p95", "p99", "max"}, the figures divided by unit; null when empty. */
json_t *histogram_json(const struct histogram *histogram, double unit);

#endif
