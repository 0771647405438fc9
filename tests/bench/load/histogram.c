#include "tests/bench/load/histogram.h"

#include <math.h>

#define EXACT (2 * HISTOGRAM_STEPS)

static size_t class_of(uint64_t value)
{
    unsigned shift;

    if (value < EXACT)
        return (size_t)value;
    /* The highest set bit moves to that of HISTOGRAM_STEPS; the bits under it are the step. */
    shift = 57 - (unsigned)__builtin_clzll(value);
    return (size_t)(shift + 1) * HISTOGRAM_STEPS + (size_t)((value >> shift) - HISTOGRAM_STEPS);
}

/* The middle of a class. */
static uint64_t value_of(size_t class)
{
    unsigned shift;

    if (class < EXACT)
        return class;
    shift = (unsigned)(class / HISTOGRAM_STEPS) - 1;
    return ((uint64_t)(class % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift) +
           ((UINT64_C(1) << shift) >> 1);
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->counts[class_of(value)]++;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    for (size_t i = 0; i < HISTOGRAM_CLASSES; i++)
        into->counts[i] += from->counts[i];
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->count += from->count;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->count);
    uint64_t seen = 0, value;

    if (histogram->count == 0)
        return 0;
    for (size_t i = 0; i < HISTOGRAM_CLASSES; i++) {
        seen += histogram->counts[i];
        if (seen == 0 || seen < wanted)
            continue;
        value = value_of(i);
        if (value < histogram->min)
            return histogram->min;
        return value < histogram->max ? value : histogram->max;
    }
    return histogram->max;
}

json_t *histogram_json(const struct histogram *histogram, double unit)
{
    if (histogram->count == 0)
        return json_null();
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "count", (json_int_t)histogram->count, "min",
        (double)histogram->min / unit, "p50", (double)histogram_percentile(histogram, 0.50) / unit,
        "p95", (double)histogram_percentile(histogram, 0.95) / unit, "p99",
        (double)histogram_percentile(histogram, 0.99) / unit, "max", (double)histogram->max / unit);
}
