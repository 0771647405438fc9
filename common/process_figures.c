#define _GNU_SOURCE
#include "common/process_figures.h"

#include "common/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t cpu_us(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) < 0)
        return 0;
    return ((uint64_t)usage.ru_utime.tv_sec + (uint64_t)usage.ru_stime.tv_sec) * US_PER_S +
           (uint64_t)usage.ru_utime.tv_usec + (uint64_t)usage.ru_stime.tv_usec;
}

uint64_t process_thread_cpu_us(void)
{
    return cpu_us(RUSAGE_THREAD);
}

/* The second number of statm, in pages. */
static uint64_t resident_bytes(void)
{
    unsigned long size = 0;
    unsigned long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    /* without ".", ".." and the folder itself */
    return count > 3 ? count - 3 : 0;
}

void process_figures_read(struct process_figures *ret_figures)
{
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NOFILE, &limit);
    *ret_figures = (struct process_figures){
        .resident_bytes = resident_bytes(),
        .cpu_us = cpu_us(RUSAGE_SELF),
        .open_descriptors = open_descriptors(),
        .max_descriptors = limit.rlim_cur,
    };
}
