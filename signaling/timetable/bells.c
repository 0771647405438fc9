#include "signaling/timetable/bells.h"

#include <errno.h>

#define SECONDS_PER_MINUTE 60

/* ---- a set by itself ---- */

static bool has_fault_of_time(const struct bell_period *period)
{
    return period->start_minute >= MINUTES_PER_DAY || period->end_minute <= period->start_minute ||
           period->end_minute > BELLS_MAX_MINUTE ||
           period->end_minute > period->start_minute + MINUTES_PER_DAY;
}

/* What goes on after midnight of the day before counts too. */
static bool overlap(const struct bell_period *a, const struct bell_period *b)
{
    return (a->start_minute < b->end_minute && b->start_minute < a->end_minute) ||
           a->start_minute + MINUTES_PER_DAY < b->end_minute ||
           b->start_minute + MINUTES_PER_DAY < a->end_minute;
}

static enum bell_fault check_pair(const struct bell_period *a, const struct bell_period *b)
{
    if (a->number == b->number)
        return BELL_FAULT_NUMBER;
    return overlap(a, b) ? BELL_FAULT_OVERLAP : BELL_FAULT_NONE;
}

enum bell_fault bells_check(const struct bell_set *set, size_t ret_periods[static 2])
{
    for (size_t i = 0; i < set->period_count; i++) {
        const struct bell_period *period = &set->periods[i];
        enum bell_fault fault = BELL_FAULT_NONE;
        size_t other = i;

        if (period->number == 0)
            fault = BELL_FAULT_NUMBER;
        else if (has_fault_of_time(period))
            fault = BELL_FAULT_TIME;
        for (size_t j = 0; fault == BELL_FAULT_NONE && j < i; j++) {
            fault = check_pair(&set->periods[j], period);
            if (fault != BELL_FAULT_NONE)
                other = j;
        }
        if (fault != BELL_FAULT_NONE) {
            ret_periods[0] = i;
            ret_periods[1] = other;
            return fault;
        }
    }
    return BELL_FAULT_NONE;
}

/* ---- days ---- */

static const struct bell_exception *find_exception(const struct bells *bells, int32_t day)
{
    size_t from = 0, to = bells->exception_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (bells->exceptions[middle].day < day)
            from = middle + 1;
        else
            to = middle;
    }
    return from < bells->exception_count && bells->exceptions[from].day == day
               ? &bells->exceptions[from]
               : NULL;
}

bool bells_held_day(const struct bells *bells, int32_t day, int32_t *ret_held_day)
{
    const struct bell_exception *exception = find_exception(bells, day);

    if (exception && exception->holiday)
        return false;
    *ret_held_day = exception ? exception->held_day : day;
    return true;
}

const struct bell_set *bells_set_of(const struct bells *bells, int32_t day)
{
    const struct bell_set *found = NULL;

    for (size_t i = 0; i < bells->set_count; i++) {
        const struct bell_set *set = &bells->sets[i];

        if (day < set->first_day || day > set->last_day)
            continue;
        if (!found || set->first_day >= found->first_day)
            found = set;
    }
    return found;
}

/* ---- moments ---- */

static struct bell_span span_of(
    const struct bells *bells, int32_t day, const struct bell_period *period)
{
    struct bell_span span = {
        .start_s = school_clock_utc(bells->clock, day, period->start_minute),
        .end_s = school_clock_utc(bells->clock, day, period->end_minute),
    };

    /* It begins in an hour that the clock skips, and ends behind it: it keeps its length. */
    if (span.end_s <= span.start_s)
        span.end_s = span.start_s +
                     (int64_t)(period->end_minute - period->start_minute) * SECONDS_PER_MINUTE;
    return span;
}

int bells_span(const struct bells *bells, int32_t day, unsigned period, struct bell_span *ret_span)
{
    const struct bell_set *set = bells_set_of(bells, day);
    int32_t held;

    if (!bells_held_day(bells, day, &held))
        return -ENOENT;
    for (size_t i = 0; set && i < set->period_count; i++) {
        if (set->periods[i].number == period) {
            *ret_span = span_of(bells, day, &set->periods[i]);
            return 0;
        }
    }
    return -ENOENT;
}

/* ---- rooms with other bells ---- */

/* overlap_s is 0 when the lesson is over before the period begins, or the other way round. */
static struct bell_offer offer_of(
    const struct bell_period *period, const struct bell_span *room, const struct bell_span *lesson)
{
    struct bell_offer offer = {.period = period->number};
    int64_t late_s = room->start_s - lesson->start_s;
    int64_t start_s, end_s;

    if (late_s > 0)
        offer.delay_s = late_s < BELLS_MAX_DELAY_S ? (unsigned)late_s : BELLS_MAX_DELAY_S;
    start_s = lesson->start_s + offer.delay_s;
    if (room->start_s > start_s)
        start_s = room->start_s;
    end_s = lesson->end_s + offer.delay_s;
    if (room->end_s < end_s)
        end_s = room->end_s;
    if (end_s > start_s)
        offer.overlap_s = (unsigned)(end_s - start_s);
    offer.whole = offer.overlap_s == lesson->end_s - lesson->start_s;
    return offer;
}

int bells_offer(const struct bells *receiving, int32_t day, const struct bell_span *lesson,
    struct bell_offer *ret_offer)
{
    const struct bell_set *set = bells_set_of(receiving, day);
    struct bell_offer best = {0};
    int64_t best_start_s = 0;
    int32_t held;

    if (!bells_held_day(receiving, day, &held))
        return -ENOENT;
    for (size_t i = 0; set && i < set->period_count; i++) {
        struct bell_span room = span_of(receiving, day, &set->periods[i]);
        struct bell_offer offer = offer_of(&set->periods[i], &room, lesson);

        if (offer.overlap_s > best.overlap_s ||
            (offer.overlap_s == best.overlap_s && room.start_s < best_start_s)) {
            best = offer;
            best_start_s = room.start_s;
        }
    }
    if (best.overlap_s == 0)
        return -ENOENT;
    *ret_offer = best;
    return 0;
}
