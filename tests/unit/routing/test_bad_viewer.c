/* One viewer on a bad line among nineteen on good ones: whether these have the same lesson as without it. */
#include "tests/support/network/viewer_model.h"
#include "tests/unit/routing/cmocka_all.h"

#include <stdlib.h>

#define VIEWERS      20
#define BAD          7 /* in the middle of the order of sending */
#define SECONDS      40
#define SETTLED      5
#define COMPLAINT_MS 1700

static const struct link_params good_line = {.delay_us = 10 * US_PER_MS};
static const struct link_params bad_line = {
    .loss = 0.1,
    .delay_us = 150 * US_PER_MS,
    .rate_bps = 500000,
    .queue_us = US_PER_S,
};

struct seen {
    uint64_t packets;
    uint64_t bytes;
    uint64_t freezes;
    uint64_t frozen_us;
    uint64_t missed;
};

struct outcome {
    struct seen viewers[VIEWERS];
    unsigned keyframe_requests;
    uint64_t bad_asked; /* packets that the viewer in the bad place asked for again */
};

/* Now and then the one on the bad line has lost its picture. */
static void run_ms(
    struct lesson_model *lesson, struct viewer_model *viewers[VIEWERS], bool complains, unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        lesson_model_step(lesson);
        if (complains && i % COMPLAINT_MS == 0)
            viewer_model_complain(viewers[BAD]);
        for (size_t v = 0; v < VIEWERS; v++)
            viewer_model_step(viewers[v]);
    }
}

static struct seen look(const struct viewer_model *viewer)
{
    return (struct seen){
        .packets = viewer->received_packets,
        .bytes = viewer->received_bytes,
        .freezes = viewer->video.meter.freezes,
        .frozen_us = viewer->video.meter.frozen_us,
        .missed = viewer->audio.missed,
    };
}

static struct outcome hold_lesson(const struct link_params *line, bool complains)
{
    static struct lesson_model lesson;
    struct viewer_model *viewers[VIEWERS];
    struct outcome outcome = {0};

    lesson_model_init(&lesson, 1);
    for (size_t i = 0; i < VIEWERS; i++)
        viewers[i] = viewer_model_create(&lesson, i == BAD ? line : &good_line, i);
    run_ms(&lesson, viewers, false, SETTLED * 1000);
    for (size_t i = 0; i < VIEWERS; i++)
        viewer_model_measure(viewers[i]);
    unsigned requests = lesson.keyframe_requests;
    run_ms(&lesson, viewers, complains, SECONDS * 1000);
    outcome.keyframe_requests = lesson.keyframe_requests - requests;
    outcome.bad_asked = viewers[BAD]->video.holes.asked;
    for (size_t i = 0; i < VIEWERS; i++) {
        outcome.viewers[i] = look(viewers[i]);
        viewer_model_destroy(viewers[i]);
    }
    lesson_model_finish(&lesson);
    return outcome;
}

static void one_bad_line_among_twenty_costs_nobody_else(void **state)
{
    struct outcome without = hold_lesson(&good_line, false);
    struct outcome with = hold_lesson(&bad_line, true);

    /* the bad line is one, and the good ones are watched */
    assert_true(with.bad_asked > 100);
    assert_true(with.viewers[BAD].bytes < without.viewers[BAD].bytes / 2);
    for (size_t i = 0; i < VIEWERS; i++) {
        const struct seen *alone = &without.viewers[i];
        const struct seen *beside = &with.viewers[i];

        if (i == BAD)
            continue;
        assert_true(alone->bytes * 8 / SECONDS > 1900000);
        assert_true(beside->bytes * 100 >= alone->bytes * 98);
        assert_true(beside->packets * 100 >= alone->packets * 98);
        assert_true(beside->freezes <= alone->freezes);
        assert_true(beside->frozen_us <= alone->frozen_us);
        assert_true(beside->missed <= alone->missed);
    }
}

static void a_bad_line_makes_the_publisher_send_no_keyframe_more(void **state)
{
    struct outcome without = hold_lesson(&good_line, false);
    struct outcome with = hold_lesson(&bad_line, true);

    assert_true(with.keyframe_requests <= without.keyframe_requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bad_line_among_twenty_costs_nobody_else),
        cmocka_unit_test(a_bad_line_makes_the_publisher_send_no_keyframe_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
