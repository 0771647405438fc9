/* What duet-bench was asked to do: its command, and its options with their bounds. */
#ifndef DUET_TESTS_BENCH_LOAD_OPTIONS_H
#define DUET_TESTS_BENCH_LOAD_OPTIONS_H

#include <stdint.h>
#include <sys/types.h>

enum options_command {
    OPTIONS_WATCH,
    OPTIONS_PUBLISH,
    OPTIONS_LIMIT,
};

enum options_profile {
    OPTIONS_ANY,
    OPTIONS_GCM,
    OPTIONS_CM,
};

struct options {
    enum options_command command;
    enum options_profile profile;
    const char *url;
    const char *token_file;
    unsigned viewers, early, alone, sample;
    unsigned kbps;
    unsigned header_bytes, run, batch, openssl;
    double seconds, settle_seconds;
    double join_seconds; /* < 0: a hundred viewers a second */
    double churn_seconds, report_seconds;
    pid_t cpu_of;
    uint64_t cpus;
    uint64_t own_cpus; /* 0 = wherever */
};

/* ret_token: the first line of --token-file, to be freed; NULL without. Returns 0, 1 after --help, or
 * -EINVAL after telling stderr why. */
int options_parse(int argc, char **argv, struct options *ret_options, char **ret_token);

#endif
