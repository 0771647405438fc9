/*
 * A network line in virtual time: loss (even or in bursts), delay, jitter, a rate with a bounded
 * queue. Pure: the caller passes sizes and now_us and gets the arrival time. The link emulator puts
 * it between real sockets; simulations step it with a clock of their own.
 */
#ifndef DUET_TESTS_SUPPORT_LINK_MODEL_H
#define DUET_TESTS_SUPPORT_LINK_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link_params {
    double loss; /* share of packets lost, 0 to 1 */
    double
        burst_packets; /* mean length of a loss burst (Gilbert model); ≤ 1 = independent losses */
    uint64_t delay_us; /* one way */
    uint64_t jitter_us; /* uniform in [0, jitter_us], order is kept */
    uint64_t rate_bps;  /* 0 = unlimited */
    uint64_t queue_us;  /* most time a packet waits for the rate before it is dropped */
};

struct link_model {
    struct link_params params;
    /* state */
    uint64_t random;
    bool in_burst;
    uint64_t free_at_us; /* when the line has sent everything queued so far */
    uint64_t last_arrival_us;
    uint64_t sent, lost, overflowed;
};

/* seed decides every loss and delay: the same seed gives the same line. */
void link_model_init(struct link_model *model, const struct link_params *params, uint64_t seed);

/* New properties from now on; what is under way stays under way. */
void link_model_set(struct link_model *model, const struct link_params *params);

/* Puts len_bytes on the line at now_us. True and its arrival time, or false: lost. */
bool link_model_send(
    struct link_model *model, size_t len_bytes, uint64_t now_us, uint64_t *ret_arrival_us);

#endif
