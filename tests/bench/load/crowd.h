/*
 * All viewers of one run in one thread, and the run's course:
 *
 *   early viewers join one after another → settle → some join alone → the mass joins within its time
 *   → settle → the window in which packets, losses, delays and CPU time are counted → end
 *
 * In the window the thread does not wait for packets but looks every half millisecond: a relay that had
 * to wake a sleeping reader with each datagram would be charged for it. Delays are measured by the
 * kernel's time stamps and do not suffer.
 */
#ifndef DUET_TESTS_BENCH_LOAD_CROWD_H
#define DUET_TESTS_BENCH_LOAD_CROWD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CROWD_MAX_VIEWERS 2000
#define CROWD_MAX_SECONDS 86400

struct crowd_params {
    const char *url;
    const char *token;         /* NULL = none */
    const char *srtp_profiles; /* as OpenSSL names them; NULL = both */
    unsigned viewers;          /* of the mass */
    unsigned early;
    unsigned alone;
    double join_seconds; /* over which the mass joins */
    double settle_seconds;
    double seconds;        /* of the window */
    unsigned sample;       /* one in so many is sampled; 0 = about twenty in all */
    double churn_seconds;  /* mean stay of a viewer in the window; 0 = all stay */
    double report_seconds; /* a line of JSON so often in the window; 0 = none */
    pid_t cpu_of;          /* whose CPU time is measured; 0 = nobody's */
    uint64_t cpus;         /* that it is pinned to */
    const volatile int *stop;
};

/* Returns 0 and the figures, or a negative errno after telling stderr why. */
int crowd_run(const struct crowd_params *params, json_t **ret_figures);

#endif
