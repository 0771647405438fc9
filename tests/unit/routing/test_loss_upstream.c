/* What the publisher hears of its viewers' losses, wherever they are. */
#include "tests/unit/routing/mirror_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

/* Each report of a viewer holds for five seconds. */
static void report(struct mirror_fixture *f, const uint8_t *losses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        viewer_report_loss(&f->viewers[i], MIRROR_AUDIO_SSRC, losses[i]);
}

static uint8_t told(const struct mirror_fixture *f)
{
    return f->publisher.last_of_blocks.fraction_lost;
}

static void the_worst_loss_of_listeners_is_told_while_it_is_news(void **state)
{
    static const uint8_t losses[] = {26, 3};
    struct mirror_fixture *f = *state;

    for (size_t i = 0; i < 2; i++)
        mirror_watch(f, 0);
    mirror_run(f, 60);
    assert_int_equal(told(f), 0);
    report(f, losses, 2);
    mirror_run(f, 60);
    assert_int_equal(f->publisher.last_of_blocks.ssrc, 22);
    assert_int_equal(told(f), 26);
    assert_int_equal(f->publisher.last_of_blocks.cumulative_lost, 0);
    mirror_run(f, 300);
    assert_int_equal(told(f), 0);
}

static void the_loss_of_the_picture_stays_that_of_the_publishers_own_line(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 0);

    mirror_run(f, 60);
    viewer_report_loss(viewer, MIRROR_VIDEO_SSRC, 50);
    viewer_report_loss(viewer, MIRROR_AUDIO_SSRC, 20);
    mirror_run(f, 60);
    assert_int_equal(f->publisher.last_block.ssrc, 11);
    assert_int_equal(f->publisher.last_block.fraction_lost, 0);
    assert_int_equal(told(f), 20);
}

static void the_publishers_own_loss_is_told_when_it_is_the_greater(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 0);

    mirror_run(f, 60);
    viewer_report_loss(viewer, MIRROR_AUDIO_SSRC, 20);
    for (unsigned i = 0; i < 60; i++) {
        if (i % 4 == 0)
            f->audio.sequence_number++;
        mirror_run(f, 1);
    }
    assert_in_range(told(f), 40, 60);
}

/* Five viewers: what two of them lose counts, wherever these two are; what one loses does not. */
static void listeners_of_all_workers_are_judged_together(void **state)
{
    static const uint8_t alone[] = {0, 30, 0, 0, 0};
    static const uint8_t shared[] = {0, 30, 0, 0, 28};
    static const unsigned routers[] = {0, 1, 1, 2, 2};
    struct mirror_fixture *f = *state;

    for (size_t i = 0; i < 5; i++)
        mirror_watch(f, routers[i]);
    mirror_run(f, 60);
    report(f, alone, 5);
    mirror_run(f, 120);
    assert_int_equal(told(f), 0);
    report(f, shared, 5);
    mirror_run(f, 120);
    assert_int_equal(told(f), 28);
}

static void the_loss_of_listeners_who_left_is_forgotten(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *viewer = mirror_watch(f, 1);

    mirror_run(f, 60);
    viewer_report_loss(viewer, MIRROR_AUDIO_SSRC, 26);
    mirror_run(f, 120);
    assert_int_equal(told(f), 26);
    viewer_destroy(viewer);
    mirror_run(f, 400);
    assert_int_equal(told(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        mirror_test(the_worst_loss_of_listeners_is_told_while_it_is_news),
        mirror_test(the_loss_of_the_picture_stays_that_of_the_publishers_own_line),
        mirror_test(the_publishers_own_loss_is_told_when_it_is_the_greater),
        mirror_test(listeners_of_all_workers_are_judged_together),
        mirror_test(the_loss_of_listeners_who_left_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
