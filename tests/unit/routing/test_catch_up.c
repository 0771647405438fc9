/* Who joins is shown the past since the last keyframe: soon on a line that carries it, without a queue on one that
 * does not. */
#include "tests/unit/routing/cmocka_all.h"

#include "tests/support/network/viewer_model.h"

#define SEEDS       6
#define EVEN_MS     60 /* two frames, less than which nobody sees */
#define LIVE_FRAMES (3 * LESSON_MODEL_FPS)
#define ONE_LAYER   1

static struct lesson_model lesson;

/* What a viewer saw in its first three seconds. */
struct joined {
    uint64_t first_ms;
    uint64_t longest_gap_ms;
    uint64_t frames;
    uint64_t estimate_bps;
    unsigned most_wait_ms;
};

static void run_lesson(uint64_t ms)
{
    while (ms-- > 0)
        lesson_model_step(&lesson);
}

static struct joined join(const struct link_params *line, uint64_t seed)
{
    struct viewer_model *viewer = viewer_model_create(&lesson, line, seed);
    struct joined joined = {0};
    uint64_t shown_ms = 0;

    for (uint64_t ms = 1; ms <= 3000; ms++) {
        uint64_t shown = viewer->video.frames_shown;

        lesson_model_step(&lesson);
        viewer_model_step(viewer);
        if (viewer->video.frames_shown == shown)
            continue;
        if (shown_ms == 0)
            joined.first_ms = ms;
        else if (ms - shown_ms > joined.longest_gap_ms)
            joined.longest_gap_ms = ms - shown_ms;
        shown_ms = ms;
    }
    joined.frames = viewer->video.frames_shown;
    joined.estimate_bps = viewer_model_estimate_bps(viewer);
    joined.most_wait_ms = viewer_model_wait_ms(viewer, 100);
    viewer_model_destroy(viewer);
    return joined;
}

/* Each seed meets another part of the two seconds between keyframes. */
static void open_lesson(size_t layers, uint64_t seed)
{
    lesson_model_init_with(&lesson, layers, seed);
    run_lesson(5000 + seed * 700 % 2000);
}

static void a_clean_line_catches_up_without_a_break(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        for (uint64_t delay_ms = 0; delay_ms <= 50; delay_ms += 25) {
            open_lesson(ONE_LAYER, seed);
            struct joined joined =
                join(&(struct link_params){.delay_us = delay_ms * US_PER_MS}, seed);
            print_message("first picture after %d ms, longest gap %d ms, %d frames\n",
                (int)joined.first_ms, (int)joined.longest_gap_ms, (int)joined.frames);
            assert_true(joined.first_ms <= delay_ms + 40);
            assert_true(joined.longest_gap_ms <= EVEN_MS);
            lesson_model_finish(&lesson);
        }
    }
}

static void layers_that_nobody_measured_yet_are_not_held_back(void **state)
{
    lesson_model_init_with(&lesson, ONE_LAYER, 1);
    run_lesson(40);
    struct joined joined = join(&(struct link_params){.delay_us = 10 * US_PER_MS}, 1);
    assert_true(joined.longest_gap_ms <= EVEN_MS);
    assert_true(joined.frames >= LIVE_FRAMES - 2);
    lesson_model_finish(&lesson);
}

static void a_thin_line_gets_no_queue_of_the_past(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_lesson(LESSON_MODEL_LAYERS, seed);
        struct joined joined = join(
            &(struct link_params){
                .rate_bps = 1000000, .queue_us = US_PER_S, .delay_us = 25 * US_PER_MS},
            seed);
        print_message("longest wait %u ms, estimate %d kbit/s\n", joined.most_wait_ms,
            (int)joined.estimate_bps / 1000);
        assert_true(joined.most_wait_ms <= 400); /* what goes out before the first word */
        assert_true(joined.estimate_bps <= 1050000);
        lesson_model_finish(&lesson);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_line_catches_up_without_a_break),
        cmocka_unit_test(layers_that_nobody_measured_yet_are_not_held_back),
        cmocka_unit_test(a_thin_line_gets_no_queue_of_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
