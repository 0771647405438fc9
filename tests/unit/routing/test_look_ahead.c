/* What the next viewers need is fetched before their turn, and of no one who left. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

#define VIEWERS 12

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct viewer viewers[VIEWERS];
    struct viewer_fetched fetched[VIEWERS];
};

static void fixture_init(struct fixture *f)
{
    static const char *const sources[] = {"teacher-camera"};
    struct media_codec codec = shape_h264(102, 0, 0x42e01f);
    struct media_track track = scene_track(MEDIA_VIDEO, &codec);

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &track, 1), 0);
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_int_equal(viewer_create(&f->viewers[i], &f->scene, &track, sources, 1), 0);
        viewer_start(&f->viewers[i]);
    }
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1"};
    encoder_frame(&f->video, true, 2, 3000);
    for (size_t i = 0; i < VIEWERS; i++) {
        viewer_forget(&f->viewers[i]);
        f->viewers[i].fetched = &f->fetched[i];
    }
    memset(f->fetched, 0, sizeof(f->fetched));
}

static void fixture_finish(struct fixture *f)
{
    for (size_t i = 0; i < VIEWERS; i++) {
        if (f->viewers[i].subscriber != NULL)
            viewer_destroy(&f->viewers[i]);
    }
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

/* The last step and those before it, each once, before the first packet. */
static void assert_fetched(const struct viewer_fetched *fetched)
{
    for (size_t i = 0; i < fetched->count; i++)
        assert_int_equal(fetched->steps[i], SUBSCRIBER_PREFETCH_STEPS - fetched->count + i);
    assert_int_equal(fetched->packets_before, 0);
}

static void each_viewer_is_fetched_step_by_step_before_its_turn(void **state)
{
    unsigned with_steps[SUBSCRIBER_PREFETCH_STEPS + 1] = {0};
    struct fixture f;

    fixture_init(&f);
    encoder_frame(&f.video, false, 1, 3000);
    for (size_t i = 0; i < VIEWERS; i++) {
        assert_int_equal(f.viewers[i].packet_count, 1);
        assert_in_range(f.fetched[i].count, 0, SUBSCRIBER_PREFETCH_STEPS);
        assert_fetched(&f.fetched[i]);
        with_steps[f.fetched[i].count]++;
    }
    /* nobody was before the first, one before the second, … */
    for (size_t steps = 0; steps < SUBSCRIBER_PREFETCH_STEPS; steps++)
        assert_int_equal(with_steps[steps], 1);
    assert_int_equal(with_steps[SUBSCRIBER_PREFETCH_STEPS], VIEWERS - SUBSCRIBER_PREFETCH_STEPS);
    fixture_finish(&f);
}

/* scene_viewer.c ends the test when one is asked for that left. */
static void one_who_leaves_is_not_fetched(void **state)
{
    struct fixture f;

    fixture_init(&f);
    for (size_t i = 0; i < VIEWERS; i++) {
        viewer_destroy(&f.viewers[(i * 5) % VIEWERS]);
        memset(f.fetched, 0, sizeof(f.fetched));
        encoder_frame(&f.video, false, 1, 3000);
    }
    fixture_finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_viewer_is_fetched_step_by_step_before_its_turn),
        cmocka_unit_test(one_who_leaves_is_not_fetched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
