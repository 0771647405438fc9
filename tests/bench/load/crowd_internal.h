/* What crowd.c (the course of a run) and crowd_figures.c (what is told of it) share. */
#ifndef DUET_TESTS_BENCH_LOAD_CROWD_INTERNAL_H
#define DUET_TESTS_BENCH_LOAD_CROWD_INTERNAL_H

#include "tests/bench/load/cpu_meter.h"
#include "tests/bench/load/crowd.h"
#include "tests/bench/load/viewer.h"

enum member_group {
    MEMBER_EARLY,
    MEMBER_ALONE,
    MEMBER_MASS,
};

struct member {
    struct viewer *viewer; /* owned */
    enum member_group group;
    uint64_t next_join_us; /* UINT64_MAX = not to join */
};

/* Sums at one moment. */
struct crowd_sums {
    uint64_t now_us;
    struct viewer_totals totals;
    struct cpu_sample cpu;
};

struct crowd {
    const struct crowd_params *params; /* borrowed */

    struct peer_context *context;  /* owned */
    struct http_poster *poster;    /* owned */
    struct gro_receiver *receiver; /* owned */
    struct member *members;        /* owned */
    size_t member_count;

    struct cpu_meter meter;
    struct viewer_tally tally;       /* of the viewers, now */
    struct viewer_tally window;      /* of the window, intervals put together */
    struct histogram rejoin_us;      /* joins in the window: POST to first picture */
    struct crowd_sums from, to;      /* the window's ends */
    struct crowd_sums interval_from; /* the newest report's */
    uint64_t mass_start_us;
    uint64_t mass_end_us; /* last planned join of the mass, and 2 s */
    uint64_t window_start_us;
    uint64_t window_end_us;
    uint64_t early_gap_us; /* longest of the early viewers while the mass joined */
    uint64_t early_gap_before_us;
    uint64_t left; /* departures in the window */
    int epoll_fd;  /* owned */
};

void crowd_take_sums(struct crowd *crowd, uint64_t now_us, struct crowd_sums *ret_sums);

/* One line about the time since the last one, to standard output. */
void crowd_print_interval(struct crowd *crowd, uint64_t now_us);

json_t *crowd_figures(const struct crowd *crowd);

#endif
