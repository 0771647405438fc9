/*
 * What the kernel says of this process: memory, processor time, descriptors. For statistics; reads
 * /proc and may block for a moment, so not on a packet path. Thread-safe.
 */
#ifndef DUET_COMMON_PROCESS_FIGURES_H
#define DUET_COMMON_PROCESS_FIGURES_H

#include <stdint.h>

struct process_figures {
    uint64_t resident_bytes;
    uint64_t cpu_us;
    uint64_t open_descriptors;
    uint64_t max_descriptors;
};

/* What cannot be read is 0. */
void process_figures_read(struct process_figures *ret_figures);

/* Processor time of the calling thread. */
uint64_t process_thread_cpu_us(void);

#endif
