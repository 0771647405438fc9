#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/clock.h"
#include "player/link_chip.h"

#define START_US (100 * US_PER_S)

static struct link_chip_view look(struct link_chip *chip, uint64_t now_us,
    enum whep_session_state session, uint64_t last_frame_us, uint64_t last_audio_us)
{
    struct link_chip_input input = {
        .state = session,
        .last_frame_us = last_frame_us,
        .last_audio_us = last_audio_us,
    };
    struct link_chip_view view;

    link_chip_update(chip, now_us, &input, &view);
    return view;
}

static void the_longer_the_picture_stands_the_more_is_said(void **state)
{
    static const struct {
        uint64_t stuck_ms;
        enum link_chip_kind chip;
        enum link_pane pane;
    } rows[] = {
        {0, LINK_CHIP_NONE, LINK_PANE_PICTURE},
        {1999, LINK_CHIP_NONE, LINK_PANE_PICTURE},
        {2000, LINK_CHIP_STUCK, LINK_PANE_PICTURE},
        {9999, LINK_CHIP_STUCK, LINK_PANE_PICTURE},
        {10000, LINK_CHIP_LOST, LINK_PANE_DIMMED},
        {29999, LINK_CHIP_LOST, LINK_PANE_DIMMED},
        {30000, LINK_CHIP_LONG, LINK_PANE_DIMMED},
        {600000, LINK_CHIP_LONG, LINK_PANE_DIMMED},
    };
    struct link_chip chip;

    link_chip_init(&chip, START_US);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct link_chip_view view = look(&chip, START_US + rows[i].stuck_ms * US_PER_MS,
            WHEP_SESSION_RECONNECTING, START_US, START_US);
        assert_int_equal(view.chip, rows[i].chip);
        assert_int_equal(view.pane, rows[i].pane);
    }
}

static void takeover_gets_the_focus_once_per_loss(void **state)
{
    struct link_chip chip;
    int focused = 0;

    link_chip_init(&chip, START_US);
    for (int s = 0; s < 60; s++)
        focused += look(
            &chip, START_US + (uint64_t)s * US_PER_S, WHEP_SESSION_RECONNECTING, START_US, START_US)
                       .focus_takeover;
    assert_int_equal(focused, 1);
    look(&chip, START_US + 61 * US_PER_S, WHEP_SESSION_LIVE, START_US + 61 * US_PER_S, 0);
    for (int s = 61; s < 120; s++)
        focused += look(&chip, START_US + (uint64_t)s * US_PER_S, WHEP_SESSION_RECONNECTING,
            START_US + 61 * US_PER_S, START_US)
                       .focus_takeover;
    assert_int_equal(focused, 2);
}

static void recovery_is_told_for_a_moment(void **state)
{
    struct link_chip chip;
    uint64_t back_us = START_US + 15 * US_PER_S;

    link_chip_init(&chip, START_US);
    look(&chip, back_us - 1, WHEP_SESSION_RECONNECTING, START_US, START_US);
    struct link_chip_view view = look(&chip, back_us, WHEP_SESSION_LIVE, back_us, back_us);
    assert_int_equal(view.chip, LINK_CHIP_RECOVERED);
    assert_int_equal(view.pane, LINK_PANE_PICTURE);
    view = look(&chip, back_us + 4 * US_PER_S, WHEP_SESSION_LIVE, back_us + 4 * US_PER_S, 0);
    assert_int_equal(view.chip, LINK_CHIP_RECOVERED);
    view = look(&chip, back_us + 6 * US_PER_S, WHEP_SESSION_LIVE, back_us + 6 * US_PER_S, 0);
    assert_int_equal(view.chip, LINK_CHIP_NONE);
}

static void a_short_drop_is_never_mentioned(void **state)
{
    struct link_chip chip;

    link_chip_init(&chip, START_US);
    look(&chip, START_US + 1900 * US_PER_MS, WHEP_SESSION_RECONNECTING, START_US, START_US);
    struct link_chip_view view =
        look(&chip, START_US + 2 * US_PER_S, WHEP_SESSION_LIVE, START_US + 2 * US_PER_S, START_US);
    assert_int_equal(view.chip, LINK_CHIP_NONE);
}

static void sound_without_picture_is_said_so(void **state)
{
    struct link_chip chip;

    link_chip_init(&chip, START_US);
    uint64_t now_us = START_US + 15 * US_PER_S;
    struct link_chip_view view = look(&chip, now_us, WHEP_SESSION_LIVE, START_US, now_us);
    assert_int_equal(view.chip, LINK_CHIP_AUDIO_ONLY);
    assert_int_equal(view.pane, LINK_PANE_PICTURE);
    view = look(&chip, now_us, WHEP_SESSION_LIVE, 0, now_us);
    assert_int_equal(view.pane, LINK_PANE_AUDIO_ONLY);
}

static void before_the_first_picture_the_pane_says_what_is_awaited(void **state)
{
    struct link_chip chip;
    struct link_chip_view view;
    struct link_chip_input input = {.state = WHEP_SESSION_CONNECTING, .has_error = true};

    link_chip_init(&chip, START_US);
    view = look(&chip, START_US, WHEP_SESSION_CONNECTING, 0, 0);
    assert_int_equal(view.pane, LINK_PANE_CONNECTING);
    view = look(&chip, START_US, WHEP_SESSION_WAITING, 0, 0);
    assert_int_equal(view.pane, LINK_PANE_WAITING);
    view = look(&chip, START_US, WHEP_SESSION_UNAUTHORISED, 0, 0);
    assert_int_equal(view.pane, LINK_PANE_UNAUTHORISED);
    view = look(&chip, START_US, WHEP_SESSION_REFUSED, 0, 0);
    assert_int_equal(view.pane, LINK_PANE_REFUSED);
    link_chip_update(&chip, START_US + US_PER_S, &input, &view);
    assert_int_equal(view.pane, LINK_PANE_UNREACHABLE);
    assert_int_equal(view.chip, LINK_CHIP_NONE);
    link_chip_update(&chip, START_US + 31 * US_PER_S, &input, &view);
    assert_int_equal(view.chip, LINK_CHIP_LONG);
    assert_true(view.focus_takeover);
}

static void a_teacher_who_stops_is_waited_for_and_no_loss(void **state)
{
    struct link_chip chip;

    link_chip_init(&chip, START_US);
    uint64_t now_us = START_US + 20 * US_PER_S;
    struct link_chip_view view = look(&chip, now_us, WHEP_SESSION_WAITING, START_US, START_US);
    assert_int_equal(view.pane, LINK_PANE_WAITING);
    assert_int_equal(view.chip, LINK_CHIP_NONE);
    view = look(&chip, now_us, WHEP_SESSION_LIVE, now_us, now_us);
    assert_int_equal(view.chip, LINK_CHIP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longer_the_picture_stands_the_more_is_said),
        cmocka_unit_test(takeover_gets_the_focus_once_per_loss),
        cmocka_unit_test(recovery_is_told_for_a_moment),
        cmocka_unit_test(a_short_drop_is_never_mentioned),
        cmocka_unit_test(sound_without_picture_is_said_so),
        cmocka_unit_test(before_the_first_picture_the_pane_says_what_is_awaited),
        cmocka_unit_test(a_teacher_who_stops_is_waited_for_and_no_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
