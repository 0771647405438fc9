/*
 * The rate that loss allows a viewer. A line that loses at random (radio) loses the same share at any
 * rate, and sending less helps nobody; a full one without a queue (a policer, a small buffer) loses
 * what is too much. So loss above 12% lowers the rate once, to what arrives, and looks: when loss
 * went away with the rate, the rate stays and grows as ever; when it did not, it is the line's own
 * (inherent), the rate is given back, and only what exceeds that share counts from then on.
 *
 *   open ──loss > inherent + 12%──▶ testing: bound to what arrives
 *    ▲                                  │ loss stayed: inherent share learned, bound lifted
 *    └──────────────────────────────────┘ loss fell: the caller keeps the lower rate
 *
 * Part of struct bandwidth_estimator; pure.
 */
#ifndef DUET_RELAY_ROUTING_LOSS_CONTROL_H
#define DUET_RELAY_ROUTING_LOSS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOSS_CONTROL_UNBOUND UINT64_MAX

enum loss_state {
    LOSS_OPEN,
    LOSS_TESTING,
};

enum loss_verdict {
    LOSS_NO_VERDICT,
    LOSS_INHERENT,
    LOSS_BY_RATE, /* keep to the bound */
};

struct loss_control {
    enum loss_state state;
    uint64_t bound_bps; /* LOSS_CONTROL_UNBOUND when open */
    double loss;        /* smoothed share, 0 to 1 */
    uint64_t told;      /* packets that it was told of, ever */
    double inherent;    /* share that the line loses at any rate */
    /* the window that is being counted */
    int64_t received;
    int64_t lost;
    uint64_t window_us;
    /* the test */
    double loss_before;
    uint64_t test_us;    /* when the rate was lowered */
    uint64_t settled_us; /* when the lower rate arrived; 0 = not yet */
    uint64_t judged_us;  /* last verdict; 0 = never */
};

struct loss_control_input {
    uint64_t acked_bps; /* 0 = not known */
    uint64_t rtt_us;
    bool queueing; /* a queue grew lately: loss is then what delay control already answers */
};

void loss_control_init(struct loss_control *control, uint64_t now_us);

/* Packets that one feedback told of; lost is negative for those that came after all. */
void loss_control_count(struct loss_control *control, int64_t received, int64_t lost);

/* After each feedback. On LOSS_BY_RATE *ret_bound_bps is the rate to keep to; the bound itself is gone. */
enum loss_verdict loss_control_update(struct loss_control *control,
    const struct loss_control_input *input, uint64_t now_us, uint64_t *ret_bound_bps);

/* Nothing came for a while: what was lost then says nothing about the rate. */
void loss_control_forget(struct loss_control *control, uint64_t now_us);

#endif
