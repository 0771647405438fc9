/*
 * What the tests of resting layers share: a teacher with three layers of H.264 whose encoders stop and go on as
 * the relay asks, at one router or at one of several, and viewers anywhere.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_REST_FIXTURE_H
#define DUET_TESTS_UNIT_ROUTING_REST_FIXTURE_H

#include "tests/unit/routing/exchange_scene.h"

#define TOP    (1U << 0)
#define MIDDLE (1U << 1)
#define LOW    (1U << 2)

#define SECONDS(n) ((n)*30U) /* in frames */

struct rest_fixture {
    struct exchange_scene exchange;
    struct scene alone;
    struct scene *home; /* where the teacher publishes */
    struct publisher publisher;
    struct media_track wanted;
    struct encoder layers[3];
    unsigned disobeys; /* layers whose requests do not reach the publisher */
    unsigned lazy;     /* layers that get keyframes only when asked for them */
    unsigned deaf;     /* layers that get none */
    unsigned sent;     /* layers of the last frame */
    unsigned plis;
};

/* At a router that is alone; can_pause: the publisher offered it. */
void rest_fixture_init(struct rest_fixture *f, bool can_pause);
/* At the first of several routers. */
void rest_fixture_init_several(struct rest_fixture *f);
/* The test has destroyed its viewers. */
void rest_fixture_finish(struct rest_fixture *f);

/* A viewer of the teacher at a router, connected at once. */
void rest_watch(struct rest_fixture *f, struct scene *scene, struct viewer *viewer);

/* 30 frames a second of the layers that the publisher was not asked to pause, of some 1000, 200 and 150
 * kbit/s. A keyframe every four seconds, at a layer's start, and with the next frame when asked for. */
void rest_run(struct rest_fixture *f, unsigned frames);
/* The same while no request to go on reaches the top layer. */
void rest_run_without_top(struct rest_fixture *f, unsigned frames);

/* Layers that do not come. */
unsigned rest_paused(const struct rest_fixture *f);

/* The layer of the i-th packet, and of the last one. */
unsigned rest_layer_of(const struct viewer *viewer, size_t i);
unsigned rest_shown(const struct viewer *viewer);

/* Sequence numbers without a gap, timestamps never back, and no longer silence than that. */
void rest_assert_no_break(const struct viewer *viewer, uint64_t longest_us);

#endif
