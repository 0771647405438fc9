#define _GNU_SOURCE
#include "tests/bench/load/cpu_meter.h"

#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_S       UINT64_C(1000000000)
#define CALIBRATION_NS (NS_PER_S / 10)
/* Sends spend far more than this share of their time in softirq. */
#define EXCLUDED_SHARE 0.12

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;

    return clock_gettime(id, &now) == 0 ? (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec
                                        : 0;
}

/* ---- which CPUs ---- */

int cpu_parse_list(const char *text, uint64_t *ret_cpus)
{
    uint64_t cpus = 0;

    for (const char *at = text;;) {
        char *end;
        unsigned long cpu = strtoul(at, &end, 10);

        if (end == at || cpu >= CPU_METER_MAX_CPUS || (*end != ',' && *end != '\0'))
            return -EINVAL;
        cpus |= UINT64_C(1) << cpu;
        if (*end == '\0')
            break;
        at = end + 1;
    }
    *ret_cpus = cpus;
    return 0;
}

int cpu_pin(uint64_t cpus)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int i = 0; i < CPU_METER_MAX_CPUS; i++) {
        if (cpus >> i & 1)
            CPU_SET(i, &set);
    }
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : -EINVAL;
}

/* ---- where softirq goes ---- */

/* How long a thread was ready but did not run: the second field of its schedstat. */
static uint64_t waited_ns(const char *path)
{
    unsigned long long run, waited = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu %llu", &run, &waited) != 2)
        waited = 0;
    fclose(file);
    return waited;
}

/* Sends to itself without pause: what then is missing between wall time and CPU time is softirq. */
static bool softirq_is_included(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint8_t data[1200] = {0};
    uint64_t start, wall, cpu, waited;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    start = clock_ns(CLOCK_MONOTONIC);
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    waited = waited_ns("/proc/thread-self/schedstat");
    do {
        for (int i = 0; i < 32; i++)
            sendto(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&address, len);
        wall = clock_ns(CLOCK_MONOTONIC) - start;
    } while (wall < CALIBRATION_NS);
    cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    waited = waited_ns("/proc/thread-self/schedstat") - waited;
    close(fd);
    return (double)cpu + (double)waited > (double)wall * (1.0 - EXCLUDED_SHARE);
}

/* ---- kernel threads ---- */

static bool is_softirqd(const char *path, uint64_t cpus)
{
    FILE *file = fopen(path, "re");
    char name[32] = "";
    unsigned cpu;

    if (file == NULL)
        return false;
    if (fgets(name, sizeof(name), file) == NULL)
        name[0] = '\0';
    fclose(file);
    return sscanf(name, "ksoftirqd/%u", &cpu) == 1 && cpu < CPU_METER_MAX_CPUS && cpus >> cpu & 1;
}

static void find_softirqd(struct cpu_meter *meter)
{
    glob_t found;
    int pid;

    if (glob("/proc/[0-9]*/comm", GLOB_NOSORT, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && meter->softirqd_count < CPU_METER_MAX_CPUS; i++) {
        if (is_softirqd(found.gl_pathv[i], meter->cpus) &&
            sscanf(found.gl_pathv[i], "/proc/%d/", &pid) == 1 &&
            clock_getcpuclockid(pid, &meter->softirqd[meter->softirqd_count]) == 0)
            meter->softirqd_count++;
    }
    globfree(&found);
}

int cpu_meter_init(struct cpu_meter *meter, pid_t pid, uint64_t cpus)
{
    struct timespec now;

    memset(meter, 0, sizeof(*meter));
    meter->cpus = cpus;
    meter->pid = pid;
    if (clock_getcpuclockid(pid, &meter->process) != 0 || clock_gettime(meter->process, &now) < 0)
        return -ESRCH;
    find_softirqd(meter);
    meter->softirq_included = softirq_is_included();
    return 0;
}

/* ---- reading ---- */

static uint64_t process_waited_ns(pid_t pid)
{
    uint64_t sum_ns = 0;
    char pattern[64];
    glob_t found;

    snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/schedstat", (int)pid);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        sum_ns += waited_ns(found.gl_pathv[i]);
    globfree(&found);
    return sum_ns;
}

/* cpuN user nice system idle iowait irq softirq steal */
static void read_stat(uint64_t cpus, struct cpu_sample *sample)
{
    uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long t[8];
    char line[512];
    unsigned cpu;

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &t[0], &t[1], &t[2],
                &t[3], &t[4], &t[5], &t[6], &t[7]) != 9 ||
            cpu >= CPU_METER_MAX_CPUS || !(cpus >> cpu & 1))
            continue;
        sample->busy_ns += (t[0] + t[1] + t[2] + t[5] + t[6]) * tick_ns;
        sample->softirq_ns += (t[5] + t[6]) * tick_ns;
        sample->steal_ns += t[7] * tick_ns;
    }
    fclose(file);
}

int cpu_meter_read(const struct cpu_meter *meter, struct cpu_sample *ret_sample)
{
    struct cpu_sample sample = {.process_ns = clock_ns(meter->process)};

    if (sample.process_ns == 0)
        return -ESRCH;
    for (size_t i = 0; i < meter->softirqd_count; i++)
        sample.softirqd_ns += clock_ns(meter->softirqd[i]);
    sample.waited_ns = process_waited_ns(meter->pid);
    read_stat(meter->cpus, &sample);
    *ret_sample = sample;
    return 0;
}

uint64_t cpu_meter_cost_ns(
    const struct cpu_meter *meter, const struct cpu_sample *from, const struct cpu_sample *to)
{
    uint64_t cost = to->process_ns - from->process_ns + to->softirqd_ns - from->softirqd_ns;

    return meter->softirq_included ? cost : cost + to->softirq_ns - from->softirq_ns;
}

json_t *cpu_meter_json(const struct cpu_meter *meter, const struct cpu_sample *from,
    const struct cpu_sample *to, uint64_t packets)
{
    double cost_us = (double)cpu_meter_cost_ns(meter, from, to) / 1e3;
    double busy_us = (double)(to->busy_ns - from->busy_ns) / 1e3;
    double count = packets > 0 ? (double)packets : 1.0;

    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "method",
        meter->softirq_included ? "process clock (softirq charged to it) + ksoftirqd"
                                : "process clock + ksoftirqd + softirq ticks of its CPUs",
        "us_per_packet", cost_us / count, "busy_us_per_packet", busy_us / count, "process_ms",
        (double)(to->process_ns - from->process_ns) / 1e6, "ksoftirqd_ms",
        (double)(to->softirqd_ns - from->softirqd_ns) / 1e6, "waited_ms",
        (double)(to->waited_ns - from->waited_ns) / 1e6, "softirq_ticks_ms",
        (double)(to->softirq_ns - from->softirq_ns) / 1e6, "steal_ms",
        (double)(to->steal_ns - from->steal_ns) / 1e6);
}
