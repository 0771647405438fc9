/* A term's lessons and its conflicts. */
#include "signaling/timetable/local_date.h"
#include "signaling/timetable/term_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WANG    1
#define LI      2
#define ZHAO    3
#define CITY    11
#define BAIYANG 21
#define SHIGOU  22

struct fixture {
    struct school_clock *clock;
    struct bell_set set;
    struct bell_exception holiday;
    struct bells bells;
    struct term term;
};

static int32_t day_of(const char *text)
{
    int32_t day;

    assert_int_equal(local_date_parse(text, &day), 0);
    return day;
}

/* Three weeks, 40-minute periods at 8:30, 9:20 and 10:00; a holiday on Thursday of the second week. */
static int open_term(void **state)
{
    static struct fixture f;

    assert_int_equal(school_clock_create("Asia/Shanghai", &f.clock), 0);
    f.term = (struct term){day_of("2026-09-07"), day_of("2026-09-27")};
    f.set = (struct bell_set){.first_day = f.term.first_day,
        .last_day = f.term.last_day,
        .period_count = 3,
        .periods = {{1, 510, 550}, {2, 560, 600}, {3, 600, 640}}};
    f.holiday = (struct bell_exception){.day = day_of("2026-09-17"), .holiday = true};
    f.bells = (struct bells){.clock = f.clock,
        .sets = &f.set,
        .set_count = 1,
        .exceptions = &f.holiday,
        .exception_count = 1};
    *state = &f;
    return 0;
}

static int close_term(void **state)
{
    struct fixture *f = *state;

    school_clock_destroy(f->clock);
    return 0;
}

static struct plan_entry entry_of(const struct fixture *f, int64_t id, unsigned weekday,
    unsigned period, int64_t teacher, int64_t room, const struct plan_room *receiving)
{
    return (struct plan_entry){.id = id,
        .term = &f->term,
        .recurrence = {weekday, RECURRENCE_ALL, 1, 99},
        .bells = &f->bells,
        .period = period,
        .teacher = teacher,
        .room = room,
        .receiving = receiving,
        .receiving_count = receiving ? 1 : 0};
}

static bool note_span(void *user, const struct plan_conflict *conflict)
{
    struct bell_span *spans = user;

    spans[0] = conflict->first_span;
    spans[1] = conflict->second_span;
    return true;
}

static void a_room_plays_each_day_as_much_later_as_it_does_that_day(void **state)
{
    const struct fixture *f = *state;
    const int32_t second = day_of("2026-09-14");
    const struct plan_delay delays[] = {{second, 600}};
    const struct plan_room late = {
        .room = BAIYANG, .delay_s = 60, .bells = &f->bells, .delays = delays, .delay_count = 1};
    const struct plan_room live = {.room = BAIYANG, .bells = &f->bells};
    const struct plan_entry entries[] = {
        entry_of(f, 1, 1, 1, WANG, CITY, &late), entry_of(f, 2, 1, 2, LI, SHIGOU, &live)};
    struct bell_span spans[2] = {{0, 0}, {0, 0}};
    struct term_plan plan;

    assert_int_equal(plan_room_delay(&late, second), 600);
    assert_int_equal(plan_room_delay(&late, second - 7), 60);
    assert_int_equal(plan_room_delay(&live, second), 0);
    assert_int_equal(term_plan_init(&plan, entries, 2), 0);
    /* 8:30 to 9:10, ten minutes later: it is over when the next one begins */
    assert_int_equal(term_plan_find_conflicts(&plan, note_span, spans), 0);
    assert_int_equal(spans[0].start_s, 0);
    term_plan_finish(&plan);
}

static void a_conflict_says_when_each_lesson_needs_it(void **state)
{
    const struct fixture *f = *state;
    const int32_t second = day_of("2026-09-14");
    const struct plan_delay delays[] = {{second, 600}};
    const struct plan_room late = {
        .room = BAIYANG, .bells = &f->bells, .delays = delays, .delay_count = 1};
    const struct plan_room live = {.room = BAIYANG, .bells = &f->bells};
    const struct plan_entry entries[] = {
        entry_of(f, 1, 1, 2, WANG, CITY, &late), entry_of(f, 2, 1, 3, LI, SHIGOU, &live)};
    struct bell_span spans[2] = {{0, 0}, {0, 0}};
    struct term_plan plan;

    assert_int_equal(term_plan_init(&plan, entries, 2), 0);
    assert_int_equal(term_plan_find_conflicts(&plan, note_span, spans), 0);
    assert_int_equal(spans[0].end_s - spans[1].start_s, 600);
    assert_int_equal(plan.lessons[1].span.start_s + 600, spans[0].start_s);
    term_plan_finish(&plan);
}

static void each_week_has_its_lesson_but_the_holiday(void **state)
{
    const struct fixture *f = *state;
    struct plan_entry entries[] = {
        entry_of(f, 100, 4, 2, WANG, CITY, NULL), entry_of(f, 101, 1, 1, WANG, CITY, NULL)};
    struct term_plan plan;

    assert_int_equal(term_plan_init(&plan, entries, 2), 0);
    assert_int_equal(plan.lesson_count, 5);
    assert_int_equal(plan.without_bell_count, 0);
    assert_int_equal(plan.lessons[0].entry->id, 100);
    assert_int_equal(plan.lessons[0].day, day_of("2026-09-10"));
    assert_int_equal(
        plan.lessons[0].span.start_s, school_clock_utc(f->clock, day_of("2026-09-10"), 560));
    assert_int_equal(plan.lessons[1].day, day_of("2026-09-24"));
    assert_int_equal(plan.lessons[4].day, day_of("2026-09-21"));
    term_plan_finish(&plan);
}

static void a_period_that_the_bells_do_not_have_is_counted(void **state)
{
    const struct fixture *f = *state;
    struct plan_entry entry = entry_of(f, 100, 4, 7, WANG, CITY, NULL);
    struct term_plan plan;

    assert_int_equal(term_plan_init(&plan, &entry, 1), 0);
    assert_int_equal(plan.lesson_count, 0);
    assert_int_equal(plan.without_bell_count, 2);
    term_plan_finish(&plan);
}

/* ---- conflicts ---- */

/* "kind id first/second@day …" */
static bool describe(void *user, const struct plan_conflict *conflict)
{
    char *text = user;
    char date[LOCAL_DATE_CHARS];
    size_t used = strlen(text);

    snprintf(text + used, 512 - used, "%d %d %d/%d@%s ", (int)conflict->kind, (int)conflict->id,
        (int)conflict->first->entry->id, (int)conflict->second->entry->id,
        local_date_format(conflict->first->day, date) + strlen("2026-"));
    return true;
}

static void assert_conflicts(
    const struct fixture *f, const struct plan_entry *entries, size_t count, const char *expected)
{
    struct term_plan plan;
    char text[512] = "";

    assert_int_equal(term_plan_init(&plan, entries, count), 0);
    assert_int_equal(term_plan_find_conflicts(&plan, describe, text), 0);
    assert_string_equal(text, expected);
    term_plan_finish(&plan);
}

static void a_teacher_in_two_rooms_is_found_each_week(void **state)
{
    const struct fixture *f = *state;
    struct plan_entry entries[] = {entry_of(f, 100, 4, 2, WANG, CITY, NULL),
        entry_of(f, 101, 4, 2, WANG, CITY + 1, NULL), entry_of(f, 102, 4, 3, WANG, CITY, NULL)};

    /* the third one begins when the others end */
    assert_conflicts(f, entries, 3, "0 1 100/101@09-10 0 1 100/101@09-24 ");
}

static void a_receiving_room_and_its_teacher_are_booked_too(void **state)
{
    const struct fixture *f = *state;
    struct plan_room baiyang = {BAIYANG, ZHAO, 0, &f->bells}, shigou = {SHIGOU, ZHAO, 0, &f->bells},
                     nobody = {BAIYANG + 9, 0, 0, &f->bells};
    struct plan_entry entries[] = {entry_of(f, 100, 1, 1, WANG, CITY, &baiyang),
        entry_of(f, 101, 1, 1, LI, CITY + 1, &shigou),
        entry_of(f, 102, 1, 1, LI + 9, CITY + 2, &nobody),
        entry_of(f, 103, 1, 1, LI + 8, BAIYANG, &nobody)};

    entries[0].recurrence.last_week = entries[1].recurrence.last_week = 1;
    entries[2].recurrence.last_week = entries[3].recurrence.last_week = 1;
    entries[3].receiving_count = 0;
    assert_conflicts(f, entries, 4, "0 3 100/101@09-07 1 21 100/103@09-07 ");
}

static void a_room_that_plays_later_is_booked_later(void **state)
{
    const struct fixture *f = *state;
    struct plan_room later = {BAIYANG, ZHAO, 300, &f->bells},
                     at_once = {BAIYANG, LI + 9, 0, &f->bells};
    struct plan_entry entries[] = {
        entry_of(f, 100, 1, 2, WANG, CITY, &later), entry_of(f, 101, 1, 3, LI, CITY + 1, &at_once)};

    entries[0].recurrence.last_week = entries[1].recurrence.last_week = 1;
    assert_conflicts(f, entries, 2, "1 21 100/101@09-07 ");
    later.delay_s = 0;
    assert_conflicts(f, entries, 2, "");
}

static void a_room_is_free_on_a_holiday_of_its_own(void **state)
{
    const struct fixture *f = *state;
    struct bell_exception holiday = {.day = day_of("2026-09-07"), .holiday = true};
    struct bells closed = f->bells;
    struct plan_room here = {BAIYANG, 0, 0, &f->bells}, too = {BAIYANG, 0, 0, &f->bells};
    struct plan_entry entries[] = {
        entry_of(f, 100, 1, 1, WANG, CITY, &here), entry_of(f, 101, 1, 1, LI, CITY + 1, &too)};

    entries[0].recurrence.last_week = entries[1].recurrence.last_week = 1;
    assert_conflicts(f, entries, 2, "1 21 100/101@09-07 ");
    closed.exceptions = &holiday;
    closed.exception_count = 1;
    here.bells = &closed;
    assert_conflicts(f, entries, 2, "");
}

static void odd_and_even_weeks_share_a_period(void **state)
{
    const struct fixture *f = *state;
    struct plan_entry entries[] = {
        entry_of(f, 100, 2, 1, WANG, CITY, NULL), entry_of(f, 101, 2, 1, WANG, CITY, NULL)};

    entries[0].recurrence.weeks = RECURRENCE_ODD;
    entries[1].recurrence.weeks = RECURRENCE_EVEN;
    assert_conflicts(f, entries, 2, "");
    entries[1].recurrence.weeks = RECURRENCE_ALL;
    assert_conflicts(f, entries, 2,
        "0 1 100/101@09-08 0 1 100/101@09-22 1 11 100/101@09-08 1 11 100/101@09-22 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_plays_each_day_as_much_later_as_it_does_that_day),
        cmocka_unit_test(a_conflict_says_when_each_lesson_needs_it),
        cmocka_unit_test(each_week_has_its_lesson_but_the_holiday),
        cmocka_unit_test(a_period_that_the_bells_do_not_have_is_counted),
        cmocka_unit_test(a_teacher_in_two_rooms_is_found_each_week),
        cmocka_unit_test(a_receiving_room_and_its_teacher_are_booked_too),
        cmocka_unit_test(a_room_that_plays_later_is_booked_later),
        cmocka_unit_test(a_room_is_free_on_a_holiday_of_its_own),
        cmocka_unit_test(odd_and_even_weeks_share_a_period),
    };

    return cmocka_run_group_tests(tests, open_term, close_term);
}
