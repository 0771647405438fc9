/*
 * A school's zone (IANA name, such as Asia/Shanghai): its wall clock to UTC and back, daylight saving
 * included. Immutable once made; any thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_SCHOOL_CLOCK_H
#define DUET_SIGNALING_TIMETABLE_SCHOOL_CLOCK_H

#include <stdint.h>

#define SCHOOL_CLOCK_MAX_ZONE_BYTES 64
#define MINUTES_PER_DAY             1440

struct school_clock;

/* zone is "UTC" or of the form Area/City. Returns 0, -EINVAL for one that this machine's tz database does not know, or
 * -ENOMEM. */
int school_clock_create(const char *zone, struct school_clock **ret_clock);
void school_clock_destroy(struct school_clock *clock);

/* Its name; borrowed from the clock. */
const char *school_clock_zone(const struct school_clock *clock);

/*
 * When the wall clock shows minute (of that day; from MINUTES_PER_DAY on of the next) in seconds since
 * 1970. As RFC 5545 section 3.3.5 has it: a time that comes twice is the first of them, and one that is
 * skipped is counted from before the skip, so that 02:30 of a spring night is 03:30.
 */
int64_t school_clock_utc(const struct school_clock *clock, int32_t day, unsigned minute);

/* What the wall clock shows: local_date.h's day, and the second of it. */
void school_clock_local(
    const struct school_clock *clock, int64_t utc_s, int32_t *ret_day, uint32_t *ret_second_of_day);

#endif
