#include "common/clock.h"

#include <time.h>

/* Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix). */
#define NTP_UNIX_OFFSET_S UINT64_C(2208988800)

static uint64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

uint64_t clock_ntp_from_wall_us(uint64_t wall_us)
{
    uint64_t seconds = wall_us / US_PER_S + NTP_UNIX_OFFSET_S;
    uint64_t fraction = ((wall_us % US_PER_S) << 32) / US_PER_S;
    return seconds << 32 | fraction;
}

void clock_sleep_until(uint64_t deadline_us)
{
    struct timespec at = {
        .tv_sec = (time_t)(deadline_us / US_PER_S),
        .tv_nsec = (long)(deadline_us % US_PER_S * 1000),
    };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        ;
}
