/*
 * Measures the limit: a sending process (limit_sender.h) on its own CPUs and as many receiving sockets
 * as there are viewers in this process, read as a crowd reads its own. Same trace, in real time, same
 * way to measure CPU time as for a relay.
 */
#ifndef DUET_TESTS_BENCH_LOAD_LIMIT_H
#define DUET_TESTS_BENCH_LOAD_LIMIT_H

#include "tests/bench/load/srtp_evp.h"

#include <jansson.h>
#include <stdint.h>

struct limit_params {
    enum srtp_evp_profile profile;
    unsigned viewers;
    uint32_t kbps;
    bool openssl; /* encrypt by OpenSSL, where the machine has something faster too */
    unsigned header_bytes;
    unsigned run;
    unsigned batch;
    double settle_seconds;
    double seconds;
    uint64_t cpus; /* of the sender; 0 = not pinned */
    const volatile int *stop;
};

/* Returns 0 and the figures, or a negative errno after telling stderr why. */
int limit_run(const struct limit_params *params, json_t **ret_figures);

#endif
