#include "signaling/command_seed_days.h"

#include "signaling/commands.h"
#include "signaling/lessons/occurrences.h"
#include "signaling/lessons/substitutions.h"
#include "signaling/lessons/week.h"
#include "signaling/schools/school_bells.h"
#include "signaling/timetable/local_date.h"

#include <errno.h>
#include <stdio.h>

#define SECONDS_PER_DAY 86400
#define SOON_S          (20 * 60) /* who looks around sees nothing begin that nobody holds */
#define OVER_S          (BELLS_MAX_DELAY_S + 360) /* rooms that play it later are done, too */
#define MAX_LESSONS     32                        /* in a week of the seeded county, and more */

/* ---- days ---- */

/* What every year has, by its date. */
static const struct {
    unsigned month, day, days;
} holidays[] = {{1, 1, 1}, {5, 1, 5}, {10, 1, 7}};

/* The Saturday behind a holiday holds the timetable of its last weekday. More is decreed for each year: */
static const struct {
    const char *day, *held_day;
} swaps[] = {{"2026-09-20", "2026-10-06"}};

struct calendar {
    struct store *store; /* borrowed */
    int64_t county, now_s;
    int32_t first_day, end_day; /* before which all of it must be over */
    unsigned holidays;          /* so far */
};

static int set_day(struct calendar *calendar, int32_t day, bool holiday, int32_t held_day)
{
    const struct bell_exception exception = {day, holiday, holiday ? 0 : held_day};

    return school_bells_set_exception(
        calendar->store, calendar->county, &exception, COMMAND_PERSON, calendar->now_s);
}

static int add_holiday(struct calendar *calendar, int32_t first, unsigned days)
{
    int32_t last = first + (int32_t)days - 1, held = last, saturday = last + 1;
    int r = 0;

    while (local_date_weekday(held) > 5)
        held--;
    while (local_date_weekday(saturday) != 6)
        saturday++;
    if (first < calendar->first_day || saturday >= calendar->end_day)
        return 0;
    for (int32_t day = first; r == 0 && day <= last; day++)
        r = set_day(calendar, day, true, 0);
    calendar->holidays++;
    return r == 0 && held >= first ? set_day(calendar, saturday, false, held) : r;
}

static int add_holidays(struct calendar *calendar)
{
    char text[LOCAL_DATE_CHARS];
    int year, r = 0;

    sscanf(local_date_format(calendar->first_day, text), "%d", &year);
    for (int last = year + 1; r == 0 && year <= last; year++) {
        for (size_t i = 0; r == 0 && i < sizeof(holidays) / sizeof(holidays[0]); i++) {
            int32_t first;

            snprintf(
                text, sizeof(text), "%04d-%02u-%02u", year, holidays[i].month, holidays[i].day);
            r = local_date_parse(text, &first);
            if (r == 0)
                r = add_holiday(calendar, first, holidays[i].days);
        }
    }
    return r;
}

static int add_swaps(struct calendar *calendar)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(swaps) / sizeof(swaps[0]); i++) {
        int32_t day, held_day;

        if (local_date_parse(swaps[i].day, &day) < 0 ||
            local_date_parse(swaps[i].held_day, &held_day) < 0)
            return -EINVAL;
        if (day >= calendar->first_day && held_day < calendar->end_day)
            r = set_day(calendar, day, false, held_day);
    }
    return r;
}

int seed_days(
    struct store *store, int64_t county, int32_t first_day, int32_t this_monday, int64_t now_s)
{
    struct calendar calendar = {store, county, now_s, first_day, this_monday, 0};
    int r = add_holidays(&calendar);

    if (r == 0)
        r = add_swaps(&calendar);
    if (r == 0 && calendar.holidays == 0) /* the county's games, on a Friday */
        r = add_holiday(&calendar, this_monday - 3 * 7 + 4, 1);
    return r;
}

/* ---- lessons ---- */

struct found_lesson {
    char id[OCCURRENCES_ID_CHARS];
    int64_t room, start_s;
};

struct search {
    int32_t today;
    int64_t now_s;
    struct found_lesson now[MAX_LESSONS], past[MAX_LESSONS];
    size_t now_count, past_count;
};

static void take(struct found_lesson *list, size_t *count, const struct week_lesson *lesson)
{
    if (*count == MAX_LESSONS)
        return;
    snprintf(list[*count].id, sizeof(list[*count].id), "%s", lesson->id);
    list[*count].room = lesson->room;
    list[(*count)++].start_s = lesson->span.start_s;
}

static void on_lesson(void *user, const struct week_lesson *lesson)
{
    struct search *search = user;

    if (lesson->span.start_s == 0)
        return;
    if (lesson->day < search->today && lesson->span.end_s + OVER_S < search->now_s)
        take(search->past, &search->past_count, lesson);
    else if (lesson->span.start_s < search->now_s + SOON_S &&
             lesson->span.end_s + OVER_S >= search->now_s)
        take(search->now, &search->now_count, lesson);
}

/* Both were known on the day before. */
static int change_past(struct store *store, const struct search *search, int64_t substitute)
{
    struct substitution_report report;
    const struct found_lesson *cancelled = &search->past[search->past_count - 2];
    const struct found_lesson *taken_over = &search->past[search->past_count - 1];
    const struct substitution change = {.lesson = taken_over->id,
        .place = taken_over->room,
        .teacher = substitute,
        .reason = "外出教研，请人代课"};
    int r = substitutions_cancel(
        store, cancelled->id, "停电检修", "coordinator", cancelled->start_s - SECONDS_PER_DAY);

    return r < 0 ? r
                 : substitutions_set(store, &change, "coordinator",
                       taken_over->start_s - SECONDS_PER_DAY, &report);
}

int seed_changes(
    struct store *store, int64_t county, int64_t substitute, int32_t today, int64_t now_s)
{
    struct search search = {.today = today, .now_s = now_s};
    int32_t monday = local_date_monday(today);
    int r = 0;

    /* Sundays' lessons may end on Monday; the last week may have been a holiday. */
    for (int32_t week = monday - 14; r == 0 && week <= monday; week += 7)
        r = week_list(store, county, week, on_lesson, &search);
    if (r == 0 && search.past_count >= 2)
        r = change_past(store, &search, substitute);
    for (size_t i = 0; r == 0 && i < search.now_count; i++)
        r = substitutions_cancel(store, search.now[i].id, "全县教研活动", "coordinator",
            search.now[i].start_s - SECONDS_PER_DAY);
    return r;
}
