/*
 * Delays between attempts to reconnect: 0, 0.3, 1.2, 2.7, 4.8, then 7 s with up to 1 s of jitter.
 * Used by every program that dials out. Pure but for the jitter.
 */
#ifndef DUET_COMMON_BACKOFF_H
#define DUET_COMMON_BACKOFF_H

#include <stdint.h>

struct backoff {
    unsigned attempts;
};

/* Delay in milliseconds before the next attempt; counts it. */
uint32_t backoff_next_ms(struct backoff *backoff);

/* After a connection that worked. */
void backoff_reset(struct backoff *backoff);

#endif
