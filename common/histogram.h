/*
 * How durations are spread: counts per bucket with fixed upper bounds, their sum and number, as
 * Prometheus wants them. By value in its owner; adding allocates nothing. Single thread.
 */
#ifndef DUET_COMMON_HISTOGRAM_H
#define DUET_COMMON_HISTOGRAM_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_MAX_BOUNDS 16

struct histogram {
    const uint64_t *bounds_us; /* borrowed, ascending, inclusive */
    size_t bound_count;
    uint64_t counts[HISTOGRAM_MAX_BOUNDS + 1]; /* not cumulative; the last is over every bound */
    uint64_t sum_us;
    uint64_t count;
};

/* bounds_us outlives the histogram; at most HISTOGRAM_MAX_BOUNDS. */
void histogram_init(struct histogram *histogram, const uint64_t *bounds_us, size_t bound_count);
void histogram_add(struct histogram *histogram, uint64_t duration_us);

/* {"bounds_us": […], "counts": […, over the last bound], "sum_us": n, "count": n}; new reference or
 * NULL without memory. */
json_t *histogram_to_json(const struct histogram *histogram);

#endif
