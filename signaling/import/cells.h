/*
 * What people write into cells: dates as spreadsheets rewrite them, times with full-width colons, 周一 and Mon, 三年级
 * and 3. Pure; any thread. Each returns false for what it cannot read, and writes its output only otherwise.
 */
#ifndef DUET_SIGNALING_IMPORT_CELLS_H
#define DUET_SIGNALING_IMPORT_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CELLS_MAX_NAMES 6

/* Names that stand for a value; unused ones are NULL. */
struct cell_choice {
    unsigned value;
    const char *names[CELLS_MAX_NAMES];
};

/* Case, spaces, hyphens and underscores do not count. */
bool cells_read_choice(
    const char *text, const struct cell_choice *choices, size_t count, unsigned *ret_value);

/* Nothing but digits, from min to max. */
bool cells_read_number(const char *text, unsigned min, unsigned max, unsigned *ret_value);

/* 2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日: local_date.h's day. */
bool cells_read_date(const char *text, int32_t *ret_day);

/* 8:30, 08:30:00, 8：30: the minute of the day; to 47:59 for what ends on the next day. */
bool cells_read_time(const char *text, unsigned *ret_minute);

/* 3, 第3节. */
bool cells_read_period(const char *text, unsigned *ret_period);

/* 3, 三年级, 3年级, Grade 3, 初一, 高三: 1 to 12. */
bool cells_read_grade(const char *text, unsigned *ret_grade);

/* 1, 周一, 星期一, 礼拜一, Mon, Monday: 1 = Monday to 7. */
bool cells_read_weekday(const char *text, unsigned *ret_weekday);

/* 1-18, 1~18, 1至18, 第1-18周, 5; and what a spreadsheet makes of 1-18 when it takes that for a date: 1月18日, 18-Jan,
 * Jan-18, 2026/1/18. */
bool cells_read_week_range(const char *text, unsigned *ret_first, unsigned *ret_last);

/* Whether it is such a date, also one that is no range. */
bool cells_is_rewritten_range(const char *text);

#endif
