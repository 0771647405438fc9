#include "common/histogram.h"

#include <assert.h>
#include <string.h>

void histogram_init(struct histogram *histogram, const uint64_t *bounds_us, size_t bound_count)
{
    assert(bound_count <= HISTOGRAM_MAX_BOUNDS);
    memset(histogram, 0, sizeof(*histogram));
    histogram->bounds_us = bounds_us;
    histogram->bound_count = bound_count;
}

void histogram_add(struct histogram *histogram, uint64_t duration_us)
{
    size_t bucket = 0;

    while (bucket < histogram->bound_count && duration_us > histogram->bounds_us[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += duration_us;
    histogram->count++;
}

json_t *histogram_to_json(const struct histogram *histogram)
{
    json_t *bounds = json_array();
    json_t *counts = json_array();

    for (size_t i = 0; i < histogram->bound_count; i++)
        json_array_append_new(bounds, json_integer((json_int_t)histogram->bounds_us[i]));
    for (size_t i = 0; i <= histogram->bound_count; i++)
        json_array_append_new(counts, json_integer((json_int_t)histogram->counts[i]));
    return json_pack("{s:o, s:o, s:I, s:I}", "bounds_us", bounds, "counts", counts, "sum_us",
        (json_int_t)histogram->sum_us, "count", (json_int_t)histogram->count);
}
