/*
 * The only place that reads a clock. Protocol code takes now_us as an argument; the loop of a
 * program reads it once per turn. Thread-safe.
 */
#ifndef DUET_COMMON_CLOCK_H
#define DUET_COMMON_CLOCK_H

#include <stdint.h>

#define US_PER_MS UINT64_C(1000)
#define US_PER_S  UINT64_C(1000000)

/* Monotonic microseconds; never jumps with the wall clock. */
uint64_t clock_now_us(void);

/* Microseconds since 1970-01-01 UTC. For people, tokens and NTP timestamps, never for intervals. */
uint64_t clock_wall_us(void);

/* The same in seconds, as the database and tokens have them. */
static inline int64_t clock_wall_s(void)
{
    return (int64_t)(clock_wall_us() / US_PER_S);
}

/* From then to now; 0 when then is later, as it may be by a moment when two readings of the clock meet:
 * without that a session would have been silent for half a million years. */
static inline uint64_t clock_elapsed_us(uint64_t now_us, uint64_t then_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

/* Wall microseconds as a 64-bit NTP timestamp (RFC 3550 section 4: seconds since 1900, 32.32). */
uint64_t clock_ntp_from_wall_us(uint64_t wall_us);

/* Sleeps until clock_now_us() has reached deadline_us; at once when it has. */
void clock_sleep_until(uint64_t deadline_us);

#endif
