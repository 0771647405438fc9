/* What became of a lesson: presence against the plan. A lesson of 40 minutes from 1,000,000 on. */
#include "signaling/lessons/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START 1000000
#define MIN   60
#define STILL (-1)

/* Minutes from the start; left STILL: they are there yet. */
struct stay {
    int joined, left;
};

struct example {
    const char *name;
    struct stay master[4], room[4];
    size_t masters, rooms;
    unsigned delay_min;
    enum outcome_status status;
    enum outcome_cause cause;
    unsigned held_min;
};

static const struct example examples[] = {
    {"all of it", {{-5, 42}}, {{-3, 45}}, 1, 1, 0, OUTCOME_HELD, OUTCOME_NO_CAUSE, 40},
    {"exactly four fifths", {{8, 40}}, {{0, 40}}, 1, 1, 0, OUTCOME_HELD, OUTCOME_NO_CAUSE, 32},
    {"a minute less, since she was late", {{9, 40}}, {{0, 40}}, 1, 1, 0, OUTCOME_SHORT,
        OUTCOME_MASTER_LATE, 31},
    {"the room was late", {{0, 40}}, {{10, 40}}, 1, 1, 0, OUTCOME_SHORT, OUTCOME_ROOM_LATE, 30},
    {"both in time, and gone soon", {{0, 15}}, {{1, 15}}, 1, 1, 0, OUTCOME_SHORT,
        OUTCOME_INTERRUPTED, 14},
    {"exactly a fifth", {{0, 8}}, {{0, 40}}, 1, 1, 0, OUTCOME_SHORT, OUTCOME_INTERRUPTED, 8},
    {"less than a fifth", {{0, 7}}, {{0, 40}}, 1, 1, 0, OUTCOME_UNHELD, OUTCOME_MASTER_ABSENT, 7},
    {"no teacher", {{0, 0}}, {{0, 40}}, 0, 1, 0, OUTCOME_UNHELD, OUTCOME_MASTER_ABSENT, 0},
    {"no room", {{0, 40}}, {{0, 0}}, 1, 0, 0, OUTCOME_UNHELD, OUTCOME_ROOM_ABSENT, 0},
    {"nobody", {{0, 0}}, {{0, 0}}, 0, 0, 0, OUTCOME_UNHELD, OUTCOME_NOBODY, 0},
    {"one after the other", {{0, 20}}, {{20, 40}}, 1, 1, 0, OUTCOME_UNHELD, OUTCOME_ROOM_LATE, 0},
    {"two machines count once", {{10, 30}, {0, 20}, {25, 40}}, {{0, 40}, {5, 6}}, 3, 2, 0,
        OUTCOME_HELD, OUTCOME_NO_CAUSE, 40},
    {"a gap", {{0, 10}, {25, 40}}, {{0, 40}}, 2, 1, 0, OUTCOME_SHORT, OUTCOME_INTERRUPTED, 25},
    {"two gaps that do not meet", {{0, 20}, {30, 40}}, {{0, 10}, {15, 40}}, 2, 2, 0, OUTCOME_SHORT,
        OUTCOME_INTERRUPTED, 25},
    {"they are still there", {{0, STILL}}, {{0, STILL}}, 1, 1, 0, OUTCOME_HELD, OUTCOME_NO_CAUSE,
        40},
    {"a room that plays it later", {{0, 40}}, {{5, 45}}, 1, 1, 5, OUTCOME_HELD, OUTCOME_NO_CAUSE,
        40},
    {"a room that should, and came by the master's bell", {{0, 40}}, {{0, 10}}, 1, 1, 5,
        OUTCOME_UNHELD, OUTCOME_ROOM_ABSENT, 5},
    {"after the lesson", {{41, 60}}, {{41, 60}}, 1, 1, 0, OUTCOME_UNHELD, OUTCOME_NOBODY, 0},
    {"gone before they came", {{30, 10}}, {{0, 40}}, 1, 1, 0, OUTCOME_UNHELD, OUTCOME_MASTER_ABSENT,
        0},
};

static size_t fill(struct presence *list, const struct stay *stays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list[i] = (struct presence){START + stays[i].joined * MIN,
            stays[i].left == STILL ? INT64_MAX : START + stays[i].left * MIN};
    return count;
}

static struct outcome outcome_of_example(
    const struct example *example, void (*change)(struct lesson_facts *facts))
{
    struct presence master[4], room[4];
    struct lesson_facts facts = {
        .span = {START, START + 40 * MIN},
        .delay_s = example->delay_min * MIN,
        .now_s = START + 60 * MIN,
        .master = {master, 0},
        .room = {room, 0},
    };

    facts.master.count = fill(master, example->master, example->masters);
    facts.room.count = fill(room, example->room, example->rooms);
    if (change)
        change(&facts);
    return outcome_of(&facts);
}

static void what_was_held_is_the_time_both_were_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct outcome outcome = outcome_of_example(&examples[i], NULL);

        print_message("%s\n", examples[i].name);
        assert_string_equal(
            outcome_status_name(outcome.status), outcome_status_name(examples[i].status));
        assert_string_equal(
            outcome_cause_name(outcome.cause), outcome_cause_name(examples[i].cause));
        assert_int_equal(outcome.held_s, examples[i].held_min * MIN);
        assert_int_equal(outcome.planned_s, 40 * MIN);
    }
}

static void cancel(struct lesson_facts *facts)
{
    facts->cancelled = true;
}

static void be_alone(struct lesson_facts *facts)
{
    facts->alone = true;
}

static void be_early(struct lesson_facts *facts)
{
    facts->now_s = START + 20 * MIN;
}

static void be_almost_over(struct lesson_facts *facts)
{
    facts->now_s = START + 42 * MIN; /* the room has it till 45 */
}

static void be_older_than_the_record(struct lesson_facts *facts)
{
    facts->recorded_s = START + 1;
}

static void a_cancelled_lesson_was_not_held_whoever_was_there(void **state)
{
    struct outcome outcome = outcome_of_example(&examples[0], cancel);

    (void)state;
    assert_int_equal(outcome.status, OUTCOME_UNHELD);
    assert_int_equal(outcome.cause, OUTCOME_CANCELLED);
    assert_int_equal(outcome.held_s, 0);
}

static void without_a_receiving_room_the_teacher_counts(void **state)
{
    static const struct example alone = {.name = "alone", .master = {{0, 36}}, .masters = 1};
    struct outcome outcome = outcome_of_example(&alone, be_alone);

    (void)state;
    assert_int_equal(outcome.status, OUTCOME_HELD);
    assert_int_equal(outcome.held_s, 36 * MIN);
}

static void nothing_is_said_of_a_lesson_that_is_not_over(void **state)
{
    static const struct example delayed = {
        .name = "delayed", .master = {{0, 10}}, .masters = 1, .delay_min = 5};

    (void)state;
    assert_int_equal(outcome_of_example(&examples[6], be_early).status, OUTCOME_RUNNING);
    assert_int_equal(outcome_of_example(&delayed, be_almost_over).status, OUTCOME_RUNNING);
}

static void what_nobody_wrote_down_is_not_called_unheld(void **state)
{
    const struct example *nobody = &examples[9];
    struct outcome outcome = outcome_of_example(nobody, be_older_than_the_record);

    (void)state;
    assert_int_equal(outcome.status, OUTCOME_UNRECORDED);
    assert_int_equal(outcome.cause, OUTCOME_NO_CAUSE);
    assert_int_equal(
        outcome_of_example(&examples[0], be_older_than_the_record).status, OUTCOME_HELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_held_is_the_time_both_were_there),
        cmocka_unit_test(a_cancelled_lesson_was_not_held_whoever_was_there),
        cmocka_unit_test(without_a_receiving_room_the_teacher_counts),
        cmocka_unit_test(nothing_is_said_of_a_lesson_that_is_not_over),
        cmocka_unit_test(what_nobody_wrote_down_is_not_called_unheld),
    };

    return cmocka_run_group_tests_name("lesson outcomes", tests, NULL, NULL);
}
