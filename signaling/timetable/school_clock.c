#include "signaling/timetable/school_clock.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_PER_DAY 86400

struct school_clock {
    GTimeZone *zone; /* owned */
};

/* Area/City, or UTC. GLib takes more: paths of files, "localtime", POSIX rules such as UTC+8, which is eight hours west
 * of UTC and not what a person means who writes it; Etc/GMT+8 is that too. */
static bool is_name(const char *zone)
{
    const char *slash = strchr(zone, '/');

    if (strcmp(zone, "UTC") == 0)
        return true;
    if (!slash || strlen(zone) > SCHOOL_CLOCK_MAX_ZONE_BYTES || strchr(zone, '.') ||
        strncmp(zone, "Etc/", 4) == 0)
        return false;
    return *zone >= 'A' && *zone <= 'Z' && slash[1] >= 'A' && slash[1] <= 'Z';
}

int school_clock_create(const char *zone, struct school_clock **ret_clock)
{
    struct school_clock *clock;

    if (!is_name(zone))
        return -EINVAL;
    clock = calloc(1, sizeof(*clock));
    if (!clock)
        return -ENOMEM;
    clock->zone = g_time_zone_new_identifier(zone);
    if (!clock->zone) {
        free(clock);
        return -EINVAL;
    }
    *ret_clock = clock;
    return 0;
}

void school_clock_destroy(struct school_clock *clock)
{
    if (!clock)
        return;
    g_time_zone_unref(clock->zone);
    free(clock);
}

const char *school_clock_zone(const struct school_clock *clock)
{
    return g_time_zone_get_identifier(clock->zone);
}

static gint64 offset_at(const struct school_clock *clock, gint64 utc_s)
{
    gint interval = g_time_zone_find_interval(clock->zone, G_TIME_TYPE_UNIVERSAL, utc_s);

    return g_time_zone_get_offset(clock->zone, interval < 0 ? 0 : interval);
}

/* The offsets of a day earlier and of a day later are those on both sides of a change of the clock, if there
 * is one. The earlier one comes first, is the first of two equal times, and the one that RFC 5545 counts
 * skipped times by. */
int64_t school_clock_utc(const struct school_clock *clock, int32_t day, unsigned minute)
{
    gint64 local_s = (gint64)day * SECONDS_PER_DAY + (gint64)minute * 60;
    gint64 by_earlier = local_s - offset_at(clock, local_s - SECONDS_PER_DAY);
    gint64 by_later = local_s - offset_at(clock, local_s + SECONDS_PER_DAY);

    if (by_earlier + offset_at(clock, by_earlier) == local_s)
        return by_earlier;
    return by_later + offset_at(clock, by_later) == local_s ? by_later : by_earlier;
}

void school_clock_local(
    const struct school_clock *clock, int64_t utc_s, int32_t *ret_day, uint32_t *ret_second_of_day)
{
    int64_t local_s = utc_s + offset_at(clock, utc_s);
    int64_t day = local_s / SECONDS_PER_DAY;

    if (local_s % SECONDS_PER_DAY < 0)
        day--;
    *ret_day = (int32_t)day;
    *ret_second_of_day = (uint32_t)(local_s - day * SECONDS_PER_DAY);
}
