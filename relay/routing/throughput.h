/*
 * What a viewer really received per second, by its own times of arrival: bytes in buckets of 25 ms.
 * While a queue stands before the bottleneck, packets arrive back to back, and a short window tells
 * the bottleneck's rate. Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_THROUGHPUT_H
#define DUET_RELAY_ROUTING_THROUGHPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define THROUGHPUT_BUCKETS   32
#define THROUGHPUT_BUCKET_US 25000

struct throughput {
    bool started;
    int64_t first_us;                   /* first arrival since the start */
    int64_t last_us;                    /* newest arrival */
    uint32_t bytes[THROUGHPUT_BUCKETS]; /* ring by arrival time */
};

void throughput_init(struct throughput *throughput);
void throughput_add(struct throughput *throughput, int64_t arrival_us, size_t bytes);

/* Over the last window_us (at most 750 ms) before the newest arrival; 0 = not known yet. */
uint64_t throughput_bps(const struct throughput *throughput, uint64_t window_us);

#endif
