/* The lessons around now in a real database: zones with daylight saving, midnights, rooms that follow each other, and
 * who was there. */
#include "signaling/lessons/attendance.h"
#include "signaling/lessons/lesson_day.h"
#include "tests/unit/signaling/store_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define S_PER_DAY 86400

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
};

static void run_sql(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(f->store, sql);

    assert_int_equal(store_run(f->store, statement) < 0, 0);
}

static int64_t ask(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = store_prepare(f->store, sql);
    int64_t value;

    assert_int_equal(store_step(f->store, statement), 1);
    value = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return value;
}

/* A school of that zone with rooms 10 × school + 1 and + 2, periods of which the last goes over midnight, and a teacher. */
static void add_school(struct fixture *f, int school, const char *zone)
{
    static const int periods[][2] = {{150, 210}, {480, 520}, {520, 560}, {1410, 1480}};
    char sql[512];

    snprintf(sql, sizeof(sql),
        "INSERT INTO organisations (id, parent, kind, name, zone, created)"
        " VALUES (%d, NULL, 'county', 's%d', '%s', 1)",
        school, school, zone);
    run_sql(f, sql);
    for (int i = 1; i <= 2; i++) {
        snprintf(sql, sizeof(sql),
            "INSERT INTO rooms (id, school, name, use, created) VALUES (%d, %d, 'r%d', 'both', 1)",
            10 * school + i, school, i);
        run_sql(f, sql);
    }
    snprintf(sql, sizeof(sql),
        "INSERT INTO bell_sets (id, school, name, first_day, last_day) VALUES (%d, %d, 'x', 0, "
        "80000)",
        school, school);
    run_sql(f, sql);
    for (int i = 0; i < 4; i++) {
        snprintf(sql, sizeof(sql), "INSERT INTO bell_periods VALUES (%d, %d, %d, %d)", school,
            i + 1, periods[i][0], periods[i][1]);
        run_sql(f, sql);
    }
    snprintf(sql, sizeof(sql),
        "INSERT INTO people (id, name, login, login_key, role, password, created)"
        " VALUES (%d, 'p%d', 'p%d', 'p%d', 'master_teacher', 'x', 1)",
        school, school, school, school);
    run_sql(f, sql);
    snprintf(sql, sizeof(sql),
        "INSERT INTO terms (id, organisation, name, first_day, last_day) VALUES (%d, %d, 't', 0, "
        "80000)",
        school, school);
    run_sql(f, sql);
}

/* A lesson "eN" of an entry of its own in the first room, received in the second when there is one. */
static void add_lesson(
    struct fixture *f, int number, int school, const char *date, int period, bool received)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
        "INSERT INTO timetable_entries (id, term, subject, grade, mode, room, teacher, weekday, "
        "period, weeks, first_week, last_week, created)"
        " VALUES (%d, %d, 'x', 3, 'co_teaching', %d, %d, 1, %d, 'all', 1, 2, 1)",
        number, school, 10 * school + 1, school, period);
    run_sql(f, sql);
    if (received) {
        snprintf(sql, sizeof(sql),
            "INSERT INTO entry_rooms (entry, room, teacher, delay_s) VALUES (%d, %d, NULL, 0)",
            number, 10 * school + 2);
        run_sql(f, sql);
    }
    snprintf(sql, sizeof(sql),
        "INSERT INTO lessons (id, title, created, entry, day, period) VALUES ('e%d', 'x', 1, %d, "
        "%d, %d)",
        number, number, day_of(date), period);
    run_sql(f, sql);
}

static int open_database(void **state)
{
    static struct fixture f;

    store_folder_make(f.folder);
    f.store = store_folder_open(f.folder);
    add_school(&f, 1, "Asia/Shanghai");
    add_school(&f, 2, "Europe/Berlin");
    *state = &f;
    return 0;
}

static int close_database(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    return store_folder_remove(f->folder);
}

static int64_t utc(const char *date, unsigned hour, unsigned minute)
{
    return (int64_t)day_of(date) * S_PER_DAY + hour * 3600 + minute * 60;
}

static struct day_lesson read_one(struct fixture *f, const char *id, int64_t now_s)
{
    struct lesson_day day;
    struct day_lesson *found, copy;

    assert_int_equal(lesson_day_read(f->store, now_s, false, &day), 0);
    found = lesson_day_find(&day, id);
    assert_non_null(found);
    copy = *found;
    lesson_day_finish(&day);
    return copy;
}

/* When the lesson changes its state, second by second from a day before it on, nobody being there. */
static void changes(struct day_lesson lesson, int64_t ret_at[LESSON_CANCELLED])
{
    struct lesson_there nobody = {false, false};

    memset(ret_at, 0, sizeof(int64_t) * LESSON_CANCELLED);
    for (int64_t now_s = lesson.bell.starts_s - S_PER_DAY;
         now_s < lesson.bell.ends_s + 3 * S_PER_DAY; now_s++) {
        if (lesson_clock_step(&lesson.clock, &lesson.bell, &nobody, now_s) & LESSON_DID_STATE)
            ret_at[lesson.clock.state] = now_s;
    }
}

static void a_lesson_over_midnight_is_of_one_piece(void **state)
{
    struct fixture *f = *state;
    int64_t at[LESSON_CANCELLED];

    /* 23:30 to 00:40 in Shanghai is 15:30 to 16:40 UTC */
    add_lesson(f, 1, 1, "2026-10-08", 4, true);
    changes(read_one(f, "e1", utc("2026-10-08", 15, 0)), at);
    assert_int_equal(at[LESSON_OPEN], utc("2026-10-08", 15, 20));
    assert_int_equal(at[LESSON_ENDED], utc("2026-10-08", 16, 45));
    /* it ended on the 9th, whose midnight is 16:00 UTC */
    assert_int_equal(at[LESSON_ARCHIVED], utc("2026-10-09", 16, 0));
    /* it is read on both dates, by the clocks of both */
    assert_int_equal(
        read_one(f, "e1", utc("2026-10-08", 16, 30)).bell.starts_s, utc("2026-10-08", 15, 30));
    assert_int_equal(
        read_one(f, "e1", utc("2026-10-09", 12, 0)).bell.starts_s, utc("2026-10-08", 15, 30));
}

static void a_lesson_that_had_begun_when_its_bells_changed_keeps_its_time(void **state)
{
    struct fixture *f = *state;
    struct lesson_bell bell;

    add_lesson(f, 1, 1, "2026-10-08", 2, true);
    run_sql(f, "UPDATE lessons SET starts = 1791424800, ends = 1791427200"); /* 10:00 to 10:40 */
    bell = read_one(f, "e1", utc("2026-10-08", 2, 10)).bell;
    assert_int_equal(bell.starts_s, utc("2026-10-08", 2, 0));
    assert_int_equal(bell.ends_s, utc("2026-10-08", 2, 40));
    assert_int_equal(bell.archive_s, utc("2026-10-08", 16, 0));
    /* even without such a period */
    run_sql(f, "DELETE FROM bell_periods");
    assert_int_equal(read_one(f, "e1", utc("2026-10-08", 2, 10)).bell.starts_s, bell.starts_s);
}

static void a_lesson_in_the_night_of_daylight_saving_has_its_length(void **state)
{
    struct fixture *f = *state;
    int64_t at[LESSON_CANCELLED];

    /* spring: 02:30 to 03:30 does not begin on the clock; it is 03:30 to 04:30, 01:30 to 02:30 UTC */
    add_lesson(f, 1, 2, "2027-03-28", 1, true);
    changes(read_one(f, "e1", utc("2027-03-28", 0, 0)), at);
    assert_int_equal(at[LESSON_OPEN], utc("2027-03-28", 1, 20));
    assert_int_equal(at[LESSON_ENDED], utc("2027-03-28", 2, 35));
    assert_int_equal(at[LESSON_ARCHIVED], utc("2027-03-28", 22, 0));
    /* autumn: 02:30 comes twice, and the lesson is the first of them, once */
    add_lesson(f, 2, 2, "2026-10-25", 1, true);
    changes(read_one(f, "e2", utc("2026-10-25", 0, 0)), at);
    assert_int_equal(at[LESSON_OPEN], utc("2026-10-25", 0, 20));
    assert_int_equal(at[LESSON_ARCHIVED], utc("2026-10-25", 23, 0));
}

static void a_lesson_makes_room_for_the_next_of_any_of_its_rooms(void **state)
{
    struct fixture *f = *state;

    add_lesson(f, 1, 1, "2026-10-08", 2, true);
    add_lesson(f, 2, 1, "2026-10-08", 3, false);
    add_lesson(f, 3, 2, "2026-10-08", 3, false); /* elsewhere */
    assert_int_equal(
        read_one(f, "e1", utc("2026-10-08", 0, 0)).bell.next_s, utc("2026-10-08", 0, 40));
    assert_int_equal(read_one(f, "e2", utc("2026-10-08", 0, 0)).bell.next_s, 0);
    assert_true(read_one(f, "e2", utc("2026-10-08", 0, 0)).bell.alone);
    assert_false(read_one(f, "e1", utc("2026-10-08", 0, 0)).bell.alone);
}

static void what_is_done_with_is_not_read_and_what_changes_is_noticed(void **state)
{
    static const char *const changes_of_it[] = {
        "UPDATE bell_periods SET end_minute = 530 WHERE number = 2 AND bell_set = 2",
        "INSERT INTO bell_exceptions VALUES (1, 20000, NULL)",
        "DELETE FROM bell_exceptions",
        "UPDATE timetable_entries SET version = 2",
        "UPDATE entry_rooms SET delay_s = 60",
        "UPDATE lessons SET state = 'cancelled' WHERE id = 'e2'",
        "UPDATE lessons SET period = 3 WHERE id = 'e1'",
    };
    struct fixture *f = *state;
    struct lesson_day day;
    int64_t before, after;

    add_lesson(f, 1, 1, "2026-10-08", 2, true);
    add_lesson(f, 2, 1, "2026-10-08", 3, false);
    add_lesson(f, 3, 1, "2026-10-20", 3, false);
    for (size_t i = 0; i < sizeof(changes_of_it) / sizeof(changes_of_it[0]); i++) {
        assert_int_equal(lesson_day_version(f->store, &before), 0);
        run_sql(f, changes_of_it[i]);
        assert_int_equal(lesson_day_version(f->store, &after), 0);
        if (after <= before)
            fail_msg("%s", changes_of_it[i]);
    }
    /* the bell's own doing is nobody's news */
    run_sql(f, "UPDATE lessons SET state = 'open' WHERE id = 'e1'");
    assert_int_equal(lesson_day_version(f->store, &before), 0);
    assert_int_equal(before, after);
    assert_int_equal(lesson_day_read(f->store, utc("2026-10-08", 0, 0), false, &day), 0);
    assert_int_equal(day.count, 1);
    assert_string_equal(day.lessons[0].id, "e1");
    lesson_day_finish(&day);
    /* what is done with is looked at when the clock may have been ahead */
    run_sql(f, "UPDATE lessons SET state = 'archived' WHERE id != 'e2'");
    assert_int_equal(lesson_day_read(f->store, utc("2026-10-08", 0, 0), false, &day), 0);
    assert_int_equal(day.count, 0);
    assert_int_equal(lesson_day_read(f->store, utc("2026-10-08", 0, 0), true, &day), 0);
    assert_int_equal(day.count, 1);
    assert_int_equal(day.lessons[0].clock.state, LESSON_ARCHIVED);
    assert_true(day.lessons[0].bell.archive_s > utc("2026-10-08", 0, 0));
    lesson_day_finish(&day);
}

/* ---- attendance ---- */

static struct link_record record_of(
    enum link_session_kind kind, const char *source, const char *owner)
{
    struct link_record record = {.kind = kind};

    snprintf(record.lesson, sizeof(record.lesson), "e1");
    snprintf(record.source, sizeof(record.source), "%s", source);
    snprintf(record.owner, sizeof(record.owner), "%s", owner);
    return record;
}

static void a_stay_is_as_long_as_its_sessions_and_its_room_is_known(void **state)
{
    struct fixture *f = *state;
    struct link_record master = record_of(LINK_PUBLISH, "teacher-camera", "person-1");
    struct link_record box = record_of(LINK_PUBLISH, "room-12", "box");
    struct attendance *attendance;

    add_lesson(f, 1, 1, "2026-10-08", 2, true);
    assert_int_equal(attendance_create(f->store, &attendance), 0);
    attendance_note(attendance, &master, true, 1000);
    attendance_note(attendance, &box, true, 1001);
    attendance_note(attendance, &box, true, 1005); /* replaces itself */
    attendance_note(attendance, &box, false, 1006);
    attendance_tick(attendance, 2000000, 1007);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance WHERE left IS NULL"), 2);
    assert_int_equal(ask(f, "SELECT room FROM attendance WHERE source = 'room-12'"), 12);
    assert_int_equal(ask(f, "SELECT room FROM attendance WHERE source = 'teacher-camera'"), 11);
    attendance_note(attendance, &box, false, 1020);
    attendance_tick(attendance, 4000000, 1021);
    assert_int_equal(ask(f, "SELECT left FROM attendance WHERE source = 'room-12'"), 1020);
    attendance_destroy(attendance, 1030);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 2);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance WHERE left IS NULL"), 1);
}

static void a_stay_goes_on_over_a_restart_or_ended_when_the_server_was_last_seen(void **state)
{
    struct fixture *f = *state;
    struct link_record back = record_of(LINK_PUBLISH, "teacher-camera", "person-1");
    struct link_record gone = record_of(LINK_WATCH, "", "person-2");
    struct attendance *attendance;

    assert_int_equal(attendance_create(f->store, &attendance), 0);
    attendance_note(attendance, &back, true, 1000);
    attendance_note(attendance, &gone, true, 1000);
    attendance_tick(attendance, 2000000, 1010);
    attendance_tick(attendance, 4000000, 1025); /* seen */
    attendance_destroy(attendance, 0);          /* killed: nothing more is written */

    assert_int_equal(attendance_create(f->store, &attendance), 0);
    attendance_tick(attendance, 10000000, 2000);
    attendance_note(attendance, &back, true, 2002);
    attendance_tick(attendance, 10000000 + ATTENDANCE_GRACE_US - 1, 2010);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance WHERE left IS NULL"), 2);
    attendance_tick(attendance, 12000000 + ATTENDANCE_GRACE_US, 2020);
    assert_int_equal(ask(f, "SELECT left FROM attendance WHERE source = ''"), 1025);
    assert_int_equal(
        ask(f, "SELECT joined FROM attendance WHERE source != '' AND left IS NULL"), 1000);
    attendance_destroy(attendance, 2030);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 2);
}

/* Comes and, with leaves, goes again: so many others. */
static void note_many(struct attendance *attendance, int count, bool leaves)
{
    for (int i = 0; i < count; i++) {
        char owner[24];
        struct link_record record;

        snprintf(owner, sizeof(owner), "person-%d", 1000 + i);
        record = record_of(LINK_WATCH, "", owner);
        attendance_note(attendance, &record, true, 1000);
        if (leaves)
            attendance_note(attendance, &record, false, 1001);
    }
}

static void of_thousands_at_once_so_many_are_written_in_a_turn(void **state)
{
    struct fixture *f = *state;
    struct attendance *attendance;
    struct link_record record;

    assert_int_equal(attendance_create(f->store, &attendance), 0);
    note_many(attendance, 2 * ATTENDANCE_TURN + 1, false);
    attendance_tick(attendance, 2000000, 1010);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), ATTENDANCE_TURN);
    attendance_tick(attendance, 2100000, 1010);
    attendance_tick(attendance, 2200000, 1010);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 2 * ATTENDANCE_TURN + 1);
    /* nothing more waits: who comes now is written with the next second */
    record = record_of(LINK_WATCH, "", "person-1");
    attendance_note(attendance, &record, true, 1010);
    attendance_tick(attendance, 2300000, 1010);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 2 * ATTENDANCE_TURN + 1);
    attendance_tick(attendance, 3200000, 1011);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 2 * ATTENDANCE_TURN + 2);
    attendance_destroy(attendance, 1030);
}

static void a_turn_that_fails_is_written_later_and_once(void **state)
{
    struct fixture *f = *state;
    struct attendance *attendance;

    run_sql(f, "CREATE TRIGGER full BEFORE INSERT ON attendance WHEN new.subject = 'person-1003'"
               " BEGIN SELECT RAISE(ABORT, 'full'); END");
    assert_int_equal(attendance_create(f->store, &attendance), 0);
    note_many(attendance, ATTENDANCE_TURN + 5, true);
    attendance_tick(attendance, 2000000, 1010);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 0);
    run_sql(f, "DROP TRIGGER full");
    attendance_tick(attendance, 2100000, 1010); /* what failed waits for a second */
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), 0);
    attendance_tick(attendance, 3000000, 1011);
    /* all that is left is written at the end, however much it is */
    attendance_destroy(attendance, 1012);
    assert_int_equal(
        ask(f, "SELECT count(*) FROM attendance WHERE left = 1001"), ATTENDANCE_TURN + 5);
    assert_int_equal(ask(f, "SELECT count(*) FROM attendance"), ATTENDANCE_TURN + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_lesson_over_midnight_is_of_one_piece, open_database, close_database),
        cmocka_unit_test_setup_teardown(
            a_lesson_that_had_begun_when_its_bells_changed_keeps_its_time, open_database,
            close_database),
        cmocka_unit_test_setup_teardown(
            a_lesson_in_the_night_of_daylight_saving_has_its_length, open_database, close_database),
        cmocka_unit_test_setup_teardown(
            a_lesson_makes_room_for_the_next_of_any_of_its_rooms, open_database, close_database),
        cmocka_unit_test_setup_teardown(what_is_done_with_is_not_read_and_what_changes_is_noticed,
            open_database, close_database),
        cmocka_unit_test_setup_teardown(
            a_stay_is_as_long_as_its_sessions_and_its_room_is_known, open_database, close_database),
        cmocka_unit_test_setup_teardown(
            a_stay_goes_on_over_a_restart_or_ended_when_the_server_was_last_seen, open_database,
            close_database),
        cmocka_unit_test_setup_teardown(
            of_thousands_at_once_so_many_are_written_in_a_turn, open_database, close_database),
        cmocka_unit_test_setup_teardown(
            a_turn_that_fails_is_written_later_and_once, open_database, close_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
