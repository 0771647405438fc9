/* A county's timetable in a real database: weekly lessons placed, refused, moved and taken away. */
#include "signaling/lessons/bell_changes.h"
#include "tests/unit/signaling/placement_county.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void an_entry_makes_a_lesson_on_each_of_its_days(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), read;
    struct placement_report report;
    int64_t id = 0;

    assert_int_equal(save(f, &entry, &report, &id), 0);
    assert_int_equal(report.lessons, 20);
    assert_int_equal(report.without_bell, 0);
    assert_int_equal(report.first_day, day_of("2026-09-02"));
    assert_int_equal(report.first_span.end_s - report.first_span.start_s, 40 * 60);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons WHERE state = 'scheduled'"), 20);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lesson_people"), 40);
    assert_int_equal(
        number_of(f, "SELECT day FROM lessons WHERE id = 'e1-2026-09-09'"), day_of("2026-09-09"));
    assert_int_equal(entries_get(f->store, id, &read), 1);
    assert_string_equal(read.subject, "音乐");
    assert_int_equal(read.version, 1);
    assert_int_equal(read.recurrence.weekday, 3);
    assert_int_equal(read.receiving_count, 1);
    assert_int_equal(read.receiving[0].teacher, f->zhao);
}

static void a_room_with_other_bells_is_offered_its_own_period(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;

    assert_int_equal(placement_check(f->store, &entry, f->now_s, &report), 0);
    assert_true(report.has_offer[0]);
    assert_int_equal(report.offers[0].period, 2);
    assert_int_equal(report.offers[0].delay_s, 300);
    assert_true(report.offers[0].whole);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons"), 0); /* only looked */
}

static void who_is_needed_twice_is_named_and_nothing_is_saved(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = music(f, 3, 2);
    struct placement_report report;
    int64_t first = must_save(f, &entry), id = -1, entries;

    other.room = f->hall;
    other.receiving_count = 0;
    other.recurrence.weeks = RECURRENCE_EVEN;
    assert_int_equal(save(f, &other, &report, &id), -EADDRINUSE);
    assert_int_equal(id, -1);
    assert_int_equal(report.conflict_count, 1);
    assert_int_equal(report.conflicts[0].kind, BOOKED_TEACHER);
    assert_int_equal(report.conflicts[0].id, f->wang);
    assert_int_equal(report.conflicts[0].entry, first);
    assert_int_equal(report.conflicts[0].first_day, day_of("2026-09-09"));
    assert_int_equal(report.conflicts[0].days, 10);
    assert_int_equal(report.conflicts[0].overlap_s, 40 * 60);
    other.teacher = f->li;
    must_save(f, &other);
    /* the studio, the classroom and both teachers */
    other = music(f, 3, 2);
    assert_int_equal(save(f, &other, &report, &id), -EADDRINUSE);
    assert_int_equal(report.conflict_count, 4);
    entries = number_of(f, "SELECT count(*) FROM timetable_entries");
    assert_int_equal(entries, 2);
}

static void a_room_is_planned_only_where_an_active_pairing_covers_the_subject(void **state)
{
    static const struct {
        const char *pairings;
        int expected;
    } cases[] = {
        {"DELETE FROM pairings", -EADDRINUSE},
        {"UPDATE pairings SET subject = '英语'", -EADDRINUSE},
        {"UPDATE pairings SET subject = '音乐', frozen = 1", -EADDRINUSE},
        {"UPDATE pairings SET frozen = 0", 0},
    };
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    int64_t id;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (i == 1)
            pair_rooms(f);
        assert_int_equal(store_run(f->store, store_prepare(f->store, cases[i].pairings)), 0);
        assert_int_equal(placement_check(f->store, &entry, f->now_s, &report), 0);
        assert_int_equal(report.unpaired_count, cases[i].expected < 0);
        assert_int_equal(save(f, &entry, &report, &id), cases[i].expected);
        if (cases[i].expected < 0)
            assert_int_equal(report.unpaired[0], f->classroom);
    }
    assert_int_equal(number_of(f, "SELECT count(*) FROM timetable_entries"), 1);
}

static void another_term_of_the_same_time_counts_too(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = music(f, 3, 2);
    struct placement_report report;
    int64_t id;

    must_save(f, &entry);
    other.term = add_term(f, "兴趣班", "2026-10-01", "2026-10-31");
    pair_rooms(f);
    assert_int_equal(save(f, &other, &report, &id), -EADDRINUSE);
    assert_int_equal(report.conflicts[0].days, 4);
    other.term = add_term(f, "2025 秋", "2025-09-01", "2026-01-17");
    pair_rooms(f);
    assert_int_equal(save(f, &other, &report, &id), -EDOM); /* is over */
    assert_int_equal(report.conflict_count, 0);
}

static void an_entry_that_moves_takes_its_lessons_along(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    int64_t id = must_save(f, &entry);

    assert_int_equal(entries_get(f->store, id, &entry), 1);
    f->now_s = 1790784000; /* 2026-10-01 */
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons WHERE day < 20727"), 5);
    entry.recurrence.weekday = 4;
    assert_int_equal(save(f, &entry, &report, &id), 0);
    /* five Wednesdays were before, Thursdays follow from the first of October on */
    assert_int_equal(report.lessons, 16);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons"), 21);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons WHERE (day + 3) % 7 = 2"), 5);
    entry.period = 3; /* with the version from before */
    assert_int_equal(save(f, &entry, &report, &id), -ESTALE);
    assert_int_equal(number_of(f, "SELECT period FROM timetable_entries"), 2);
}

static void an_entry_that_is_taken_away_leaves_what_was_held(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    int64_t id = must_save(f, &entry);

    assert_int_equal(
        store_run(f->store, store_prepare(f->store, "UPDATE lessons SET state = 'ended'"
                                                    " WHERE id = 'e1-2026-09-09'")),
        0);
    assert_int_equal(placement_remove(f->store, id, 2, "guo", 2), -ESTALE);
    assert_int_equal(placement_remove(f->store, 99, 1, "guo", 2), -ENOENT);
    assert_int_equal(placement_remove(f->store, id, 1, "guo", f->now_s), 0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons"), 1);
    /* it says who taught what where, and is in nobody's way */
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons l JOIN timetable_entries e"
                                  " ON e.id = l.entry WHERE e.past"),
        1);
    assert_int_equal(number_of(f, "SELECT count(*) FROM entry_rooms"), 1);
    assert_int_equal(placement_remove(f->store, id, 1, "guo", f->now_s), -ENOENT);
    id = must_save(f, &entry);
    assert_int_equal(placement_remove(f->store, id, 1, "guo", f->now_s), 0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM timetable_entries"), 1);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons"), 1);
}

static void what_was_taught_stays_what_it_was_when_its_entry_changes(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    int64_t id = must_save(f, &entry);

    f->now_s = 1790784000; /* 2026-10-01: five lessons were held */
    assert_int_equal(entries_get(f->store, id, &entry), 1);
    entry.teacher = f->li;
    entry.receiving_count = 0;
    assert_int_equal(save(f, &entry, &report, &id), 0);
    assert_int_equal(report.lessons, 15);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons l JOIN timetable_entries e"
                                  " ON e.id = l.entry JOIN entry_rooms r ON r.entry = e.id"
                                  " WHERE e.teacher = 1 AND l.day < 20727 AND l.id LIKE 'e1-%'"),
        5);
    assert_int_equal(
        number_of(f, "SELECT count(*) FROM lessons WHERE entry = 1 AND day >= 20727"), 15);
    /* once more on the same day: there is nothing more to keep, and nothing in the way */
    assert_int_equal(entries_get(f->store, id, &entry), 1);
    entry.teacher = f->wang;
    assert_int_equal(save(f, &entry, &report, &id), 0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM timetable_entries"), 2);
}

/* On the first of October, a Thursday. */
#define OCTOBER(hour, minute) (1790784000 + 60 * MINUTE(hour, minute))
#define OF_TODAY              " WHERE l.id = 'e1-2026-10-01'"

/* How often the lesson of that day belongs to Li, and whom it is of. */
static int64_t count_of_li(struct fixture *f)
{
    return number_of(f, "SELECT count(*) FROM lesson_people p JOIN people n ON n.id = p.person"
                        " JOIN lessons l ON l.id = p.lesson" OF_TODAY " AND n.name = '李老师'");
}

static int64_t teacher_of_today(struct fixture *f)
{
    return number_of(
        f, "SELECT e.teacher FROM lessons l JOIN timetable_entries e ON e.id = l.entry" OF_TODAY);
}

/* Wang's lessons of the first period become Li's at that moment. */
static void give_to_li(struct fixture *f, int64_t now_s, const char *state)
{
    struct timetable_entry entry = music(f, 4, 1);
    struct placement_report report;
    char sql[96];
    int64_t id = must_save(f, &entry);

    snprintf(sql, sizeof(sql), "UPDATE lessons SET state = '%s' WHERE id = 'e1-2026-10-01'", state);
    run(f, sql);
    f->now_s = now_s;
    assert_int_equal(entries_get(f->store, id, &entry), 1);
    entry.teacher = f->li;
    assert_int_equal(save(f, &entry, &report, &id), 0);
    assert_int_equal(
        report.first_day, day_of(now_s < OCTOBER(8, 30) ? "2026-10-01" : "2026-10-08"));
    assert_int_equal(number_of(f, "SELECT count(*) FROM lesson_people p JOIN lessons l"
                                  " ON l.id = p.lesson WHERE l.id = 'e1-2026-10-08' AND"
                                  " p.person = (SELECT id FROM people WHERE name = '李老师')"),
        1);
}

static void a_lesson_that_is_over_has_nobody_new_when_its_entry_changes(void **state)
{
    struct fixture *f = *state;

    give_to_li(f, OCTOBER(10, 0), "ended");
    assert_int_equal(teacher_of_today(f), f->wang);
    assert_int_equal(count_of_li(f), 0);
}

static void nor_when_its_bells_are_later_on_the_same_day_after_that(void **state)
{
    struct fixture *f = *state;
    struct bell_set set = {
        .first_day = 20697, .last_day = 20849, .period_count = 1}; /* to the end of January */
    struct bells_edit edit = {.kind = BELLS_EDIT_CHANGE_SET,
        .organisation = f->city,
        .set_id = 1,
        .name = "午后",
        .set = &set};
    struct bell_changes_report report;

    set.periods[0] = (struct bell_period){1, MINUTE(14, 0), MINUTE(14, 40)};
    give_to_li(f, OCTOBER(10, 0), "ended");
    run(f,
        "DELETE FROM lesson_people WHERE person = (SELECT id FROM people WHERE name = '李老师')");
    assert_int_equal(bell_changes_make(f->store, &edit, false, "guo", f->now_s, &report), 0);
    bell_changes_report_finish(&report);
    assert_int_equal(report.kept, 5);  /* with those of September */
    assert_int_equal(report.found, 0); /* it is not made once more */
    assert_int_equal(count_of_li(f), 0);
}

static void a_lesson_that_has_begun_without_its_teacher_is_still_that_teachers(void **state)
{
    struct fixture *f = *state;

    give_to_li(f, OCTOBER(8, 40), "open");
    assert_int_equal(teacher_of_today(f), f->wang);
    assert_int_equal(count_of_li(f), 0);
}

static void who_stood_in_at_that_time_may_have_the_lessons_to_come(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 4, 1), other = music(f, 4, 1);
    struct placement_report report;
    int64_t id = must_save(f, &entry);

    other.room = f->hall;
    other.teacher = f->li;
    other.receiving_count = 0;
    other.recurrence.first_week = other.recurrence.last_week = 5; /* only that of today */
    must_save(f, &other);
    f->now_s = OCTOBER(10, 0);
    assert_int_equal(entries_get(f->store, id, &entry), 1);
    entry.teacher = f->li;
    assert_int_equal(save(f, &entry, &report, &id), 0);
    assert_int_equal(report.conflict_count, 0);
}

static void an_entry_whose_last_lesson_has_begun_is_changed_no_more(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 4, 1);
    struct placement_report report;
    int64_t id;

    entry.recurrence.last_week = 5;
    id = must_save(f, &entry);
    f->now_s = OCTOBER(8, 40);
    assert_int_equal(entries_get(f->store, id, &entry), 1);
    entry.teacher = f->li;
    assert_int_equal(save(f, &entry, &report, &id), -EDOM);
}

static void a_cancelled_lesson_that_may_be_held_after_all_is_of_the_new_teacher(void **state)
{
    struct fixture *f = *state;

    give_to_li(f, OCTOBER(8, 0), "cancelled");
    assert_int_equal(teacher_of_today(f), f->li);
    assert_int_equal(count_of_li(f), 1);
}

static void free_places_are_suggested_the_nearest_first(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = music(f, 3, 2);
    struct placement_slot slots[3];

    must_save(f, &entry);
    entry.recurrence.weekday = 3;
    entry.period = 3;
    must_save(f, &entry);
    assert_int_equal(placement_suggest(f->store, &other, f->now_s, slots, 3), 3);
    assert_int_equal(slots[0].weekday, 3);
    assert_int_equal(slots[0].period, 1);
    assert_int_equal(slots[1].weekday, 3);
    assert_int_equal(slots[1].period, 4);
    assert_int_equal(slots[2].weekday, 2);
    assert_int_equal(slots[2].period, 2);
}

static void what_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    int64_t id;

    entry.grade = 13;
    assert_string_equal(placement_fault(&entry), "grade");
    assert_int_equal(save(f, &entry, &report, &id), -EINVAL);
    entry = music(f, 3, 2);
    entry.room = 999;
    assert_int_equal(save(f, &entry, &report, &id), -ENOENT);
    entry = music(f, 3, 2);
    entry.term = 999;
    assert_int_equal(save(f, &entry, &report, &id), -ENOENT);
    entry = music(f, 3, 9); /* no such period */
    assert_int_equal(save(f, &entry, &report, &id), -EDOM);
    assert_int_equal(report.without_bell, 20);
    entry = music(f, 3, 2);
    entry.teacher = 999;
    assert_int_equal(save(f, &entry, &report, &id), -EEXIST);
    entry = music(f, 3, 2);
    entry.receiving[entry.receiving_count++] = entry.receiving[0];
    assert_int_equal(save(f, &entry, &report, &id), -EEXIST);
    assert_int_equal(number_of(f, "SELECT count(*) FROM timetable_entries"), 0);
    assert_int_equal(number_of(f, "SELECT count(*) FROM lessons"), 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, open_county, remove_county)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_entry_makes_a_lesson_on_each_of_its_days),
        test(a_room_with_other_bells_is_offered_its_own_period),
        test(who_is_needed_twice_is_named_and_nothing_is_saved),
        test(a_room_is_planned_only_where_an_active_pairing_covers_the_subject),
        test(another_term_of_the_same_time_counts_too),
        test(an_entry_that_moves_takes_its_lessons_along),
        test(an_entry_that_is_taken_away_leaves_what_was_held),
        test(what_was_taught_stays_what_it_was_when_its_entry_changes),
        test(a_lesson_that_is_over_has_nobody_new_when_its_entry_changes),
        test(nor_when_its_bells_are_later_on_the_same_day_after_that),
        test(a_lesson_that_has_begun_without_its_teacher_is_still_that_teachers),
        test(who_stood_in_at_that_time_may_have_the_lessons_to_come),
        test(an_entry_whose_last_lesson_has_begun_is_changed_no_more),
        test(a_cancelled_lesson_that_may_be_held_after_all_is_of_the_new_teacher),
        test(free_places_are_suggested_the_nearest_first),
        test(what_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
