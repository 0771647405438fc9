/*
 * A school's bells: when each period of a day begins and ends by the school's wall clock, and which days have
 * lessons at all. Sets of periods follow each other with the seasons; holidays have no lessons; a day swap (调休)
 * holds another date's timetable, by the bells of the day on which it is held.
 *
 * A lesson stores a date and a period; these turn it into moments. Filled once, then read by any thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_BELLS_H
#define DUET_SIGNALING_TIMETABLE_BELLS_H

#include "signaling/timetable/school_clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BELLS_MAX_PERIODS 24
/* A lesson that begins in the evening may end on the next day. */
#define BELLS_MAX_MINUTE (2 * MINUTES_PER_DAY)

struct bell_period {
    uint16_t number;       /* 1… */
    uint16_t start_minute; /* of the day, below MINUTES_PER_DAY */
    uint16_t end_minute;   /* at most BELLS_MAX_MINUTE */
};

/* In force from its first to its last day; where two are, the one that began last is, and of those the later one of the
 * array. */
struct bell_set {
    int32_t first_day;
    int32_t last_day;
    size_t period_count;
    struct bell_period periods[BELLS_MAX_PERIODS];
};

/* What is special about one date. */
struct bell_exception {
    int32_t day;
    bool holiday;
    int32_t
        held_day; /* when it is no holiday: the date whose timetable is held, its own on an ordinary day */
};

struct bells {
    /* borrowed */
    const struct school_clock *clock;
    const struct bell_set *sets;
    size_t set_count;
    const struct bell_exception *exceptions; /* by day, each day once */
    size_t exception_count;
};

/* A moment of the lesson's beginning and one of its end, in seconds since 1970. */
struct bell_span {
    int64_t start_s;
    int64_t end_s;
};

enum bell_fault {
    BELL_FAULT_NONE,
    BELL_FAULT_NUMBER,  /* 0, or the same as another's */
    BELL_FAULT_TIME,    /* does not begin on its day, or ends before it begins or too late */
    BELL_FAULT_OVERLAP, /* begins before another one of the set, or of the day before, has ended */
};

/* The first fault of a set, with the periods concerned by index: the second one is other than the first only
 * for equal numbers and overlaps. Periods that touch are fine. */
enum bell_fault bells_check(const struct bell_set *set, size_t ret_periods[static 2]);

/* Whose timetable is held on that day: the day itself, or the date that a swap names. False on a holiday. */
bool bells_held_day(const struct bells *bells, int32_t day, int32_t *ret_held_day);

/* The set in force, NULL without one. */
const struct bell_set *bells_set_of(const struct bells *bells, int32_t day);

/* When a period of a day begins and ends. Returns 0, or -ENOENT when the day has no such period or is a holiday. */
int bells_span(const struct bells *bells, int32_t day, unsigned period, struct bell_span *ret_span);

/* How a receiving room whose bells differ can take part in a lesson. */
struct bell_offer {
    unsigned period;    /* the receiving school's */
    unsigned delay_s;   /* how much later than live the room plays it, to begin with its own bell */
    unsigned overlap_s; /* how much of the lesson fits between the room's bells */
    bool whole;         /* all of it does */
};

#define BELLS_MAX_DELAY_S 600

/* The receiving school's period of that day that holds most of the lesson; of equals the earlier one. A room can
 * play later than live, by at most BELLS_MAX_DELAY_S, never earlier. Returns 0, or -ENOENT when none
 * overlaps or the school has a holiday. */
int bells_offer(const struct bells *receiving, int32_t day, const struct bell_span *lesson,
    struct bell_offer *ret_offer);

#endif
