#include "player/wall_clock.h"

#include "common/clock.h"

void wall_clock_init(struct wall_clock *clock)
{
    clock->zone = g_time_zone_new_local();
    clock->offset_us = (int64_t)clock_wall_us() - (int64_t)clock_now_us();
}

void wall_clock_finish(struct wall_clock *clock)
{
    g_clear_pointer(&clock->zone, g_time_zone_unref);
}

void wall_clock_set(struct wall_clock *clock, int64_t now_ms, const char *zone)
{
    GTimeZone *found = g_time_zone_new_identifier(zone);

    if (found) {
        g_time_zone_unref(clock->zone);
        clock->zone = found;
    }
    clock->offset_us = now_ms * (int64_t)US_PER_MS - (int64_t)clock_now_us();
}

char *wall_clock_text(const struct wall_clock *clock, int64_t time_s, const char *format)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time_s);
    g_autoptr(GDateTime) local = utc ? g_date_time_to_timezone(utc, clock->zone) : NULL;

    return local ? g_date_time_format(local, format) : g_strdup("");
}

char *wall_clock_text_of(const struct wall_clock *clock, uint64_t monotonic_us, const char *format)
{
    return wall_clock_text(
        clock, ((int64_t)monotonic_us + clock->offset_us) / (int64_t)US_PER_S, format);
}
