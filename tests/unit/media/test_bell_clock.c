/* When a device wakes, joins and leaves. */
#include "media/bell_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60)
#define DAY    INT64_C(1795734000) /* some midnight */

static struct day_plan plan;

/* Lessons of 40 minutes that start so many minutes after midnight. */
static void plan_lessons(const int *starts, size_t count)
{
    plan = (struct day_plan){.count = count};
    for (size_t i = 0; i < count; i++) {
        snprintf(plan.lessons[i].id, sizeof(plan.lessons[i].id), "lesson-%zu", i);
        plan.lessons[i].start_s = DAY + starts[i] * MINUTE;
        plan.lessons[i].end_s = plan.lessons[i].start_s + 40 * MINUTE;
    }
}

static struct bell_view look(double minute)
{
    struct bell_view view;

    bell_clock_look(&plan, (int64_t)(((double)DAY + minute * 60) * 1000), &view);
    return view;
}

static void assert_view(double minute, enum bell_phase phase, int lesson, double change)
{
    struct bell_view view = look(minute);

    assert_int_equal(view.phase, phase);
    assert_ptr_equal(view.lesson, lesson < 0 ? NULL : &plan.lessons[lesson]);
    assert_int_equal(
        view.change_ms, change < 0 ? INT64_MAX : (int64_t)(((double)DAY + change * 60) * 1000));
}

static void a_device_wakes_checks_joins_and_leaves(void **state)
{
    static const int starts[] = {510};

    (void)state;
    plan_lessons(starts, 1);
    assert_view(0, BELL_IDLE, 0, 500);
    assert_view(500, BELL_WAKE, 0, 505);
    assert_view(505, BELL_CHECK, 0, 508);
    assert_view(508, BELL_JOIN, 0, 555);
    assert_view(530, BELL_JOIN, 0, 555); /* switched on in mid-lesson */
    assert_view(554.99, BELL_JOIN, 0, 555);
    assert_view(555, BELL_IDLE, -1, -1);
}

static void the_next_lesson_ends_the_one_before_two_minutes_early(void **state)
{
    static const int starts[] = {510, 555}; /* five minutes between them */

    (void)state;
    plan_lessons(starts, 2);
    assert_view(549, BELL_JOIN, 0, 553);
    assert_ptr_equal(look(549).after, &plan.lessons[1]);
    assert_view(553, BELL_JOIN, 1, 600);
}

static void of_lessons_that_touch_the_earlier_goes_on_to_its_end(void **state)
{
    static const int starts[] = {510, 550, 591};

    (void)state;
    plan_lessons(starts, 3);
    assert_view(549.5, BELL_JOIN, 0, 550);
    assert_view(550, BELL_JOIN, 1, 590);
    assert_view(590, BELL_JOIN, 2, 636);
}

static void what_is_over_is_left_whatever_the_bell_says(void **state)
{
    static const int starts[] = {510, 555};

    (void)state;
    plan_lessons(starts, 2);
    plan.lessons[0].is_over = true;
    assert_view(520, BELL_IDLE, 1, 545);
    plan.lessons[1].is_over = true;
    assert_view(520, BELL_IDLE, -1, -1);
    plan.lessons[0].is_over = false;
    assert_view(554, BELL_JOIN, 0, 555); /* nothing follows: five minutes after its end */
}

/* A lesson that is taught at minute 505 and played ten minutes later. */
static void plan_shifted_lesson(void)
{
    static const int starts[] = {515, 570};

    plan_lessons(starts, 2);
    plan.lessons[0].delay_s = 10 * MINUTE;
}

static void a_room_that_plays_it_later_joins_by_the_masters_bell_and_leaves_by_its_own(void **state)
{
    (void)state;
    plan_shifted_lesson();
    assert_view(495, BELL_WAKE, 0, 500);
    assert_view(500, BELL_CHECK, 0, 503);
    assert_view(503, BELL_JOIN, 0, 560);
    assert_view(559.9, BELL_JOIN, 0, 560);
    assert_view(560, BELL_WAKE, 1, 565);
    plan.lessons[1].delay_s =
        10 * MINUTE; /* taught at 560, while ours is played to its end at 555 */
    assert_view(555, BELL_JOIN, 0, 558);
    plan.lessons[1].delay_s = 0;
}

static void who_comes_too_late_to_play_it_later_is_live(void **state)
{
    static const struct {
        double minute;
        int64_t shift_s;
    } examples[] = {{503, 600}, {505, 600}, {510, 600}, {510.1, 0}, {514, 0}, {530, 0}};

    (void)state;
    plan_shifted_lesson();
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        assert_int_equal(bell_clock_shift_s(&plan.lessons[0],
                             (int64_t)(((double)DAY + examples[i].minute * 60) * 1000)),
            examples[i].shift_s);
    assert_int_equal(bell_clock_shift_s(&plan.lessons[1], DAY * 1000), 0);
}

static void without_a_timetable_nothing_is_due(void **state)
{
    struct bell_view view;

    (void)state;
    bell_clock_look(NULL, 0, &view);
    assert_int_equal(view.phase, BELL_IDLE);
    assert_null(view.lesson);
}

/* ---- the timetable as the server tells it ---- */

#define LESSON                                                                                       \
    "{\"id\":\"e1-2026-11-27\",\"subject\":\"音乐\",\"grade\":3,\"teacher\":\"王芳\",\"state\":" \
    "\"scheduled\",\"start\":1795740000,\"end\":1795742400,\"delay_s\":0,\"path\":\"%s\","           \
    "\"master_room\":{\"id\":1,\"name\":\"录播教室一\"}}"
#define DAY_OF(lessons)                                                                                  \
    "{\"now_ms\":1795734000123,\"room\":{\"name\":\"三年级教室\"},\"school\":{\"name\":\"白杨\"," \
    "\"zone\":\"Asia/Shanghai\"},\"lessons\":[" lessons "]}"

static int parse(const char *path, struct day_plan **ret_plan)
{
    char text[2048];

    snprintf(text, sizeof(text), DAY_OF(LESSON), path);
    return day_plan_parse(text, strlen(text), ret_plan);
}

static void a_day_is_read(void **state)
{
    struct day_plan *day = NULL;

    (void)state;
    assert_int_equal(parse("/whep/e1-2026-11-27", &day), 0);
    assert_int_equal(day->count, 1);
    assert_string_equal(day->lessons[0].subject, "音乐");
    assert_string_equal(day->lessons[0].master_room, "录播教室一");
    assert_string_equal(day->room, "三年级教室");
    assert_int_equal(day->now_ms, INT64_C(1795734000123));
    assert_int_equal(day->lessons[0].end_s - day->lessons[0].start_s, 2400);
    free(day);
}

/* The lesson with another state and delay. */
static int parse_state(const char *state, const char *delay, struct day_plan **ret_plan)
{
    static const char told[] =
        DAY_OF("{\"id\":\"e1\",\"subject\":\"a\",\"grade\":3,\"teacher\":\"b\",\"state\":\"%s\","
               "\"start\":1795740000,\"end\":1795742400,%s\"path\":\"/whep/e1\","
               "\"master_room\":{\"id\":1,\"name\":\"c\"}}");
    char text[2048];

    snprintf(text, sizeof(text), told, state, delay);
    return day_plan_parse(text, strlen(text), ret_plan);
}

static void a_lesson_that_has_ended_goes_on_where_it_is_played_later(void **state)
{
    static const struct {
        const char *state, *delay;
        int64_t delay_s;
        bool is_over;
    } examples[] = {
        {"ended", "\"delay_s\":0,", 0, true},
        {"ended", "\"delay_s\":600,", 600, false},
        {"ended", "", 0, true}, /* as an earlier version has kept it */
        {"live", "\"delay_s\":300,", 300, false},
        {"cancelled", "\"delay_s\":300,", 300, true},
        {"archived", "\"delay_s\":300,", 300, true},
    };
    struct day_plan *day = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        assert_int_equal(parse_state(examples[i].state, examples[i].delay, &day), 0);
        assert_int_equal(day->lessons[0].delay_s, examples[i].delay_s);
        assert_int_equal(day->lessons[0].is_over, examples[i].is_over);
        free(day);
    }
    assert_true(parse_state("live", "\"delay_s\":601,", &day) < 0);
    assert_true(parse_state("live", "\"delay_s\":-1,", &day) < 0);
    assert_true(parse_state("live", "\"delay_s\":\"5\",", &day) < 0);
}

static void what_leads_elsewhere_or_is_no_day_is_refused(void **state)
{
    static const char *const paths[] = {"@evil.example/whep/x", "//evil.example/", "/whep/a?b",
        "/whep/a#b", "/api/v1/x", "", ".evil.example/whep/x", "/whep/%41"};
    static const char *const days[] = {"", "[]", "{}", "{\"now_ms\":1}",
        "{\"now_ms\":-1,\"room\":{\"name\":\"a\"},\"school\":{\"name\":\"b\",\"zone\":\"c\"},"
        "\"lessons\":[]}",
        "{\"now_ms\":1,\"room\":{\"name\":\"a\"},\"school\":{\"name\":\"b\",\"zone\":\"c\"},"
        "\"lessons\":[{}]}"};
    struct day_plan *day = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_true(parse(paths[i], &day) < 0);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
        assert_true(day_plan_parse(days[i], strlen(days[i]), &day) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_wakes_checks_joins_and_leaves),
        cmocka_unit_test(the_next_lesson_ends_the_one_before_two_minutes_early),
        cmocka_unit_test(of_lessons_that_touch_the_earlier_goes_on_to_its_end),
        cmocka_unit_test(what_is_over_is_left_whatever_the_bell_says),
        cmocka_unit_test(
            a_room_that_plays_it_later_joins_by_the_masters_bell_and_leaves_by_its_own),
        cmocka_unit_test(who_comes_too_late_to_play_it_later_is_live),
        cmocka_unit_test(without_a_timetable_nothing_is_due),
        cmocka_unit_test(a_day_is_read),
        cmocka_unit_test(a_lesson_that_has_ended_goes_on_where_it_is_played_later),
        cmocka_unit_test(what_leads_elsewhere_or_is_no_day_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
