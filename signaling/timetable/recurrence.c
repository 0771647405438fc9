#include "signaling/timetable/recurrence.h"

#include "signaling/timetable/local_date.h"

bool recurrence_has(const struct recurrence *recurrence, const struct term *term, int32_t day)
{
    int32_t week = local_date_week(term->first_day, day);

    if (local_date_weekday(day) != recurrence->weekday || week < 1 ||
        (unsigned)week < recurrence->first_week || (unsigned)week > recurrence->last_week)
        return false;
    switch (recurrence->weeks) {
    case RECURRENCE_ODD:
        return week % 2 == 1;
    case RECURRENCE_EVEN:
        return week % 2 == 0;
    case RECURRENCE_ALL:
        break;
    }
    return true;
}

void recurrence_each(const struct recurrence *recurrence, const struct term *term,
    const struct bells *bells, void (*on_day)(void *user, int32_t day), void *user)
{
    for (int32_t day = term->first_day; day <= term->last_day; day++) {
        int32_t held;

        if (bells_held_day(bells, day, &held) && recurrence_has(recurrence, term, held))
            on_day(user, day);
    }
}
