/* What has become too old is never done, and nothing is kept for long. */
#include "signaling/accounts/device_commands.h"

#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define S US_PER_S

static struct device_commands *commands;

static int setup(void **state)
{
    (void)state;
    commands = device_commands_create();
    return commands ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    device_commands_destroy(commands);
    return 0;
}

static int64_t add(int64_t device, enum device_command_kind kind, uint64_t now_us)
{
    const struct device_command *made;
    struct device_command wanted = {.device = device, .kind = kind, .picture = true};

    assert_true(device_commands_add(commands, &wanted, now_us, 1000, &made) >= 0);
    return made->id;
}

static enum device_command_state state_of(int64_t id, uint64_t now_us)
{
    const struct device_command *command = device_commands_find(commands, 7, id, now_us);

    assert_non_null(command);
    return command->state;
}

static void an_old_command_is_not_handed_out(void **state)
{
    int64_t id = add(7, DEVICE_COMMAND_RESTART, 5 * S);

    (void)state;
    assert_true(device_commands_waits(commands, 7, 64 * S));
    assert_false(device_commands_waits(commands, 7, 65 * S));
    assert_null(device_commands_take(commands, 7, 65 * S));
    assert_int_equal(state_of(id, 65 * S), DEVICE_COMMAND_EXPIRED);
    assert_int_not_equal(add(7, DEVICE_COMMAND_RESTART, 66 * S), id);
}

static void an_answer_that_comes_too_late_counts_for_nothing(void **state)
{
    int64_t id = add(7, DEVICE_COMMAND_CHECK, 5 * S);

    (void)state;
    assert_int_equal(device_commands_take(commands, 7, 6 * S)->id, id);
    assert_int_equal(device_commands_finish(commands, 7, id, DEVICE_COMMAND_DONE, json_object(),
                         calloc(1, 9), 9, 65 * S),
        -ENOENT);
    assert_int_equal(state_of(id, 65 * S), DEVICE_COMMAND_EXPIRED);
}

static void a_picture_is_forgotten_with_its_command(void **state)
{
    int64_t id = add(7, DEVICE_COMMAND_CHECK, 5 * S);

    (void)state;
    device_commands_take(commands, 7, 6 * S);
    assert_int_equal(device_commands_finish(commands, 7, id, DEVICE_COMMAND_DONE, json_object(),
                         calloc(1, 9), 9, 7 * S),
        0);
    assert_int_equal(device_commands_find(commands, 7, id, 124 * S)->picture_bytes, 9);
    assert_null(device_commands_find(commands, 8, id, 124 * S));
    assert_null(device_commands_find(commands, 7, id, 125 * S));
}

static void a_restart_that_the_box_does_not_come_back_from_is_over_after_a_minute(void **state)
{
    int64_t id = add(7, DEVICE_COMMAND_RESTART, 5 * S);

    (void)state;
    device_commands_take(commands, 7, 6 * S);
    device_commands_finish(commands, 7, id, DEVICE_COMMAND_DONE, json_object(), NULL, 0, 7 * S);
    assert_int_equal(state_of(id, 8 * S), DEVICE_COMMAND_SENT);
    device_commands_proven(commands, 8, 9 * S); /* another one */
    assert_int_equal(state_of(id, 64 * S), DEVICE_COMMAND_SENT);
    assert_int_equal(state_of(id, 65 * S), DEVICE_COMMAND_EXPIRED);
    device_commands_proven(commands, 7, 66 * S);
    assert_int_equal(state_of(id, 66 * S), DEVICE_COMMAND_EXPIRED);
}

static void there_is_room_for_so_many_and_again_when_they_are_old(void **state)
{
    const struct device_command *made;
    struct device_command wanted = {.kind = DEVICE_COMMAND_CHECK};

    (void)state;
    for (int64_t i = 1; i <= DEVICE_COMMANDS_MAX; i++)
        add(i, DEVICE_COMMAND_CHECK, S);
    wanted.device = DEVICE_COMMANDS_MAX + 1;
    assert_int_equal(device_commands_add(commands, &wanted, 2 * S, 1000, &made), -EAGAIN);
    assert_int_equal(device_commands_add(commands, &wanted, 121 * S, 1000, &made), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_old_command_is_not_handed_out),
        TEST(an_answer_that_comes_too_late_counts_for_nothing),
        TEST(a_picture_is_forgotten_with_its_command),
        TEST(a_restart_that_the_box_does_not_come_back_from_is_over_after_a_minute),
        TEST(there_is_room_for_so_many_and_again_when_they_are_old),
    };

    return cmocka_run_group_tests_name("device_commands", tests, NULL, NULL);
}
