/* The state that belongs to what is shown, not to what arrives. */
#include "player/state_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_state_is_told_as_it_was_then(void **state)
{
    struct state_history history;

    (void)state;
    state_history_init(&history);
    assert_int_equal(state_history_at(&history, 50), WHEP_SESSION_CONNECTING);
    state_history_add(&history, 100, WHEP_SESSION_WAITING);
    state_history_add(&history, 200, WHEP_SESSION_LIVE);
    state_history_add(&history, 250, WHEP_SESSION_LIVE); /* the same with another error */
    state_history_add(&history, 300, WHEP_SESSION_RECONNECTING);
    assert_int_equal(state_history_at(&history, 99), WHEP_SESSION_CONNECTING);
    assert_int_equal(state_history_at(&history, 100), WHEP_SESSION_WAITING);
    assert_int_equal(state_history_at(&history, 299), WHEP_SESSION_LIVE);
    assert_int_equal(state_history_at(&history, 300), WHEP_SESSION_RECONNECTING);
    assert_int_equal(state_history_at(&history, 9999), WHEP_SESSION_RECONNECTING);
}

static void a_line_that_comes_and_goes_without_end_is_remembered_as_far_as_there_is_room(
    void **state)
{
    struct state_history history;

    (void)state;
    state_history_init(&history);
    for (uint64_t i = 1; i <= 3 * STATE_HISTORY_MAX; i++)
        state_history_add(&history, i * 10, i % 2 ? WHEP_SESSION_LIVE : WHEP_SESSION_RECONNECTING);
    assert_int_equal(state_history_at(&history, 3 * STATE_HISTORY_MAX * 10 - 5), WHEP_SESSION_LIVE);
    assert_int_equal(
        state_history_at(&history, 3 * STATE_HISTORY_MAX * 10), WHEP_SESSION_RECONNECTING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_told_as_it_was_then),
        cmocka_unit_test(
            a_line_that_comes_and_goes_without_end_is_remembered_as_far_as_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
