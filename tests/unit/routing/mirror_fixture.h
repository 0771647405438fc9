/*
 * What the tests of mirrors share: a teacher with picture and sound at router 0 of an exchange_scene, viewers
 * wherever a test wants them, and the comparison of what two of them got.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_MIRROR_FIXTURE_H
#define DUET_TESTS_UNIT_ROUTING_MIRROR_FIXTURE_H

#include "tests/unit/routing/exchange_scene.h"

#define MIRROR_VIDEO_SSRC VIEWER_SSRC
#define MIRROR_AUDIO_SSRC (VIEWER_SSRC + 1)
#define MIRROR_VIEWERS    6

struct mirror_fixture {
    struct exchange_scene exchange;
    struct publisher publisher;
    struct encoder video; /* H.264 with RTX, SSRC 11 */
    struct encoder audio; /* SSRC 22 */
    struct media_track tracks[2];
    struct viewer
        viewers[MIRROR_VIEWERS]; /* in the order they came; whose subscriber is NULL is not there */
};

/* A cmocka test whose *state is a fixture of its own. */
#define mirror_test(name) cmocka_unit_test_setup_teardown(name, mirror_setup, mirror_teardown)
int mirror_setup(void **state);
int mirror_teardown(void **state);

/* For tests that need several in a row. */
void mirror_fixture_init(struct mirror_fixture *f);
void mirror_fixture_finish(struct mirror_fixture *f);

/* The encoders of a publisher that takes the teacher's place; they begin anew. */
void mirror_use_publisher(
    struct mirror_fixture *f, struct publisher *publisher, uint32_t first_frame);
/* Publishes the teacher's source once more, at that router. */
void mirror_publish(struct mirror_fixture *f, unsigned router, struct publisher *publisher);

/* A viewer of the teacher's picture (slot 0) and sound (slot 1), connected at once, in the first free place. It
 * leaves with viewer_destroy(), or else with the fixture. */
struct viewer *mirror_watch(struct mirror_fixture *f, unsigned router);
/* viewers[i] at router i. */
void mirror_watch_everywhere(struct mirror_fixture *f);

/* Nobody sends for so long. */
void mirror_wait(struct mirror_fixture *f, uint64_t us);
/* Frames of both, 50 a second; a keyframe every 100. */
void mirror_run(struct mirror_fixture *f, unsigned frames);
/* Frames of the picture alone, no keyframe among them. */
void mirror_run_video(struct mirror_fixture *f, unsigned frames);

/* Packets of one slot, and the i-th of them. */
size_t mirror_count(const struct viewer *viewer, uint32_t ssrc);
const struct viewer_packet *mirror_packet(const struct viewer *viewer, uint32_t ssrc, size_t i);
const struct viewer_packet *mirror_last_picture(const struct viewer *viewer);

/* Numbers of the slot go on without a hole. */
void mirror_assert_gapless(const struct viewer *viewer, uint32_t ssrc);
/* Both slots of both got the same packets, under numbers that go on in the same steps; timestamps do so but
 * for a tolerance. */
void mirror_assert_same(const struct viewer *a, const struct viewer *b, uint32_t tolerance_rtp);

#endif
