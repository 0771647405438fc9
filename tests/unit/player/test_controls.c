#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <gdk/gdkkeysyms.h>
#include <math.h>

#include "player/controls.h"
#include "player/keys.h"

static void takeover_lowers_the_sound_by_24_db_and_shows_the_room_large(void **state)
{
    struct controls controls;

    controls_init(&controls, LAYOUT_TEACHER_LARGE);
    controls_press_takeover(&controls, 5);
    assert_true(fabs(20 * log10(controls_volume(&controls)) + 24) < 0.01);
    assert_int_equal(controls_layout(&controls), LAYOUT_LOCAL_LARGE);
    assert_int_equal(controls.takeover_since_us, 5);
    controls_press_takeover(&controls, 9);
    assert_true(controls_volume(&controls) == 0);
    assert_int_equal(controls.takeover_since_us, 5);
    controls_press_takeover(&controls, 9);
    assert_true(controls_volume(&controls) > 0);
}

static void handing_back_restores_sound_and_the_teachers_own_layout(void **state)
{
    struct controls controls;

    controls_init(&controls, LAYOUT_TEACHER_LARGE);
    controls_press_takeover(&controls, 1);
    controls_press_layout(&controls);
    assert_int_equal(controls_layout(&controls), LAYOUT_BOARD);
    controls_hand_back(&controls);
    assert_int_equal(controls_layout(&controls), LAYOUT_TEACHER_LARGE);
    assert_true(controls_volume(&controls) == 1);
}

static void pause_and_mute_are_silent(void **state)
{
    struct controls controls;

    controls_init(&controls, LAYOUT_SIDE_BY_SIDE);
    controls_press_pause(&controls);
    assert_true(controls_volume(&controls) == 0);
    controls_press_pause(&controls);
    assert_true(controls_volume(&controls) == 1);
    controls_press_mute(&controls);
    controls_press_takeover(&controls, 1);
    assert_true(controls_volume(&controls) == 0);
}

static void courseware_selects_the_board_until_the_teacher_chooses(void **state)
{
    struct controls controls;

    controls_init(&controls, LAYOUT_SIDE_BY_SIDE);
    controls_set_board(&controls, true);
    assert_int_equal(controls_layout(&controls), LAYOUT_BOARD);
    controls_set_board(&controls, false);
    assert_int_equal(controls_layout(&controls), LAYOUT_SIDE_BY_SIDE);
    controls_set_board(&controls, true);
    controls_press_layout(&controls);
    assert_int_equal(controls_layout(&controls), LAYOUT_SIDE_BY_SIDE);
    controls_press_layout(&controls);
    assert_int_equal(controls_layout(&controls), LAYOUT_TEACHER_LARGE);
}

static void keyboard_and_remote_control_mean_the_same(void **state)
{
    assert_int_equal(key_meaning(GDK_KEY_F1), KEY_TAKEOVER);
    assert_int_equal(key_meaning(GDK_KEY_Red), KEY_TAKEOVER);
    assert_int_equal(key_meaning(GDK_KEY_F4), KEY_LAYOUT);
    assert_int_equal(key_meaning(GDK_KEY_Blue), KEY_LAYOUT);
    assert_int_equal(key_meaning(GDK_KEY_space), KEY_PAUSE);
    assert_int_equal(key_meaning(GDK_KEY_AudioPlay), KEY_PAUSE);
    assert_int_equal(key_meaning(GDK_KEY_AudioMute), KEY_MUTE);
    assert_int_equal(key_meaning(GDK_KEY_i), KEY_FIGURES);
    assert_int_equal(key_meaning(GDK_KEY_F12), KEY_FIGURES);
    assert_int_equal(key_meaning(GDK_KEY_Escape), KEY_BACK);
    assert_int_equal(key_meaning(GDK_KEY_Left), KEY_OTHER);
    assert_int_equal(key_meaning(GDK_KEY_Return), KEY_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takeover_lowers_the_sound_by_24_db_and_shows_the_room_large),
        cmocka_unit_test(handing_back_restores_sound_and_the_teachers_own_layout),
        cmocka_unit_test(pause_and_mute_are_silent),
        cmocka_unit_test(courseware_selects_the_board_until_the_teacher_chooses),
        cmocka_unit_test(keyboard_and_remote_control_mean_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
