/*
 * Calendar dates without a zone, as the timetable has them: days since 1970-01-01. Weeks begin on Monday.
 * Pure; any thread.
 */
#ifndef DUET_SIGNALING_TIMETABLE_LOCAL_DATE_H
#define DUET_SIGNALING_TIMETABLE_LOCAL_DATE_H

#include <stdint.h>

#define LOCAL_DATE_CHARS 11 /* "2026-09-01", with the zero */

/* The years that a date may have: 1970 to 2199. */
#define LOCAL_DATE_FIRST_YEAR 1970
#define LOCAL_DATE_LAST_YEAR  2199

/* 1970-01-01 and 2199-12-31: what the functions below take. */
#define LOCAL_DATE_FIRST_DAY 0
#define LOCAL_DATE_LAST_DAY  84005

/* Exactly YYYY-MM-DD and a day that the calendar has. Returns 0 or -EINVAL. */
int local_date_parse(const char *text, int32_t *ret_day);

/* Returns text. */
const char *local_date_format(int32_t day, char text[static LOCAL_DATE_CHARS]);

/* 1 = Monday to 7 = Sunday (ISO 8601). */
unsigned local_date_weekday(int32_t day);

/* The Monday of that day's week. */
int32_t local_date_monday(int32_t day);

/* Which week of a term a day is in: the week of the term's first day is 1, the one before it 0. */
int32_t local_date_week(int32_t first_day, int32_t day);

#endif
