/*
 * A lesson of every week, every odd or every even week of a term: the dates on which it is held. Pure; any thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_RECURRENCE_H
#define DUET_SIGNALING_TIMETABLE_RECURRENCE_H

#include "signaling/timetable/bells.h"

enum recurrence_weeks {
    RECURRENCE_ALL,
    RECURRENCE_ODD,
    RECURRENCE_EVEN,
};

struct recurrence {
    unsigned weekday; /* 1 = Monday to 7 */
    enum recurrence_weeks weeks;
    unsigned first_week; /* of the term, 1…: local_date_week() */
    unsigned last_week;
};

struct term {
    int32_t first_day; /* of week 1 */
    int32_t last_day;
};

/* Whether that date's timetable has the lesson, holidays aside. */
bool recurrence_has(const struct recurrence *recurrence, const struct term *term, int32_t day);

/* Calls on_day for each day of the term on which the lesson is held, in order: no holidays, and swapped days with the
 * timetable of the date they stand for, whose week counts. */
void recurrence_each(const struct recurrence *recurrence, const struct term *term,
    const struct bells *bells, void (*on_day)(void *user, int32_t day), void *user);

#endif
