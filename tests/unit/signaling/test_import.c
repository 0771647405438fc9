/* Importing a file while others change things, and what people write into cells. */
#include "signaling/import/cells.h"
#include "signaling/import/import.h"
#include "signaling/import/receiving_cell.h"
#include "signaling/schools/rooms.h"
#include "signaling/timetable/local_date.h"
#include "tests/unit/signaling/store_folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOMS "学校,教室\n实验小学,一班\n实验小学,二班\n"

struct fixture {
    char folder[STORE_FOLDER_CHARS];
    struct store *store;
    struct store *other; /* another program's, or the loop's */
    int64_t school;
};

static struct fixture f;

static int64_t add_organisation(enum organisation_kind kind, int64_t parent, const char *name)
{
    struct organisation organisation = {.kind = kind, .parent = parent, .zone = "Asia/Shanghai"};
    int64_t id = 0;

    snprintf(organisation.name, sizeof(organisation.name), "%s", name);
    assert_int_equal(organisations_add(f.store, &organisation, "console", 1, &id), 0);
    return id;
}

static int set_up(void **state)
{
    (void)state;
    store_folder_make(f.folder);
    f.store = store_folder_open(f.folder);
    f.other = store_folder_open(f.folder);
    f.school = add_organisation(
        ORGANISATION_SCHOOL, add_organisation(ORGANISATION_COUNTY, 0, "县"), "实验小学");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(f.other);
    store_close(f.store);
    return store_folder_remove(f.folder);
}

static int64_t count_rooms(void)
{
    sqlite3_stmt *statement = store_prepare(f.store, "SELECT count(*) FROM rooms");
    int64_t count;

    assert_int_equal(store_step(f.store, statement), 1);
    count = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return count;
}

static int run(const struct import_kind *kind, const char *text, const atomic_bool *abandoned,
    struct import_report *ret_report)
{
    const struct import_who who = {.name = "root", .now_s = 1790000000};

    return import_run(
        kind, f.store, &who, (const uint8_t *)text, strlen(text), false, abandoned, ret_report);
}

/* ---- while others change things ---- */

static const char *in_between; /* a room that somebody adds after the first check */
static unsigned checks;

static int check_then_add(struct import *import, void **ret_plan)
{
    struct room room = {.school = f.school, .use = ROOM_BOTH};
    int r = rooms_import.check(import, ret_plan);
    int64_t id;

    if (r == 0 && checks++ == 0) {
        snprintf(room.name, sizeof(room.name), "%s", in_between);
        assert_int_equal(rooms_add(f.other, &room, "console", 1, &id), 0);
    }
    return r;
}

static struct import_kind watched(void)
{
    struct import_kind kind = rooms_import;

    kind.check = check_then_add;
    checks = 0;
    return kind;
}

static void what_was_taken_since_the_check_is_told_and_nothing_written(void **state)
{
    const struct import_kind kind = watched();
    struct import_report report;
    const json_t *fault;

    (void)state;
    in_between = "二班";
    assert_int_equal(run(&kind, ROOMS, NULL, &report), 0);
    assert_int_equal(checks, 2);
    assert_false(report.written);
    assert_int_equal(report.faults.count, 1);
    fault = json_array_get(report.faults.list, 0);
    assert_string_equal(json_string_value(json_object_get(fault, "code")), "taken");
    assert_int_equal(json_integer_value(json_object_get(fault, "row")), 3);
    assert_int_equal(count_rooms(), 1);
    import_report_finish(&report);
}

static void a_change_that_is_in_nobodys_way_stops_nothing(void **state)
{
    const struct import_kind kind = watched();
    struct import_report report;

    (void)state;
    in_between = "九班";
    assert_int_equal(run(&kind, ROOMS, NULL, &report), 0);
    assert_int_equal(checks, 2);
    assert_true(report.written);
    assert_int_equal(count_rooms(), 3);
    import_report_finish(&report);
}

static void who_has_gone_away_has_imported_nothing(void **state)
{
    const atomic_bool abandoned = true;
    struct import_report report;

    (void)state;
    assert_int_equal(run(&rooms_import, ROOMS, &abandoned, &report), -ECANCELED);
    assert_false(report.written);
    assert_int_equal(count_rooms(), 0);
    import_report_finish(&report);
}

static int fail_in_the_middle(struct import *import, void *plan, json_t *result)
{
    int r = rooms_import.write(import, plan, result);

    return r == 0 ? -ENOSPC : r;
}

static void a_write_that_fails_leaves_nothing_behind(void **state)
{
    struct import_kind kind = rooms_import;
    struct import_report report;

    (void)state;
    kind.write = fail_in_the_middle;
    assert_int_equal(run(&kind, ROOMS, NULL, &report), -ENOSPC);
    assert_false(report.written);
    assert_int_equal(count_rooms(), 0);
    import_report_finish(&report);
}

/* ---- cells ---- */

static void dates_and_times_are_read_as_people_and_spreadsheets_write_them(void **state)
{
    static const struct {
        const char *text, *date;
    } dates[] = {
        {"2026-09-01", "2026-09-01"},
        {"2026/9/1", "2026-09-01"},
        {"2026.09.1", "2026-09-01"},
        {"2026年9月1日", "2026-09-01"},
        {"2026年9月1", "2026-09-01"},
        {"2026-02-29", NULL},
        {"2028-02-29", "2028-02-29"},
        {"01/09/2026", NULL},
        {"2026-9", NULL},
        {"2026-09-01 08:00", NULL},
        {"46266", NULL},
        {"", NULL},
    };
    static const struct {
        const char *text;
        int minute;
    } times[] = {
        {"8:30", 510},
        {"08:30", 510},
        {"08：30", 510},
        {"8:30:00", 510},
        {"8:30:01", -1},
        {"24:10", 1450},
        {"48:00", 2880},
        {"48:01", -1},
        {"8:60", -1},
        {"8", -1},
        {"8:", -1},
        {"8:30 AM", -1},
    };
    char date[LOCAL_DATE_CHARS];
    unsigned minute = 0;
    int32_t day = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        if (cells_read_date(dates[i].text, &day) != (dates[i].date != NULL) ||
            (dates[i].date && strcmp(local_date_format(day, date), dates[i].date) != 0))
            fail_msg("%s", dates[i].text);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (cells_read_time(times[i].text, &minute) != (times[i].minute >= 0) ||
            (times[i].minute >= 0 && (int)minute != times[i].minute))
            fail_msg("%s", times[i].text);
    }
}

static void words_of_the_timetable_are_read_in_both_languages(void **state)
{
    static const struct {
        bool (*read)(const char *text, unsigned *ret_value);
        const char *text;
        unsigned value; /* 0: cannot be read */
    } rows[] = {
        {cells_read_weekday, "周一", 1},
        {cells_read_weekday, "星期天", 7},
        {cells_read_weekday, "礼拜日", 7},
        {cells_read_weekday, "Wed", 3},
        {cells_read_weekday, "THURSDAY", 4},
        {cells_read_weekday, "5", 5},
        {cells_read_weekday, "周八", 0},
        {cells_read_weekday, "0", 0},
        {cells_read_weekday, "周", 0},
        {cells_read_grade, "三年级", 3},
        {cells_read_grade, "12", 12},
        {cells_read_grade, "十二年级", 12},
        {cells_read_grade, "初一", 7},
        {cells_read_grade, "高三", 12},
        {cells_read_grade, "Grade 4", 4},
        {cells_read_grade, "初四", 0},
        {cells_read_grade, "十三", 0},
        {cells_read_grade, "grade", 0},
        {cells_read_period, "第3节", 3},
        {cells_read_period, "3", 3},
        {cells_read_period, "0", 0},
        {cells_read_period, "三", 0},
        {cells_read_period, "9999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned value = 0;
        bool read = rows[i].read(rows[i].text, &value);

        if (read != (rows[i].value != 0) || value != rows[i].value)
            fail_msg("%s: %u", rows[i].text, value);
    }
}

static void weeks_are_read_also_as_spreadsheets_rewrite_them(void **state)
{
    static const struct {
        const char *text;
        unsigned first, last; /* 0: cannot be read */
        bool rewritten;
    } rows[] = {
        {"1-18", 1, 18, false},
        {"1–18", 1, 18, false},
        {"第1至18周", 1, 18, false},
        {"5", 5, 5, false},
        {"1月18日", 1, 18, true},
        {"18-Jan", 1, 18, true},
        {"05-Jan", 1, 5, true},
        {"1-May", 1, 5, true},
        {"Jan-18", 1, 18, true},
        {"2026/1/18", 1, 18, true},
        {"2026-01-18", 1, 18, true},
        {"2026年1月18日", 1, 18, true},
        {"1/18/2026", 1, 18, true},
        {"18-Jan-26", 1, 18, true},
        {"3月3日", 3, 3, true},
        {"5月1日", 0, 0, true},
        {"2026/9/1", 0, 0, true},
        {"18-1", 0, 0, false},
        {"1-", 0, 0, false},
        {"第", 0, 0, false},
        {"1月", 0, 0, false},
        {"Ja-18", 0, 0, false},
        {"46040", 46040, 46040, false}, /* weeks that no term has are refused by who asks */
        {"", 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned first = 0, last = 0;

        if (cells_read_week_range(rows[i].text, &first, &last) != (rows[i].first != 0) ||
            first != rows[i].first || last != rows[i].last ||
            cells_is_rewritten_range(rows[i].text) != rows[i].rewritten)
            fail_msg("%s: %u to %u", rows[i].text, first, last);
    }
}

static void assert_reads(const struct receiving_item *item, size_t way, const char *school,
    const char *room, const char *teacher)
{
    struct receiving_room read;

    assert_int_equal(receiving_item_read(item, way, &read), 1);
    assert_string_equal(read.school, school);
    assert_string_equal(read.room, room);
    assert_string_equal(read.teacher, teacher);
}

static void receiving_rooms_are_read_with_their_schools_and_teachers(void **state)
{
    static const char *const expected[][3] = {
        {"白杨教学点", "三年级教室", "赵敏"},
        {"县/石沟", "复式", ""},
        {"", "多功能", "孙 丽"},
        {"学校", "三/四:a\\；b", "钱:多"},
        {"学校", "a\\b", ""},
    };
    const char *cursor = " 白杨教学点/三年级教室：赵敏；;县/石沟/ 复式\n多功能:孙 丽;"
                         "学校/三\\/四\\:a\\\\\\；b：钱\\:多 ; 学校/a\\b; ";
    struct receiving_item item;
    struct receiving_room room;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_true(receiving_cell_next(&cursor, &item));
        assert_reads(&item, 0, expected[i][0], expected[i][1], expected[i][2]);
    }
    assert_false(receiving_cell_next(&cursor, &item));
    cursor = "学校/:谁;好";
    assert_true(receiving_cell_next(&cursor, &item));
    assert_int_equal(receiving_item_read(&item, 0, &room), -EBADMSG);
    assert_true(receiving_cell_next(&cursor, &item));
    assert_reads(&item, 0, "", "好", "");
}

static void a_name_with_signs_is_one_of_the_ways_to_read_it(void **state)
{
    const char *cursor = "县/学校/三/四班:A:李";
    struct receiving_item item;
    struct receiving_room room;
    unsigned found = 0, ways = 0;
    int r;

    (void)state;
    assert_true(receiving_cell_next(&cursor, &item));
    assert_reads(&item, 0, "县/学校/三", "四班", "A:李");
    for (size_t way = 1; (r = receiving_item_read(&item, way, &room)) != 0; way++) {
        ways++;
        found += r == 1 && strcmp(room.school, "县/学校") == 0 &&
                 strcmp(room.room, "三/四班:A") == 0 && strcmp(room.teacher, "李") == 0;
    }
    assert_int_equal(ways, 4 * 3);
    assert_int_equal(found, 1);
}

static void a_name_is_written_as_it_is_read(void **state)
{
    static const char *const names[] = {
        "三年级", "三/1班;A：B", "\\", "\\/:", "a\\b", "；;：:/", ""};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = receiving_cell_write(names[i], text, sizeof(text));
        const char *cursor = text;
        struct receiving_item item;

        assert_int_equal(len, strlen(text));
        assert_int_equal(receiving_cell_write(names[i], text, len), len);
        assert_int_equal(receiving_cell_write(names[i], text, len + 1), len);
        if (!*names[i])
            continue;
        assert_true(receiving_cell_next(&cursor, &item));
        assert_reads(&item, 0, "", names[i], "");
    }
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_was_taken_since_the_check_is_told_and_nothing_written),
        test(a_change_that_is_in_nobodys_way_stops_nothing),
        test(who_has_gone_away_has_imported_nothing),
        test(a_write_that_fails_leaves_nothing_behind),
        cmocka_unit_test(dates_and_times_are_read_as_people_and_spreadsheets_write_them),
        cmocka_unit_test(words_of_the_timetable_are_read_in_both_languages),
        cmocka_unit_test(weeks_are_read_also_as_spreadsheets_rewrite_them),
        cmocka_unit_test(a_name_with_signs_is_one_of_the_ways_to_read_it),
        cmocka_unit_test(a_name_is_written_as_it_is_read),
        cmocka_unit_test(receiving_rooms_are_read_with_their_schools_and_teachers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
