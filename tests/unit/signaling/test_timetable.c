/* Dates, zones and bells: when a lesson that was given a date and a period takes place. */
#include "signaling/timetable/bells.h"
#include "signaling/timetable/local_date.h"
#include "signaling/timetable/recurrence.h"
#include "signaling/timetable/school_clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE(hour, minute) ((hour)*60U + (minute))

static int32_t day_of(const char *text)
{
    int32_t day;

    assert_int_equal(local_date_parse(text, &day), 0);
    return day;
}

/* ---- dates ---- */

static void dates_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int32_t day;
        unsigned weekday;
    } dates[] = {
        {"1970-01-01", 0, 4},
        {"1970-01-04", 3, 7},
        {"2000-02-29", 11016, 2},
        {"2026-11-26", 20783, 4},
        {"2100-03-01", 47541, 1},
        {"2199-12-31", 84005, 2},
    };
    char text[LOCAL_DATE_CHARS];

    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        assert_int_equal(day_of(dates[i].text), dates[i].day);
        assert_string_equal(local_date_format(dates[i].day, text), dates[i].text);
        assert_int_equal(local_date_weekday(dates[i].day), dates[i].weekday);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const texts[] = {"", "2026-11-6", "2026-11-260", "2026/11/26", "2026-02-29",
        "2026-13-01", "2026-00-10", "2026-11-00", "1969-12-31", "2200-01-01", " 026-11-26",
        "2026-11-2x", "+026-11-26"};
    int32_t day = 7;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(local_date_parse(texts[i], &day), -EINVAL);
    assert_int_equal(day, 7);
}

static void weeks_of_a_term_begin_on_mondays(void **state)
{
    int32_t first = day_of("2026-09-02"); /* a Wednesday */

    assert_int_equal(local_date_week(first, day_of("2026-08-31")), 1);
    assert_int_equal(local_date_week(first, first), 1);
    assert_int_equal(local_date_week(first, day_of("2026-09-06")), 1);
    assert_int_equal(local_date_week(first, day_of("2026-09-07")), 2);
    assert_int_equal(local_date_week(first, day_of("2026-08-30")), 0);
    assert_int_equal(local_date_week(first, day_of("2026-11-26")), 13);
    assert_int_equal(local_date_monday(day_of("2026-11-29")), day_of("2026-11-23"));
}

/* ---- zones ---- */

static void wall_clocks_become_moments(void **state)
{
    static const struct {
        const char *zone;
        const char *date;
        unsigned minute;
        int64_t utc_s;
    } moments[] = {
        {"Asia/Shanghai", "2026-11-26", MINUTE(8, 30), 1795653000},
        {"Asia/Shanghai", "2026-11-26", MINUTE(24, 10), 1795709400},
        {"Asia/Urumqi", "2026-11-26", MINUTE(8, 30), 1795660200}, {"UTC", "1970-01-01", 0, 0},
        {"Europe/Berlin", "2026-03-28", MINUTE(8, 0), 1774681200},  /* winter */
        {"Europe/Berlin", "2026-03-29", MINUTE(8, 0), 1774764000},  /* summer since the night */
        {"Europe/Berlin", "2026-03-29", MINUTE(2, 30), 1774747800}, /* skipped: 03:30 */
        {"Europe/Berlin", "2026-10-25", MINUTE(2, 30), 1792888200}, /* twice: the first */
        {"Europe/Berlin", "2026-10-25", MINUTE(3, 0), 1792893600},
        {"America/St_Johns", "2026-07-01", MINUTE(9, 0), 1782905400}, /* minus 2 h 30 */
        /* three quarters of an hour, and half an hour of daylight saving */
        {"Asia/Kathmandu", "2026-07-01", MINUTE(9, 0), 1782875700},
        {"Australia/Lord_Howe", "2026-10-04", MINUTE(2, 15), 1791042300}, /* skipped: 02:45 */
    };

    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        struct school_clock *clock;

        assert_int_equal(school_clock_create(moments[i].zone, &clock), 0);
        assert_int_equal(
            school_clock_utc(clock, day_of(moments[i].date), moments[i].minute), moments[i].utc_s);
        school_clock_destroy(clock);
    }
}

static void moments_become_wall_clocks(void **state)
{
    struct school_clock *clock;
    int32_t day;
    uint32_t second;

    assert_int_equal(school_clock_create("Europe/Berlin", &clock), 0);
    for (int32_t date = day_of("2025-12-30"); date < day_of("2027-01-03"); date++) {
        for (unsigned minute = 4 * 60; minute < MINUTES_PER_DAY; minute += 35) {
            school_clock_local(clock, school_clock_utc(clock, date, minute) + 7, &day, &second);
            assert_int_equal(day, date);
            assert_int_equal(second, minute * 60 + 7);
        }
    }
    school_clock_destroy(clock);

    assert_int_equal(school_clock_create("America/New_York", &clock), 0);
    school_clock_local(clock, 1, &day, &second); /* the evening before */
    assert_int_equal(day, -1);
    assert_int_equal(second, 19 * 3600 + 1);
    school_clock_destroy(clock);
}

static void what_is_no_zone_is_refused(void **state)
{
    static const char *const zones[] = {"", "Asia/Chongqin", "/etc/passwd", "../../etc/passwd",
        ":Asia/Shanghai", "北京",
        /* GLib would take these: other people's hours, or those of whichever machine this is */
        "8", "+08:00", "Z", "localtime", "UTC+8", "CST-8", "EST5EDT", "Etc/GMT+8", "posixrules",
        "right/Asia/Shanghai", "leapseconds"};
    struct school_clock *clock = NULL;

    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        assert_int_equal(school_clock_create(zones[i], &clock), -EINVAL);
    assert_null(clock);
    school_clock_destroy(NULL);
}

/* ---- bells ---- */

static const struct bell_period baiyang[] = {
    {1, MINUTE(8, 30), MINUTE(9, 10)},
    {2, MINUTE(9, 20), MINUTE(10, 0)},
    {3, MINUTE(10, 0), MINUTE(10, 40)},
    {9, MINUTE(23, 40), MINUTE(24, 20)},
};

static struct bell_set set_of(
    const char *first, const char *last, const struct bell_period *periods, size_t count)
{
    struct bell_set set = {
        .first_day = day_of(first), .last_day = day_of(last), .period_count = count};

    memcpy(set.periods, periods, count * sizeof(periods[0]));
    return set;
}

struct fixture {
    struct school_clock *clock;
    struct bell_set sets[2];
    struct bell_exception exceptions[3];
    struct bells bells;
};

/* Winter bells begin an hour later. National day is a holiday; on Saturday, 10 October, Wednesday the 7th's
 * timetable is held. */
static int open_school(void **state)
{
    static const struct bell_period winter[] = {{1, MINUTE(9, 30), MINUTE(10, 10)}};
    static struct fixture f;

    assert_int_equal(school_clock_create("Asia/Shanghai", &f.clock), 0);
    f.sets[0] = set_of("2026-09-01", "2027-01-31", baiyang, 4);
    f.sets[1] = set_of("2026-11-01", "2027-01-31", winter, 1);
    f.exceptions[0] = (struct bell_exception){.day = day_of("2026-10-01"), .holiday = true};
    f.exceptions[1] = (struct bell_exception){.day = day_of("2026-10-07"), .holiday = true};
    f.exceptions[2] =
        (struct bell_exception){.day = day_of("2026-10-10"), .held_day = day_of("2026-10-07")};
    f.bells = (struct bells){.clock = f.clock,
        .sets = f.sets,
        .set_count = 2,
        .exceptions = f.exceptions,
        .exception_count = 3};
    *state = &f;
    return 0;
}

static int close_school(void **state)
{
    struct fixture *f = *state;

    school_clock_destroy(f->clock);
    return 0;
}

static void assert_span(
    const struct bells *bells, const char *date, unsigned period, unsigned start, unsigned end)
{
    struct bell_span span;
    int32_t day = day_of(date);

    assert_int_equal(bells_span(bells, day, period, &span), 0);
    assert_int_equal(span.start_s, school_clock_utc(bells->clock, day, start));
    assert_int_equal(span.end_s, school_clock_utc(bells->clock, day, end));
}

static void a_period_has_the_times_of_its_season(void **state)
{
    const struct fixture *f = *state;
    struct bell_span span;

    assert_span(&f->bells, "2026-09-01", 1, MINUTE(8, 30), MINUTE(9, 10));
    assert_span(&f->bells, "2026-10-31", 2, MINUTE(9, 20), MINUTE(10, 0));
    assert_span(&f->bells, "2026-11-01", 1, MINUTE(9, 30), MINUTE(10, 10));
    assert_int_equal(bells_span(&f->bells, day_of("2026-11-01"), 2, &span), -ENOENT);
    assert_int_equal(bells_span(&f->bells, day_of("2026-08-31"), 1, &span), -ENOENT);
    assert_int_equal(bells_span(&f->bells, day_of("2027-02-01"), 1, &span), -ENOENT);
}

static void a_lesson_may_end_after_midnight(void **state)
{
    const struct fixture *f = *state;
    struct bell_span span;

    assert_int_equal(bells_span(&f->bells, day_of("2026-09-01"), 9, &span), 0);
    assert_int_equal(span.end_s - span.start_s, 40 * 60);
    assert_int_equal(span.end_s, school_clock_utc(f->clock, day_of("2026-09-02"), MINUTE(0, 20)));
}

static void holidays_have_no_lessons_and_swapped_days_have_those_of_another(void **state)
{
    const struct fixture *f = *state;
    struct bell_span span;
    int32_t held;

    assert_false(bells_held_day(&f->bells, day_of("2026-10-01"), &held));
    assert_int_equal(bells_span(&f->bells, day_of("2026-10-01"), 1, &span), -ENOENT);
    assert_true(bells_held_day(&f->bells, day_of("2026-10-10"), &held));
    assert_int_equal(held, day_of("2026-10-07"));
    assert_int_equal(local_date_weekday(held), 3);
    assert_span(&f->bells, "2026-10-10", 1, MINUTE(8, 30), MINUTE(9, 10));
    assert_true(bells_held_day(&f->bells, day_of("2026-10-02"), &held));
    assert_int_equal(held, day_of("2026-10-02"));
}

static void faults_of_a_set_name_its_periods(void **state)
{
    static const struct {
        struct bell_period periods[3];
        enum bell_fault fault;
        size_t first, second;
    } sets[] = {
        {{{1, 510, 550}, {2, 550, 590}, {3, 600, 640}}, BELL_FAULT_NONE, 0, 0},
        {{{1, 600, 640}, {2, 550, 590}, {3, 510, 550}}, BELL_FAULT_NONE, 0, 0},
        {{{1, 510, 550}, {2, 549, 590}, {3, 600, 640}}, BELL_FAULT_OVERLAP, 1, 0},
        {{{1, 510, 550}, {2, 560, 590}, {3, 500, 640}}, BELL_FAULT_OVERLAP, 2, 0},
        {{{1, 510, 550}, {2, 560, 600}, {1, 610, 640}}, BELL_FAULT_NUMBER, 2, 0},
        {{{0, 510, 550}, {2, 560, 600}, {3, 610, 640}}, BELL_FAULT_NUMBER, 0, 0},
        {{{1, 510, 550}, {2, 600, 600}, {3, 610, 640}}, BELL_FAULT_TIME, 1, 1},
        {{{1, 510, 550}, {2, 600, 560}, {3, 610, 640}}, BELL_FAULT_TIME, 1, 1},
        {{{1, 510, 550}, {2, 560, 600}, {3, 1440, 1480}}, BELL_FAULT_TIME, 2, 2},
        {{{1, 510, 550}, {2, 560, 600}, {3, 1400, 2881}}, BELL_FAULT_TIME, 2, 2},
        {{{1, 510, 550}, {2, 560, 600}, {3, 700, 2141}}, BELL_FAULT_TIME, 2, 2},
        /* until half past eight of the next day, and a minute longer */
        {{{1, 510, 550}, {2, 560, 600}, {3, 1380, 1950}}, BELL_FAULT_NONE, 0, 0},
        {{{1, 510, 550}, {2, 560, 600}, {3, 1380, 1951}}, BELL_FAULT_OVERLAP, 2, 0},
    };

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct bell_set set = {.period_count = 3};
        size_t periods[2] = {0};

        memcpy(set.periods, sets[i].periods, sizeof(sets[i].periods));
        assert_int_equal(bells_check(&set, periods), sets[i].fault);
        assert_int_equal(periods[0], sets[i].first);
        assert_int_equal(periods[1], sets[i].second);
    }
}

/* The lesson is 08:30 to 09:10 by the city's bells. */
static void of_sets_that_begin_on_the_same_day_the_last_one_counts(void **state)
{
    static const struct bell_period wrong = {1, MINUTE(8, 0), MINUTE(8, 40)},
                                    right = {1, MINUTE(8, 30), MINUTE(9, 10)};
    struct bell_set sets[] = {set_of("2026-09-01", "2027-01-31", &wrong, 1),
        set_of("2026-09-01", "2027-01-31", &right, 1)};
    struct bells bells = {.sets = sets, .set_count = 2};

    assert_ptr_equal(bells_set_of(&bells, day_of("2026-11-26")), &sets[1]);
}

static void a_period_that_begins_in_a_skipped_hour_keeps_its_length(void **state)
{
    static const struct bell_period night = {1, MINUTE(2, 30), MINUTE(3, 0)};
    struct bell_set set = set_of("2026-01-01", "2026-12-31", &night, 1);
    struct school_clock *clock;
    struct bell_span span;

    assert_int_equal(school_clock_create("Europe/Berlin", &clock), 0);
    struct bells bells = {.clock = clock, .sets = &set, .set_count = 1};
    assert_int_equal(bells_span(&bells, day_of("2026-03-29"), 1, &span), 0);
    assert_int_equal(span.start_s, 1774747800); /* 03:30 */
    assert_int_equal(span.end_s - span.start_s, 30 * 60);
    school_clock_destroy(clock);
}

static void a_room_with_other_bells_is_offered_what_fits(void **state)
{
    static const struct {
        struct bell_period periods[2];
        unsigned period, delay_s, overlap_s;
        bool whole;
    } offers[] = {
        {{{1, MINUTE(8, 30), MINUTE(9, 10)}, {2, MINUTE(9, 20), MINUTE(10, 0)}}, 1, 0, 2400, true},
        {{{1, MINUTE(8, 35), MINUTE(9, 15)}, {2, MINUTE(9, 20), MINUTE(10, 0)}}, 1, 300, 2400,
            true},
        {{{1, MINUTE(8, 40), MINUTE(9, 20)}, {2, MINUTE(9, 30), MINUTE(10, 0)}}, 1, 600, 2400,
            true},
        /* a minute beyond what a room may lag behind */
        {{{1, MINUTE(8, 41), MINUTE(9, 21)}, {2, MINUTE(9, 30), MINUTE(10, 0)}}, 1, 600, 2340,
            false},
        /* its bell is earlier: it waits for the lesson, and leaves before the end */
        {{{1, MINUTE(8, 20), MINUTE(9, 0)}, {2, MINUTE(9, 10), MINUTE(9, 50)}}, 1, 0, 1800, false},
        /* shorter lessons */
        {{{1, MINUTE(8, 30), MINUTE(9, 0)}, {2, MINUTE(9, 10), MINUTE(9, 50)}}, 1, 0, 1800, false},
        /* the second one holds more */
        {{{1, MINUTE(8, 0), MINUTE(8, 40)}, {2, MINUTE(8, 45), MINUTE(9, 25)}}, 2, 600, 2100,
            false},
        /* as much in both: the earlier, whichever stands first */
        {{{2, MINUTE(8, 50), MINUTE(9, 10)}, {1, MINUTE(8, 30), MINUTE(8, 50)}}, 1, 0, 1200, false},
    };
    const struct fixture *f = *state;
    int32_t day = day_of("2026-09-01");
    struct bell_span lesson;

    assert_int_equal(bells_span(&f->bells, day, 1, &lesson), 0);
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        struct bell_set set = set_of("2026-09-01", "2026-09-30", offers[i].periods, 2);
        struct bells village = {.clock = f->clock, .sets = &set, .set_count = 1};
        struct bell_offer offer;

        assert_int_equal(bells_offer(&village, day, &lesson, &offer), 0);
        assert_int_equal(offer.period, offers[i].period);
        assert_int_equal(offer.delay_s, offers[i].delay_s);
        assert_int_equal(offer.overlap_s, offers[i].overlap_s);
        assert_int_equal(offer.whole, offers[i].whole);
    }
}

static void a_room_whose_bells_never_meet_the_lesson_is_offered_nothing(void **state)
{
    static const struct bell_period afternoon = {1, MINUTE(14, 0), MINUTE(14, 40)};
    const struct fixture *f = *state;
    int32_t day = day_of("2026-09-01");
    struct bell_set set = set_of("2026-09-01", "2026-09-30", &afternoon, 1);
    struct bell_exception holiday = {.day = day, .holiday = true};
    struct bells village = {.clock = f->clock, .sets = &set, .set_count = 1};
    struct bell_span lesson;
    struct bell_offer offer;

    assert_int_equal(bells_span(&f->bells, day, 1, &lesson), 0);
    assert_int_equal(bells_offer(&village, day, &lesson, &offer), -ENOENT);
    village = f->bells;
    assert_int_equal(bells_offer(&village, day, &lesson, &offer), 0);
    village.exceptions = &holiday;
    village.exception_count = 1;
    assert_int_equal(bells_offer(&village, day, &lesson, &offer), -ENOENT);
}

/* 08:30 in Ürümqi by the sun is 10:30 in Beijing. */
static void rooms_in_other_zones_meet_at_the_same_moment(void **state)
{
    static const struct bell_period morning[] = {
        {1, MINUTE(6, 30), MINUTE(7, 10)}, {2, MINUTE(8, 30), MINUTE(9, 10)}};
    const struct fixture *f = *state;
    int32_t day = day_of("2026-09-01");
    struct bell_set set = set_of("2026-09-01", "2026-09-30", morning, 2);
    struct school_clock *urumqi;
    struct bell_span lesson;
    struct bell_offer offer;

    assert_int_equal(school_clock_create("Asia/Urumqi", &urumqi), 0);
    struct bells village = {.clock = urumqi, .sets = &set, .set_count = 1};
    assert_int_equal(bells_span(&f->bells, day, 1, &lesson), 0);
    assert_int_equal(bells_offer(&village, day, &lesson, &offer), 0);
    assert_int_equal(offer.period, 1);
    assert_true(offer.whole);
    school_clock_destroy(urumqi);
}

/* ---- every week ---- */

struct dates {
    char text[512];
};

static void on_day(void *user, int32_t day)
{
    struct dates *dates = user;
    char text[LOCAL_DATE_CHARS];
    size_t used = strlen(dates->text);

    snprintf(dates->text + used, sizeof(dates->text) - used, "%s ",
        local_date_format(day, text) + strlen("2026-"));
}

static void a_weekly_lesson_is_held_on_its_days_of_the_term(void **state)
{
    static const struct {
        struct recurrence recurrence;
        const char *dates;
    } lessons[] = {
        /* Wednesday, 7 October, is a holiday, and its timetable is that of Saturday */
        {{3, RECURRENCE_ALL, 1, 99}, "09-02 09-09 09-16 09-23 09-30 10-10 10-14 10-21 "},
        {{3, RECURRENCE_ODD, 1, 99}, "09-02 09-16 09-30 10-14 "},
        {{3, RECURRENCE_EVEN, 1, 99}, "09-09 09-23 10-10 10-21 "},
        {{3, RECURRENCE_ALL, 5, 7}, "09-30 10-10 10-14 "},
        {{4, RECURRENCE_ALL, 4, 6}, "09-24 10-08 "}, /* 1 October is a holiday */
        {{6, RECURRENCE_ALL, 6, 7}, "10-17 "},       /* Saturday the 10th has Wednesday's */
        {{1, RECURRENCE_ALL, 1, 2}, "09-07 "},       /* the term begins on a Tuesday */
        {{2, RECURRENCE_ALL, 7, 6}, ""},
    };
    const struct fixture *f = *state;
    struct term term = {day_of("2026-09-01"), day_of("2026-10-25")};

    for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
        struct dates dates = {{0}};

        recurrence_each(&lessons[i].recurrence, &term, &f->bells, on_day, &dates);
        assert_string_equal(dates.text, lessons[i].dates);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_and_written),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(weeks_of_a_term_begin_on_mondays),
        cmocka_unit_test(wall_clocks_become_moments),
        cmocka_unit_test(moments_become_wall_clocks),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(a_period_has_the_times_of_its_season),
        cmocka_unit_test(a_lesson_may_end_after_midnight),
        cmocka_unit_test(holidays_have_no_lessons_and_swapped_days_have_those_of_another),
        cmocka_unit_test(faults_of_a_set_name_its_periods),
        cmocka_unit_test(of_sets_that_begin_on_the_same_day_the_last_one_counts),
        cmocka_unit_test(a_period_that_begins_in_a_skipped_hour_keeps_its_length),
        cmocka_unit_test(a_room_with_other_bells_is_offered_what_fits),
        cmocka_unit_test(a_room_whose_bells_never_meet_the_lesson_is_offered_nothing),
        cmocka_unit_test(rooms_in_other_zones_meet_at_the_same_moment),
        cmocka_unit_test(a_weekly_lesson_is_held_on_its_days_of_the_term),
    };

    return cmocka_run_group_tests(tests, open_school, close_school);
}
