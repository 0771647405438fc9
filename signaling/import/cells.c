#include "signaling/import/cells.h"

#include "signaling/timetable/bells.h"
#include "signaling/timetable/local_date.h"

#include <ctype.h>
#include <errno.h>
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

bool cells_read_week_range(const char *text, unsigned *ret_first, unsigned *ret_last)
{
    unsigned first, last;

    take(&text, "第");
    if (!take_number(&text, &first))
        return false;
    last = first;
    skip_spaces(&text);
    if (TAKE_ANY(&text, "-", "–", "—", "~", "～", "至", "到")) {
        skip_spaces(&text);
        if (!take_number(&text, &last))
            return false;
    }
    take(&text, "周");
    if (*text || first < 1 || last < first)
        return false;
    *ret_first = first;
    *ret_last = last;
    return true;
}

/* ---- receiving rooms ---- */

/* The text from start to end without spaces around it; false when it does not fit. */
static bool copy(const char *start, const char *end, char *ret_text, size_t size)
{
    while (start < end && (*start == ' ' || *start == '\n'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\n'))
        end--;
    if ((size_t)(end - start) >= size)
        return false;
    memcpy(ret_text, start, (size_t)(end - start));
    ret_text[end - start] = '\0';
    return true;
}

/* The first of the words in [from, end), with how long it is; NULL without one. */
static const char *find_any(
    const char *from, const char *end, const char *const *words, size_t count, size_t *ret_len)
{
    for (; from < end; from++) {
        for (size_t i = 0; i < count; i++) {
            size_t len = strlen(words[i]);

            if ((size_t)(end - from) >= len && memcmp(from, words[i], len) == 0) {
                *ret_len = len;
                return from;
            }
        }
    }
    return NULL;
}

static const char *find_last_slash(const char *from, const char *end)
{
    while (end > from) {
        if (*--end == '/')
            return end;
    }
    return NULL;
}

static bool read_room(const char *start, const char *end, struct cell_room *ret_room)
{
    static const char *const colons[] = {":", "："};
    size_t colon_len = 0;
    const char *colon = find_any(start, end, colons, 2, &colon_len);
    const char *place_end = colon ? colon : end;
    const char *slash = find_last_slash(start, place_end);

    *ret_room = (struct cell_room){.school = ""};
    if (colon && !copy(colon + colon_len, end, ret_room->teacher, sizeof(ret_room->teacher)))
        return false;
    if (slash && !copy(start, slash, ret_room->school, sizeof(ret_room->school)))
        return false;
    return copy(slash ? slash + 1 : start, place_end, ret_room->room, sizeof(ret_room->room)) &&
           *ret_room->room;
}

static bool is_blank(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\n'))
        start++;
    return start == end;
}

int cells_next_room(const char **cursor, struct cell_room *ret_room)
{
    static const char *const separators[] = {";", "；", "\n"};

    while (**cursor) {
        const char *start = *cursor, *end = start + strlen(start);
        size_t len = 0;
        const char *separator = find_any(start, end, separators, 3, &len);

        *cursor = separator ? separator + len : end;
        if (separator)
            end = separator;
        if (!is_blank(start, end))
            return read_room(start, end, ret_room) ? 1 : -EBADMSG;
    }
    return 0;
}
