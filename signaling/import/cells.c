#include "signaling/import/cells.h"

#include "signaling/timetable/bells.h"
#include "signaling/timetable/local_date.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MAX_DIGITS 6

/* ---- words and numbers ---- */

static bool counts(char c)
{
    return c != ' ' && c != '-' && c != '_';
}

static bool same(const char *text, const char *name)
{
    for (;;) {
        while (*text && !counts(*text))
            text++;
        while (*name && !counts(*name))
            name++;
        if (tolower((unsigned char)*text) != tolower((unsigned char)*name))
            return false;
        if (!*text)
            return true;
        text++;
        name++;
    }
}

bool cells_read_choice(
    const char *text, const struct cell_choice *choices, size_t count, unsigned *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < CELLS_MAX_NAMES && choices[i].names[j]; j++) {
            if (same(text, choices[i].names[j])) {
                *ret_value = choices[i].value;
                return true;
            }
        }
    }
    return false;
}

/* Digits at the cursor, which moves behind them. */
static bool take_number(const char **cursor, unsigned *ret_value)
{
    size_t digits = strspn(*cursor, "0123456789");
    unsigned value = 0;

    if (digits == 0 || digits > MAX_DIGITS)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = 10 * value + (unsigned)((*cursor)[i] - '0');
    *cursor += digits;
    *ret_value = value;
    return true;
}

static bool take(const char **cursor, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*cursor, word, len) != 0)
        return false;
    *cursor += len;
    return true;
}

static bool take_any(const char **cursor, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (take(cursor, words[i]))
            return true;
    }
    return false;
}

#define TAKE_ANY(cursor, ...)                                                                      \
    take_any(cursor, (const char *const[]){__VA_ARGS__},                                           \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void skip_spaces(const char **cursor)
{
    while (**cursor == ' ')
        ++*cursor;
}

bool cells_read_number(const char *text, unsigned min, unsigned max, unsigned *ret_value)
{
    unsigned value;

    if (!take_number(&text, &value) || *text || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* ---- days and times ---- */

bool cells_read_date(const char *text, int32_t *ret_day)
{
    unsigned year, month, day;
    char date[LOCAL_DATE_CHARS + 16];

    if (!take_number(&text, &year) || !TAKE_ANY(&text, "-", "/", ".", "年") ||
        !take_number(&text, &month) || !TAKE_ANY(&text, "-", "/", ".", "月") ||
        !take_number(&text, &day))
        return false;
    take(&text, "日");
    if (*text || year > 9999 || month > 12 || day > 31)
        return false;
    snprintf(date, sizeof(date), "%04u-%02u-%02u", year, month, day);
    return local_date_parse(date, ret_day) == 0;
}

bool cells_read_time(const char *text, unsigned *ret_minute)
{
    unsigned hour, minute, second = 0;

    if (!take_number(&text, &hour) || !TAKE_ANY(&text, ":", "：") || !take_number(&text, &minute))
        return false;
    if (TAKE_ANY(&text, ":", "：") && (!take_number(&text, &second) || second != 0))
        return false;
    if (*text || minute > 59 || hour * 60 + minute > BELLS_MAX_MINUTE)
        return false;
    *ret_minute = hour * 60 + minute;
    return true;
}

/* ---- words of the timetable ---- */

bool cells_read_period(const char *text, unsigned *ret_period)
{
    unsigned period;

    take(&text, "第");
    if (!take_number(&text, &period))
        return false;
    take(&text, "节");
    if (*text || period < 1 || period > UINT16_MAX)
        return false;
    *ret_period = period;
    return true;
}

static bool take_chinese_digit(const char **cursor, unsigned *ret_value)
{
    static const char *const digits[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};

    for (unsigned i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
        if (take(cursor, digits[i])) {
            *ret_value = i + 1;
            return true;
        }
    }
    return false;
}

/* 一 to 十二. */
static bool take_chinese_number(const char **cursor, unsigned *ret_value)
{
    unsigned digit = 0;

    if (take(cursor, "十")) {
        take_chinese_digit(cursor, &digit);
        *ret_value = 10 + digit;
        return true;
    }
    return take_chinese_digit(cursor, ret_value);
}

bool cells_read_grade(const char *text, unsigned *ret_grade)
{
    unsigned grade, above = 0, largest = 12;

    if (tolower((unsigned char)text[0]) == 'g' && strlen(text) > 5 &&
        strspn(text, "GRADEgrade") == 5) {
        text += 5;
        skip_spaces(&text);
    } else if (take(&text, "初")) {
        above = 6;
        largest = 3;
    } else if (take(&text, "高")) {
        above = 9;
        largest = 3;
    }
    if (!take_number(&text, &grade) && !take_chinese_number(&text, &grade))
        return false;
    take(&text, "年级");
    if (*text || grade < 1 || grade > largest)
        return false;
    *ret_grade = above + grade;
    return true;
}

bool cells_read_weekday(const char *text, unsigned *ret_weekday)
{
    static const struct cell_choice days[] = {
        {1, {"monday", "mon"}},
        {2, {"tuesday", "tue", "tues"}},
        {3, {"wednesday", "wed"}},
        {4, {"thursday", "thu", "thur", "thurs"}},
        {5, {"friday", "fri"}},
        {6, {"saturday", "sat"}},
        {7, {"sunday", "sun"}},
    };
    unsigned weekday;

    if (cells_read_choice(text, days, sizeof(days) / sizeof(days[0]), ret_weekday))
        return true;
    if (TAKE_ANY(&text, "周", "星期", "礼拜") && TAKE_ANY(&text, "日", "天") && !*text) {
        *ret_weekday = 7;
        return true;
    }
    if ((!take_number(&text, &weekday) && !take_chinese_digit(&text, &weekday)) || *text ||
        weekday < 1 || weekday > 7)
        return false;
    *ret_weekday = weekday;
    return true;
}

/* ---- weeks ---- */

/* January to December, as far as it is written, for three letters at least. */
static bool take_month(const char **cursor, unsigned *ret_month)
{
    static const char *const months[] = {"january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december"};

    for (unsigned i = 0; i < 12; i++) {
        size_t len = 0;

        while (months[i][len] && tolower((unsigned char)(*cursor)[len]) == months[i][len])
            len++;
        if (len >= 3) {
            *cursor += len;
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

/* What spreadsheets make of "1-18", taken for a day of the current year or a month of another one: 1月18日, 18-Jan, Jan-18,
 * 2026/1/18, 1/18/2026. The two numbers that were written, in their order as far as that can be told. */
static bool read_rewritten(const char *text, unsigned *ret_first, unsigned *ret_last)
{
    unsigned a, b, year;

    if (take_month(&text, &a)) {
        if (!TAKE_ANY(&text, "-", " ") || !take_number(&text, &b) || *text)
            return false;
    } else if (!take_number(&text, &a)) {
        return false;
    } else if (a > 999) { /* a year */
        if (!TAKE_ANY(&text, "-", "/", ".", "年") || !take_number(&text, &a) ||
            !TAKE_ANY(&text, "-", "/", ".", "月") || !take_number(&text, &b))
            return false;
        take(&text, "日");
    } else if (take(&text, "月")) {
        if (!take_number(&text, &b) || !take(&text, "日"))
            return false;
    } else if (TAKE_ANY(&text, "-", " ") && take_month(&text, &b)) {
        /* 18-Jan is 1-18 where months stand first; where days do, it would have been 18-1, which is no range */
        unsigned smaller = a < b ? a : b;

        b = a < b ? b : a;
        a = smaller;
        if (TAKE_ANY(&text, "-", " ") && !take_number(&text, &year))
            return false;
    } else if (!TAKE_ANY(&text, "/", ".") || !take_number(&text, &b) ||
               !TAKE_ANY(&text, "/", ".") || !take_number(&text, &year)) {
        return false;
    }
    if (*text)
        return false;
    *ret_first = a;
    *ret_last = b;
    return true;
}

bool cells_is_rewritten_range(const char *text)
{
    unsigned first, last;

    return read_rewritten(text, &first, &last);
}

bool cells_read_week_range(const char *text, unsigned *ret_first, unsigned *ret_last)
{
    const char *cursor = text;
    unsigned first = 0, last = 0;

    take(&cursor, "第");
    if (take_number(&cursor, &first)) {
        last = first;
        skip_spaces(&cursor);
        if (TAKE_ANY(&cursor, "-", "–", "—", "~", "～", "至", "到")) {
            skip_spaces(&cursor);
            if (!take_number(&cursor, &last))
                last = 0;
        }
        take(&cursor, "周");
    }
    if ((first == 0 || *cursor) && !read_rewritten(text, &first, &last))
        return false;
    if (first < 1 || last < first)
        return false;
    *ret_first = first;
    *ret_last = last;
    return true;
}
