/* What is in a weekly lesson's way beside people and rooms: bells that do not fit, relays that carry no more, devices. */
#include "signaling/lessons/timetable_batch.h"
#include "signaling/relays/planned_capacity.h"
#include "tests/unit/signaling/placement_county.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void check(
    struct fixture *f, const struct timetable_entry *entry, struct placement_report *ret_report)
{
    assert_int_equal(placement_check(f->store, entry, f->now_s, ret_report), 0);
}

/* ---- bells ---- */

/* The village's bells so that its periods begin that much later than the town's. */
static void shift_bells(struct fixture *f, int minutes)
{
    char sql[160];

    snprintf(sql, sizeof(sql),
        "UPDATE bell_periods SET start_minute = start_minute + %d, end_minute = end_minute + %d"
        " WHERE bell_set = 2",
        minutes - 5, minutes - 5);
    run(f, sql);
}

static void a_room_needs_a_period_that_holds_half_of_the_lesson(void **state)
{
    static const struct {
        int later_minutes;
        bool fits;
        unsigned period, overlap_minutes;
    } cases[] = {
        {5, true, 2, 40},
        {10, true, 2, 40},
        {25, true, 2, 25}, /* it plays 10 minutes later than live */
        {30, true, 2, 20},
        {31, false, 2, 19},
        {-20, true, 2, 20}, /* never earlier */
        {200, false, 0, 0},
    };
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    int64_t id;

    run(f, "DELETE FROM bell_periods WHERE bell_set = 2 AND number != 2");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shift_bells(f, cases[i].later_minutes);
        check(f, &entry, &report);
        assert_int_equal(report.mismatch_count, !cases[i].fits);
        assert_int_equal(placement_is_free(&report), cases[i].fits);
        assert_int_equal(report.has_offer[0], cases[i].period > 0);
        if (!cases[i].fits) {
            assert_int_equal(report.mismatches[0].room, f->classroom);
            assert_int_equal(report.mismatches[0].days, 20);
            assert_int_equal(report.mismatches[0].first_day, day_of("2026-09-02"));
            assert_int_equal(report.mismatches[0].period, cases[i].period);
            assert_int_equal(report.mismatches[0].overlap_s, 60 * cases[i].overlap_minutes);
            assert_int_equal(save(f, &entry, &report, &id), -EADDRINUSE);
        } else {
            assert_int_equal(report.offers[0].overlap_s, 60 * cases[i].overlap_minutes);
        }
        shift_bells(f, 10 - cases[i].later_minutes);
    }
    assert_int_equal(number_of(f, "SELECT count(*) FROM timetable_entries"), 0);
}

static void a_room_may_be_booked_live_whatever_its_bells_say(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), read;
    struct placement_report report;
    int64_t id;

    shift_bells(f, 200);
    entry.receiving[0].live = true;
    id = must_save(f, &entry);
    assert_int_equal(entries_get(f->store, id, &read), 1);
    assert_true(read.receiving[0].live);
    /* and stays so when the entry moves */
    read.period = 3;
    assert_int_equal(save(f, &read, &report, &id), 0);
    read.receiving[0].delay_s = 60;
    assert_string_equal(placement_fault(&read), "delay");
}

static void a_holiday_of_the_room_is_no_mismatch_and_a_season_of_others_is(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;

    /* 2 September is the first day */
    run(f, "INSERT INTO bell_exceptions VALUES (3, 20698, NULL)");
    check(f, &entry, &report);
    assert_int_equal(report.mismatch_count, 0);
    assert_true(report.has_offer[0]);
    run(f, "INSERT INTO bell_sets (id, school, name, first_day, last_day) VALUES (9, 3, '冬季', "
           "20789, 20830)"); /* from 2 December on */
    run(f, "INSERT INTO bell_periods VALUES (9, 2, 640, 680)");
    check(f, &entry, &report);
    assert_int_equal(report.mismatch_count, 1);
    assert_int_equal(report.mismatches[0].first_day, day_of("2026-12-02"));
    assert_int_equal(report.mismatches[0].days, 6);
}

static void places_at_which_a_room_s_bells_do_not_fit_are_not_suggested(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_slot slots[20];

    assert_int_equal(placement_suggest(f->store, &entry, f->now_s, slots, 20), 20);
    run(f, "DELETE FROM bell_periods WHERE bell_set = 2 AND number IN (2, 3)");
    assert_int_equal(placement_suggest(f->store, &entry, f->now_s, slots, 20), 10);
    assert_int_equal(slots[0].weekday, 3);
    assert_int_equal(slots[0].period, 1);
}

/* ---- relays ---- */

static void a_lesson_needs_what_is_published_and_who_watches(void **state)
{
    (void)state;
    assert_int_equal(relay_load_of(LESSON_CO_TEACHING, 3), 9);
    assert_int_equal(relay_load_of(LESSON_CO_TEACHING, 0), 2);
    assert_int_equal(relay_load_of(LESSON_DELIVERY, 3), 5);
    assert_int_equal(relay_load_of(LESSON_RECORDED, 3), 0);
    assert_int_equal(relay_load_of(LESSON_RESEARCH, 1), 5);
}

/* Li teaches in the hall, to nobody: two sessions. */
static struct timetable_entry solo(const struct fixture *f, unsigned weekday, unsigned period)
{
    struct timetable_entry entry = music(f, weekday, period);

    entry.room = f->hall;
    entry.teacher = f->li;
    entry.receiving_count = 0;
    return entry;
}

static void lessons_never_need_more_than_the_relays_carry(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = solo(f, 3, 2);
    struct placement_report report;
    struct placement_slot slots[20];
    int64_t id;

    assert_int_equal(planned_capacity_set(f->store, 6, 1), 0);
    must_save(f, &entry); /* five */
    other.recurrence.weeks = RECURRENCE_EVEN;
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 10);
    assert_int_equal(report.overload.day, day_of("2026-09-09"));
    assert_int_equal(report.overload.needed, 7);
    assert_int_equal(report.overload.available, 6);
    assert_int_equal(report.overload.end_s - report.overload.start_s, 40 * 60);
    assert_int_equal(report.overload.start_s, report.first_span.start_s);
    assert_int_equal(save(f, &other, &report, &id), -EADDRINUSE);
    assert_int_equal(report.overload.days, 10);
    assert_int_equal(report.conflict_count, 0);
    /* the same place is not suggested */
    assert_int_equal(placement_suggest(f->store, &other, f->now_s, slots, 20), 19);
    assert_int_equal(slots[0].period, 1);
    other.mode = LESSON_RECORDED;
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    other.mode = LESSON_CO_TEACHING;
    assert_int_equal(planned_capacity_set(f->store, 7, 1), 0);
    must_save(f, &other);
    /* neither is in its own way */
    entry.id = 1;
    entry.version = 1;
    must_save(f, &entry);
}

static void a_lesson_that_is_too_large_alone_is_refused_too(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;
    struct placement_slot slots[3];

    assert_int_equal(planned_capacity_set(f->store, 4, 1), 0);
    check(f, &entry, &report);
    assert_int_equal(report.overload.needed, 5);
    assert_int_equal(report.overload.days, 20);
    assert_int_equal(placement_suggest(f->store, &entry, f->now_s, slots, 3), 0);
}

static void one_lesson_may_begin_when_another_ends_or_its_room_has_a_holiday(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = solo(f, 3, 1);
    struct placement_report report;

    assert_int_equal(planned_capacity_set(f->store, 6, 1), 0);
    must_save(f, &entry);
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    /* the town's first period ends at 9:20 now, when the second begins */
    run(f, "UPDATE bell_periods SET end_minute = 560 WHERE bell_set = 1 AND number = 1");
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    run(f, "UPDATE bell_periods SET start_minute = 559 WHERE bell_set = 1 AND number = 2");
    run(f, "UPDATE bell_periods SET end_minute = 559 WHERE bell_set = 1 AND number = 1");
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    other.period = 2;
    run(f, "INSERT INTO bell_exceptions VALUES (3, 20698, NULL)");
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 19);
}

static void a_day_that_holds_another_day_s_lessons_counts_them(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2), other = solo(f, 4, 2);
    struct placement_report report;

    assert_int_equal(planned_capacity_set(f->store, 6, 1), 0);
    must_save(f, &entry);
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    /* the village's Wednesday lessons of the hall's own school are held on a Thursday: all of that day are */
    run(f, "INSERT INTO bell_exceptions VALUES (2, 20699, 20698)");
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 0);
    /* another school holds Thursday on that day, beside this one's Wednesday */
    run(f,
        "INSERT INTO rooms (id, school, name, use, created) VALUES (90, 3, '村录播', 'master', 0)");
    other.room = 90;
    check(f, &other, &report);
    assert_int_equal(report.overload.days, 1);
    assert_int_equal(report.overload.day, day_of("2026-09-03"));
}

static void the_operator_s_word_comes_first_then_what_relays_announce(void **state)
{
    static const struct announced_capacity relays[] = {{"east", 30}, {"west", 12}};
    const int64_t month_s = PLANNED_CAPACITY_LIFE_S;
    struct fixture *f = *state;
    int64_t sessions;

    assert_int_equal(planned_capacity_get(f->store, &sessions), 0);
    assert_int_equal(sessions, PLANNED_CAPACITY_DEFAULT);
    assert_int_equal(planned_capacity_note(f->store, relays, 2, 100), 0);
    assert_int_equal(planned_capacity_get(f->store, &sessions), 0);
    assert_int_equal(sessions, 42);
    assert_int_equal(planned_capacity_set(f->store, 7, 100), 0);
    assert_int_equal(planned_capacity_get(f->store, &sessions), 0);
    assert_int_equal(sessions, 7);
    assert_int_equal(planned_capacity_set(f->store, 0, 100), 0);
    /* who was not here for a month carries nothing */
    assert_int_equal(planned_capacity_note(f->store, relays, 1, 100 + month_s), 0);
    assert_int_equal(planned_capacity_get(f->store, &sessions), 0);
    assert_int_equal(sessions, 42);
    assert_int_equal(planned_capacity_note(f->store, relays, 1, 101 + month_s + 86400), 0);
    assert_int_equal(planned_capacity_get(f->store, &sessions), 0);
    assert_int_equal(sessions, 30);
}

static void a_file_s_lessons_are_added_up_with_all_that_is_planned(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry planned = music(f, 3, 2);
    struct timetable_entry entries[2] = {solo(f, 3, 2), solo(f, 4, 2)};
    struct relay_overload overloads[2] = {{0}};
    struct timetable_batch *batch;

    must_save(f, &planned);
    assert_int_equal(planned_capacity_set(f->store, 6, 1), 0);
    assert_int_equal(timetable_batch_create(f->store, entries, 2, f->now_s, &batch), 0);
    assert_int_equal(timetable_batch_check_relays(batch, overloads), 0);
    assert_int_equal(overloads[0].days, 20);
    assert_int_equal(overloads[0].needed, 7);
    assert_int_equal(overloads[1].days, 0);
    timetable_batch_destroy(batch);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Minute by minute, of the days of one week. */
static unsigned most_at_once(struct fixture *f, const struct timetable_entry *extra)
{
    unsigned most = 0;

    for (unsigned weekday = 1; weekday <= 2; weekday++) {
        for (unsigned minute = MINUTE(8, 0); minute < MINUTE(13, 0); minute++) {
            char sql[512];
            unsigned sum;

            snprintf(sql, sizeof(sql),
                "SELECT ifnull(sum(2), 0) FROM timetable_entries e JOIN rooms m ON m.id = e.room"
                " JOIN bell_sets s ON s.school = m.school JOIN bell_periods p ON p.bell_set = s.id"
                " AND p.number = e.period WHERE e.weekday = %u AND start_minute <= %u"
                " AND end_minute > %u",
                weekday, minute, minute);
            sum = (unsigned)number_of(f, sql);
            snprintf(sql, sizeof(sql),
                "SELECT count(*) * 2 FROM rooms m JOIN bell_sets s ON s.school = m.school"
                " JOIN bell_periods p ON p.bell_set = s.id WHERE m.id = %lld AND p.number = %u"
                " AND %u = %u AND start_minute <= %u AND end_minute > %u",
                (long long)extra->room, extra->period, extra->recurrence.weekday, weekday, minute,
                minute);
            sum += (unsigned)number_of(f, sql);
            most = sum > most ? sum : most;
        }
    }
    return most;
}

static void what_fits_is_what_fits_minute_by_minute(void **state)
{
    struct fixture *f = *state;
    struct placement_report report;
    uint32_t seed = 7;
    unsigned refused = 0;

    run(f, "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 39)"
           " INSERT INTO rooms (id, school, name, use, created) SELECT 100 + i, 2 + i % 2, 'r' || "
           "i, 'master', 0 FROM n");
    shift_bells(f, 25);
    assert_int_equal(planned_capacity_set(f->store, 10, 1), 0);
    for (unsigned i = 0; i < 40; i++) {
        struct timetable_entry entry =
            solo(f, 1 + next_random(&seed) % 2, 1 + next_random(&seed) % 3);
        bool fits;
        int64_t id;
        char name[16];

        snprintf(name, sizeof(name), "t%u", i);
        entry.teacher = add_person(f, name, "master_teacher");
        entry.room = 100 + i;
        fits = most_at_once(f, &entry) <= 10;
        assert_int_equal(save(f, &entry, &report, &id), fits ? 0 : -EADDRINUSE);
        assert_int_equal(report.overload.days > 0, !fits);
        refused += !fits;
    }
    assert_in_range(refused, 5, 30);
}

/* ---- devices ---- */

static void add_device(struct fixture *f, int64_t room, const char *kind, const char *revoked)
{
    char sql[256];

    snprintf(sql, sizeof(sql),
        "INSERT INTO devices (room, kind, name, public_key, enrolled, revoked, seen, version,"
        " health) VALUES (%lld, '%s', 'x', randomblob(32), 1, %s, 1, '1', '')",
        (long long)room, kind, revoked);
    run(f, sql);
}

static void a_room_without_its_device_is_a_warning_and_no_conflict(void **state)
{
    struct fixture *f = *state;
    struct timetable_entry entry = music(f, 3, 2);
    struct placement_report report;

    add_device(f, f->studio, "player", "NULL"); /* not the kind that teaches */
    add_device(f, f->classroom, "player", "1"); /* revoked */
    check(f, &entry, &report);
    assert_true(report.without_capture);
    assert_int_equal(report.without_player_count, 1);
    assert_int_equal(report.without_player[0], f->classroom);
    assert_true(placement_is_free(&report));
    must_save(f, &entry);
    add_device(f, f->studio, "capture", "NULL");
    add_device(f, f->classroom, "player", "NULL");
    check(f, &entry, &report);
    assert_false(report.without_capture);
    assert_int_equal(report.without_player_count, 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, open_county, remove_county)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_room_needs_a_period_that_holds_half_of_the_lesson),
        test(a_room_may_be_booked_live_whatever_its_bells_say),
        test(a_holiday_of_the_room_is_no_mismatch_and_a_season_of_others_is),
        test(places_at_which_a_room_s_bells_do_not_fit_are_not_suggested),
        cmocka_unit_test(a_lesson_needs_what_is_published_and_who_watches),
        test(lessons_never_need_more_than_the_relays_carry),
        test(a_lesson_that_is_too_large_alone_is_refused_too),
        test(one_lesson_may_begin_when_another_ends_or_its_room_has_a_holiday),
        test(a_day_that_holds_another_day_s_lessons_counts_them),
        test(the_operator_s_word_comes_first_then_what_relays_announce),
        test(a_file_s_lessons_are_added_up_with_all_that_is_planned),
        test(what_fits_is_what_fits_minute_by_minute),
        test(a_room_without_its_device_is_a_warning_and_no_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
