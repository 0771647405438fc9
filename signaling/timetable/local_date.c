#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define DAYS_PER_WEEK 7
#define EPOCH_JULIAN  719163 /* GDate's number of 1970-01-01 */
#define EPOCH_WEEKDAY 4      /* a Thursday */

static int read_digits(const char *text, int count, unsigned *ret_number)
{
    unsigned number = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    *ret_number = number;
    return 0;
}

int local_date_parse(const char *text, int32_t *ret_day)
{
    unsigned year, month, day;
    GDate date;

    if (strlen(text) != LOCAL_DATE_CHARS - 1 || text[4] != '-' || text[7] != '-' ||
        read_digits(text, 4, &year) < 0 || read_digits(text + 5, 2, &month) < 0 ||
        read_digits(text + 8, 2, &day) < 0)
        return -EINVAL;
    if (year < LOCAL_DATE_FIRST_YEAR || year > LOCAL_DATE_LAST_YEAR ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return -EINVAL;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    *ret_day = (int32_t)g_date_get_julian(&date) - EPOCH_JULIAN;
    return 0;
}

const char *local_date_format(int32_t day, char text[static LOCAL_DATE_CHARS])
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(day + EPOCH_JULIAN));
    snprintf(text, LOCAL_DATE_CHARS, "%04u-%02u-%02u", g_date_get_year(&date) % 10000U,
        (unsigned)g_date_get_month(&date) % 100U, (unsigned)g_date_get_day(&date) % 100U);
    return text;
}

/* Of a division that rounds towards minus infinity. */
static int32_t floor_mod(int32_t value, int32_t by)
{
    int32_t rest = value % by;

    return rest < 0 ? rest + by : rest;
}

unsigned local_date_weekday(int32_t day)
{
    return (unsigned)floor_mod(day + EPOCH_WEEKDAY - 1, DAYS_PER_WEEK) + 1;
}

int32_t local_date_monday(int32_t day)
{
    return day - (int32_t)local_date_weekday(day) + 1;
}

int32_t local_date_week(int32_t first_day, int32_t day)
{
    return (local_date_monday(day) - local_date_monday(first_day)) / DAYS_PER_WEEK + 1;
}
