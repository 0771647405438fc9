/* What the bell does to a lesson, second by second, with clocks and bells that are moved. */
#include "signaling/lessons/lesson_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START INT64_C(1791439800)
#define END   (START + 2400)
#define DAY   86400

static const struct lesson_bell bell = {.starts_s = START, .ends_s = END, .archive_s = END + 50000};
static const struct lesson_there nobody = {false, false};
static const struct lesson_there master = {true, false};
static const struct lesson_there room = {false, true};
static const struct lesson_there both = {true, true};

static enum lesson_state at(enum lesson_state from, const struct lesson_there *there, int64_t now_s)
{
    struct lesson_clock clock = {.state = from};

    lesson_clock_step(&clock, &bell, there, now_s);
    return clock.state;
}

static void a_lesson_opens_ten_minutes_before_its_bell(void **state)
{
    assert_int_equal(at(LESSON_SCHEDULED, &both, START - 601), LESSON_SCHEDULED);
    assert_int_equal(at(LESSON_SCHEDULED, &nobody, START - 600), LESSON_OPEN);
    assert_int_equal(at(LESSON_SCHEDULED, &both, START - 1), LESSON_OPEN);
}

static void it_is_live_with_the_bell_the_master_and_a_room(void **state)
{
    struct lesson_clock clock = {.state = LESSON_OPEN};
    struct lesson_bell alone = bell;

    assert_int_equal(at(LESSON_OPEN, &both, START - 1), LESSON_OPEN);
    assert_int_equal(at(LESSON_OPEN, &master, START), LESSON_OPEN);
    assert_int_equal(at(LESSON_OPEN, &room, START), LESSON_OPEN);
    assert_int_equal(
        lesson_clock_step(&clock, &bell, &both, START), LESSON_DID_STATE | LESSON_DID_RECORD);
    assert_int_equal(clock.state, LESSON_LIVE);
    assert_int_equal(lesson_clock_step(&clock, &bell, &both, START + 1), 0);
    /* whoever drops out for a moment does not end it */
    assert_int_equal(lesson_clock_step(&clock, &bell, &nobody, START + 2), 0);

    alone.alone = true;
    clock = (struct lesson_clock){.state = LESSON_OPEN};
    lesson_clock_step(&clock, &alone, &master, START);
    assert_int_equal(clock.state, LESSON_LIVE);
}

static void a_master_who_is_late_is_told_of_once(void **state)
{
    struct lesson_clock clock = {.state = LESSON_OPEN};

    assert_int_equal(lesson_clock_step(&clock, &bell, &room, START + 179), 0);
    assert_int_equal(lesson_clock_step(&clock, &bell, &room, START + 180), LESSON_DID_LATE);
    assert_int_equal(lesson_clock_step(&clock, &bell, &room, START + 181), 0);
    assert_int_equal(lesson_clock_step(&clock, &bell, &room, START + 300), LESSON_DID_TAKEOVER);
    assert_int_equal(lesson_clock_step(&clock, &bell, &room, START + 301), 0);
    assert_int_equal(
        lesson_clock_step(&clock, &bell, &both, START + 302), LESSON_DID_STATE | LESSON_DID_RECORD);
    /* here, but without a room: nobody is late */
    clock = (struct lesson_clock){.state = LESSON_OPEN};
    assert_int_equal(lesson_clock_step(&clock, &bell, &master, START + 400), 0);
}

static void a_start_in_the_middle_tells_of_both_at_once(void **state)
{
    struct lesson_clock clock = {.state = LESSON_SCHEDULED};

    assert_int_equal(lesson_clock_step(&clock, &bell, &nobody, START + 400),
        LESSON_DID_STATE | LESSON_DID_LATE | LESSON_DID_TAKEOVER);
    assert_int_equal(clock.state, LESSON_OPEN);
}

static void it_ends_five_minutes_after_the_end_bell(void **state)
{
    struct lesson_clock clock = {.state = LESSON_LIVE};

    assert_int_equal(lesson_clock_step(&clock, &bell, &both, END + 299), 0);
    assert_int_equal(lesson_clock_step(&clock, &bell, &both, END + 300),
        LESSON_DID_STATE | LESSON_DID_STOP_RECORD);
    assert_int_equal(clock.state, LESSON_ENDED);
    assert_int_equal(at(LESSON_OPEN, &nobody, END + 300), LESSON_ENDED);
    assert_int_equal(at(LESSON_SCHEDULED, &nobody, END + 300), LESSON_ENDED);
}

static void it_ends_two_minutes_before_the_next_lesson_but_not_before_its_own_bell(void **state)
{
    static const struct {
        int64_t next_s, close_s;
    } rows[] = {
        {0, 300}, {10000, 300}, {420, 300}, {300, 180}, {121, 1}, {120, 0}, {60, 0}, {1, 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lesson_bell next = bell;

        next.next_s = rows[i].next_s == 0 ? 0 : END + rows[i].next_s;
        assert_int_equal(lesson_clock_close_s(&next), END + rows[i].close_s);
    }
}

static void it_is_archived_on_the_next_day_and_back_when_the_clock_is(void **state)
{
    assert_int_equal(at(LESSON_ENDED, &nobody, bell.archive_s - 1), LESSON_ENDED);
    assert_int_equal(at(LESSON_ENDED, &nobody, bell.archive_s), LESSON_ARCHIVED);
    assert_int_equal(at(LESSON_SCHEDULED, &nobody, bell.archive_s + 9 * DAY), LESSON_ARCHIVED);
    assert_int_equal(at(LESSON_ARCHIVED, &nobody, bell.archive_s - 59), LESSON_ARCHIVED);
    assert_int_equal(at(LESSON_ARCHIVED, &nobody, bell.archive_s - 61), LESSON_ENDED);
    assert_int_equal(at(LESSON_ARCHIVED, &both, START + 1200), LESSON_LIVE);
    assert_int_equal(at(LESSON_ARCHIVED, &nobody, START - 300), LESSON_OPEN);
    assert_int_equal(at(LESSON_ARCHIVED, &nobody, START - DAY), LESSON_SCHEDULED);
    for (int64_t now_s = START - DAY; now_s < END + DAY; now_s += 600)
        assert_int_equal(at(LESSON_CANCELLED, &both, now_s), LESSON_CANCELLED);
}

static void a_bell_that_is_moved_is_followed_both_ways(void **state)
{
    struct lesson_clock clock = {.state = LESSON_OPEN, .late = true, .takeover = true};
    struct lesson_bell later = {
        .starts_s = START + 3600, .ends_s = END + 3600, .archive_s = bell.archive_s};

    lesson_clock_step(&clock, &later, &nobody, START + 310);
    assert_int_equal(clock.state, LESSON_SCHEDULED);
    assert_false(clock.late || clock.takeover);
    lesson_clock_step(&clock, &bell, &nobody, START + 311);
    assert_int_equal(clock.state, LESSON_OPEN);
    assert_true(clock.late && clock.takeover);
    /* ended already, and then it is held later: it opens anew */
    clock = (struct lesson_clock){.state = LESSON_ENDED};
    lesson_clock_step(&clock, &later, &both, START + 3600 - 500);
    assert_int_equal(clock.state, LESSON_OPEN);
    lesson_clock_step(&clock, &later, &both, START + 3600);
    assert_int_equal(clock.state, LESSON_LIVE);
}

static void a_lesson_without_a_bell_waits_and_one_that_is_live_goes_on_while_someone_is_there(
    void **state)
{
    struct lesson_bell none = {0, 0, 0, 0, false};
    struct lesson_clock clock = {.state = LESSON_OPEN};

    lesson_clock_step(&clock, &none, &nobody, START);
    assert_int_equal(clock.state, LESSON_SCHEDULED);
    clock.state = LESSON_LIVE;
    lesson_clock_step(&clock, &none, &room, START);
    assert_int_equal(clock.state, LESSON_LIVE);
    lesson_clock_step(&clock, &none, &nobody, START);
    assert_int_equal(clock.state, LESSON_ENDED);
    lesson_clock_step(&clock, &none, &both, START);
    assert_int_equal(clock.state, LESSON_ENDED);
    clock.state = LESSON_ARCHIVED;
    lesson_clock_step(&clock, &none, &nobody, START - DAY);
    assert_int_equal(clock.state, LESSON_ARCHIVED);
}

/* From live in the middle of a lesson, the clock set by jump_s: every second until the state is another one. */
static int64_t seconds_left_after_jump(int64_t jump_s)
{
    struct lesson_clock clock = {.state = LESSON_LIVE};
    int64_t now_s = START + 1200 + jump_s, left_s = 0;

    lesson_clock_jump(&clock, jump_s);
    while (left_s < 3 * DAY) {
        lesson_clock_step(&clock, &bell, &both, now_s + left_s);
        if (clock.state != LESSON_LIVE)
            break;
        left_s++;
    }
    assert_int_equal(clock.state, LESSON_ENDED);
    return left_s;
}

static void a_live_lesson_lasts_as_long_whatever_the_clock_is_set_to(void **state)
{
    static const int64_t jumps_s[] = {0, 3600, -3600, 7 * DAY, -7 * DAY, 40, -40};

    for (size_t i = 0; i < sizeof(jumps_s) / sizeof(jumps_s[0]); i++)
        assert_int_equal(seconds_left_after_jump(jumps_s[i]), 1200 + 300);
}

static void a_lesson_that_is_not_live_follows_the_clock_there_and_back(void **state)
{
    struct lesson_clock clock = {.state = LESSON_OPEN};

    lesson_clock_jump(&clock, 3600);
    lesson_clock_step(&clock, &bell, &nobody, START + 10 + 3600);
    assert_int_equal(clock.state, LESSON_ENDED);
    lesson_clock_jump(&clock, -3600);
    lesson_clock_step(&clock, &bell, &nobody, START + 12);
    assert_int_equal(clock.state, LESSON_OPEN);
    lesson_clock_step(&clock, &bell, &nobody, START - 3600);
    assert_int_equal(clock.state, LESSON_SCHEDULED);
}

static void a_clock_set_right_by_seconds_moves_nothing_back(void **state)
{
    assert_int_equal(at(LESSON_OPEN, &nobody, START - 600 - 59), LESSON_OPEN);
    assert_int_equal(at(LESSON_OPEN, &nobody, START - 600 - 61), LESSON_SCHEDULED);
    assert_int_equal(at(LESSON_ENDED, &nobody, END + 300 - 59), LESSON_ENDED);
    assert_int_equal(at(LESSON_ENDED, &both, END + 300 - 61), LESSON_LIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lesson_opens_ten_minutes_before_its_bell),
        cmocka_unit_test(it_is_live_with_the_bell_the_master_and_a_room),
        cmocka_unit_test(a_master_who_is_late_is_told_of_once),
        cmocka_unit_test(a_start_in_the_middle_tells_of_both_at_once),
        cmocka_unit_test(it_ends_five_minutes_after_the_end_bell),
        cmocka_unit_test(it_ends_two_minutes_before_the_next_lesson_but_not_before_its_own_bell),
        cmocka_unit_test(it_is_archived_on_the_next_day_and_back_when_the_clock_is),
        cmocka_unit_test(a_bell_that_is_moved_is_followed_both_ways),
        cmocka_unit_test(
            a_lesson_without_a_bell_waits_and_one_that_is_live_goes_on_while_someone_is_there),
        cmocka_unit_test(a_live_lesson_lasts_as_long_whatever_the_clock_is_set_to),
        cmocka_unit_test(a_lesson_that_is_not_live_follows_the_clock_there_and_back),
        cmocka_unit_test(a_clock_set_right_by_seconds_moves_nothing_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
