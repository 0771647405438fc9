#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "player/layout.h"

static const struct layout_space spaces[] = {
    {1920, 1023, 16, 90, 132},
    {1366, 727, 11, 64, 94},
    {1280, 682, 10, 60, 88},
    {1024, 727, 11, 64, 94},
    {3840, 2046, 32, 180, 264},
    {640, 340, 5, 30, 44},
};

#define SPACES (sizeof(spaces) / sizeof(spaces[0]))

static bool overlap(const struct layout_rect *a, const struct layout_rect *b)
{
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
           b->y < a->y + a->height;
}

static void every_pane_is_inside_the_stage(void **state)
{
    for (int layout = LAYOUT_SIDE_BY_SIDE; layout <= LAYOUT_BOARD; layout++) {
        for (size_t i = 0; i < SPACES; i++) {
            struct layout_result result;
            layout_compute((enum layout)layout, &spaces[i], &result);
            for (int pane = 0; pane < LAYOUT_PANE_COUNT; pane++) {
                const struct layout_rect *rect = &result.panes[pane];
                assert_true(rect->x >= 0 && rect->y >= 0);
                assert_true(rect->x + rect->width <= spaces[i].width);
                assert_true(rect->y + rect->height <= spaces[i].height);
            }
        }
    }
}

static void teacher_and_local_room_are_always_seen(void **state)
{
    for (int layout = LAYOUT_SIDE_BY_SIDE; layout <= LAYOUT_BOARD; layout++) {
        struct layout_result result;
        layout_compute((enum layout)layout, &spaces[0], &result);
        assert_true(result.panes[LAYOUT_PANE_TEACHER].width > 0);
        assert_true(result.panes[LAYOUT_PANE_LOCAL].width > 0);
        assert_int_equal(result.panes[LAYOUT_PANE_BOARD].width > 0, layout == LAYOUT_BOARD);
    }
}

static void only_an_inset_lies_over_another_pane(void **state)
{
    for (int layout = LAYOUT_SIDE_BY_SIDE; layout <= LAYOUT_BOARD; layout++) {
        for (size_t i = 0; i < SPACES; i++) {
            struct layout_result result;
            layout_compute((enum layout)layout, &spaces[i], &result);
            for (int a = 0; a < LAYOUT_PANE_COUNT; a++)
                for (int b = a + 1; b < LAYOUT_PANE_COUNT; b++)
                    if ((int)result.inset != a && (int)result.inset != b)
                        assert_false(overlap(&result.panes[a], &result.panes[b]));
        }
    }
}

static void insets_sit_upper_right_above_the_dock(void **state)
{
    static const enum layout layouts[] = {LAYOUT_TEACHER_LARGE, LAYOUT_LOCAL_LARGE};

    for (size_t i = 0; i < 2; i++) {
        struct layout_result result;
        layout_compute(layouts[i], &spaces[0], &result);
        const struct layout_rect *inset = &result.panes[result.inset];
        assert_true(inset->x > spaces[0].width / 2);
        assert_true(inset->y + inset->height < spaces[0].height - spaces[0].dock);
    }
}

static void side_by_side_panes_are_equal_and_clear_of_the_dock(void **state)
{
    struct layout_result result;

    layout_compute(LAYOUT_SIDE_BY_SIDE, &spaces[0], &result);
    const struct layout_rect *teacher = &result.panes[LAYOUT_PANE_TEACHER];
    const struct layout_rect *local = &result.panes[LAYOUT_PANE_LOCAL];
    assert_int_equal(teacher->width, local->width);
    assert_int_equal(teacher->height, local->height);
    assert_int_equal(teacher->y, local->y);
    assert_true(teacher->x < local->x);
    assert_true(teacher->y + teacher->height <= spaces[0].height - spaces[0].dock);
    /* A 16:9 picture fills its pane above the caption. */
    assert_in_range(
        (teacher->height - spaces[0].caption) * 16, teacher->width * 9 - 16, teacher->width * 9);
}

static void the_layout_key_goes_around_all_four(void **state)
{
    enum layout layout = LAYOUT_SIDE_BY_SIDE;

    for (int i = 0; i < 4; i++)
        layout = layout_next(layout);
    assert_int_equal(layout, LAYOUT_SIDE_BY_SIDE);
    assert_int_equal(layout_next(LAYOUT_SIDE_BY_SIDE), LAYOUT_TEACHER_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pane_is_inside_the_stage),
        cmocka_unit_test(teacher_and_local_room_are_always_seen),
        cmocka_unit_test(only_an_inset_lies_over_another_pane),
        cmocka_unit_test(insets_sit_upper_right_above_the_dock),
        cmocka_unit_test(side_by_side_panes_are_equal_and_clear_of_the_dock),
        cmocka_unit_test(the_layout_key_goes_around_all_four),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
