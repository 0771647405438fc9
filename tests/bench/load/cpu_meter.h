/*
 * What one process costs, the kernel's packet work included. On loopback the sender's CPU carries a
 * packet to the receiver's socket in softirq, right inside the send call. Kernels without
 * CONFIG_IRQ_TIME_ACCOUNTING charge that to the sending thread, but for what they hand to ksoftirqd
 * when it becomes too much; others charge it to the CPU only. Which kind it is is found out by trying.
 *
 *   process clock (ns, all threads) + ksoftirqd of its CPUs                         included
 *   process clock + ksoftirqd + softirq and irq ticks of its CPUs in /proc/stat     excluded
 *
 * The same for relay and limit. /proc/stat's busy time of the CPUs is there to check against.
 */
#ifndef DUET_TESTS_BENCH_LOAD_CPU_METER_H
#define DUET_TESTS_BENCH_LOAD_CPU_METER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define CPU_METER_MAX_CPUS 64

struct cpu_sample {
    uint64_t process_ns;
    uint64_t softirqd_ns;
    uint64_t waited_ns;  /* the process was ready, but its CPU busy with others */
    uint64_t softirq_ns; /* of the CPUs, in ticks of 10 ms */
    uint64_t busy_ns;    /* the same */
    uint64_t steal_ns;   /* the same */
};

struct cpu_meter {
    clockid_t process;
    clockid_t softirqd[CPU_METER_MAX_CPUS];
    size_t softirqd_count;
    uint64_t cpus; /* mask */
    pid_t pid;
    bool softirq_included;
};

/* pid must live; cpus are those it is pinned to. Takes 0.1 s of CPU to find the kernel's way out.
 * Returns 0, -ESRCH or -EINVAL. */
int cpu_meter_init(struct cpu_meter *meter, pid_t pid, uint64_t cpus);

/* Returns 0 or -ESRCH when the process is gone. */
int cpu_meter_read(const struct cpu_meter *meter, struct cpu_sample *ret_sample);

/* CPU time between two samples. */
uint64_t cpu_meter_cost_ns(
    const struct cpu_meter *meter, const struct cpu_sample *from, const struct cpu_sample *to);

/* All of it as an object, per packet where packets > 0. */
json_t *cpu_meter_json(const struct cpu_meter *meter, const struct cpu_sample *from,
    const struct cpu_sample *to, uint64_t packets);

/* Pins this thread; "0" or "1,2". Returns 0 or -EINVAL. */
int cpu_pin(uint64_t cpus);
int cpu_parse_list(const char *text, uint64_t *ret_cpus);

#endif
