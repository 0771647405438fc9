/* Lessons over three routers in which everything happens at once, by seed: viewers and publishers come and go,
 * move, start anew, packets are lost, delayed and repaired. Whatever it was, no number goes out twice, and who is
 * there when it calms down sees the teacher. */
#include "tests/unit/routing/mirror_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 150
#define STEPS 800 /* of 20 ms */

struct storm {
    struct mirror_fixture f;
    struct viewer *viewers[MIRROR_VIEWERS]; /* NULL = not there */
    unsigned crowd; /* viewers that come and go; one alone leaves routers without any */
    unsigned random;
    unsigned silent; /* steps till somebody publishes again */
};

/* One in n. */
static bool happens(struct storm *storm, unsigned n)
{
    return rand_r(&storm->random) % n == 0;
}

static unsigned choose(struct storm *storm, unsigned n)
{
    return (unsigned)rand_r(&storm->random) % n;
}

static void assert_nothing_twice(const struct viewer *viewer)
{
    static uint8_t seen[2][65536 / 8];

    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < viewer->packet_count; i++) {
        const struct rtp_view *view = &viewer->packets[i].view;
        uint8_t *byte;

        if (view->ssrc != MIRROR_VIDEO_SSRC && view->ssrc != MIRROR_AUDIO_SSRC)
            continue;
        byte = &seen[view->ssrc - VIEWER_SSRC][view->sequence_number / 8];
        assert_int_equal(*byte >> view->sequence_number % 8 & 1, 0);
        *byte |= (uint8_t)(1U << view->sequence_number % 8);
    }
}

static void leave(struct storm *storm, unsigned i)
{
    assert_nothing_twice(storm->viewers[i]);
    viewer_destroy(storm->viewers[i]);
    storm->viewers[i] = NULL;
}

static void move_viewers(struct storm *storm)
{
    unsigned i = choose(storm, storm->crowd);

    if (!happens(storm, 20))
        return;
    if (storm->viewers[i] == NULL)
        storm->viewers[i] = mirror_watch(&storm->f, choose(storm, EXCHANGE_ROUTERS));
    else
        leave(storm, i);
}

static void move_publisher(struct storm *storm)
{
    struct mirror_fixture *f = &storm->f;

    if (f->publisher.stream != NULL && happens(storm, 100)) {
        publisher_destroy(&f->publisher);
        storm->silent = choose(storm, 20);
    } else if (f->publisher.stream == NULL && storm->silent-- == 0) {
        mirror_publish(f, choose(storm, EXCHANGE_ROUTERS), &f->publisher);
        mirror_use_publisher(f, &f->publisher, f->video.frame);
    }
    if (happens(storm, 100))
        f->video.sequence_number += 20000;
}

/* The packet once more, as the publisher's answer to a NACK. */
static void repair(struct storm *storm, uint16_t sequence_number, uint32_t timestamp_rtp)
{
    uint8_t payload[2 + 40] = {0};

    bytes_put_u16(payload, sequence_number);
    payload[2] = 0x41;
    publisher_send(&storm->f.publisher, &(struct scene_rtp){.payload_type = 103,
                                            .ssrc = 12,
                                            .mid = "1",
                                            .sequence_number = sequence_number,
                                            .timestamp_rtp = timestamp_rtp,
                                            .payload = payload,
                                            .payload_bytes = sizeof(payload)});
}

static void send_media(struct storm *storm)
{
    struct encoder *video = &storm->f.video;
    uint16_t first = video->sequence_number;
    uint32_t timestamp_rtp = video->timestamp_rtp;
    bool loses = happens(storm, 30);

    encoder_frame(&storm->f.audio, false, 1, 960);
    video->first_loss = 1;
    video->last_loss = loses ? 2 : 1;
    encoder_frame(video, happens(storm, 40), 3, 1800);
    if (loses && happens(storm, 2))
        repair(storm, (uint16_t)(first + 1), timestamp_rtp);
}

static void complain(struct storm *storm)
{
    struct viewer *viewer = storm->viewers[choose(storm, storm->crowd)];

    if (viewer != NULL && happens(storm, 10))
        viewer_pli(viewer, MIRROR_VIDEO_SSRC);
}

static void step(struct storm *storm)
{
    move_viewers(storm);
    move_publisher(storm);
    complain(storm);
    if (happens(storm, 50))
        storm->f.exchange.refusals = choose(storm, 10);
    if (storm->f.publisher.stream != NULL)
        send_media(storm);
    mirror_wait(&storm->f, 20 * US_PER_MS);
}

/* Two seconds of an undisturbed lesson with a keyframe in each. */
static void calm_down(struct storm *storm)
{
    struct mirror_fixture *f = &storm->f;

    f->exchange.refusals = 0;
    mirror_wait(f, 600 * US_PER_MS);
    if (f->publisher.stream == NULL) {
        mirror_publish(f, choose(storm, EXCHANGE_ROUTERS), &f->publisher);
        mirror_use_publisher(f, &f->publisher, f->video.frame);
    }
    for (unsigned i = 0; i < 100; i++) {
        encoder_frame(&f->audio, false, 1, 960);
        encoder_frame(&f->video, i % 50 == 10, 3, 1800);
        mirror_wait(f, 20 * US_PER_MS);
    }
    mirror_wait(f, 100 * US_PER_MS);
}

static void assert_sees_the_teacher(const struct storm *storm, const struct viewer *viewer)
{
    size_t count = mirror_count(viewer, MIRROR_VIDEO_SSRC);
    size_t sounds = mirror_count(viewer, MIRROR_AUDIO_SSRC);

    assert_true(count > 60 && sounds > 60);
    for (size_t i = 0; i < 60; i++) {
        const struct viewer_packet *packet =
            mirror_packet(viewer, MIRROR_VIDEO_SSRC, count - 1 - i);

        assert_int_equal(viewer_packet_frame(packet), storm->f.video.frame - 1 - i / 3);
        assert_int_equal(viewer_packet_index(packet), 2 - i % 3);
    }
    assert_int_equal(viewer_packet_frame(mirror_packet(viewer, MIRROR_AUDIO_SSRC, sounds - 1)),
        storm->f.audio.frame - 1);
}

static void weather(unsigned seed)
{
    static struct storm storm;

    memset(&storm, 0, sizeof(storm));
    storm.random = seed;
    storm.crowd = 1 + choose(&storm, MIRROR_VIEWERS);
    mirror_fixture_init(&storm.f);
    storm.f.exchange.mail.delay_us = choose(&storm, 4) * 10 * US_PER_MS;
    storm.f.exchange.ring.delay_us = choose(&storm, 4) * 10 * US_PER_MS;
    for (unsigned i = 0; i < STEPS; i++)
        step(&storm);
    calm_down(&storm);
    for (unsigned i = 0; i < MIRROR_VIEWERS; i++) {
        if (storm.viewers[i] == NULL)
            continue;
        assert_sees_the_teacher(&storm, storm.viewers[i]);
        leave(&storm, i);
    }
    mirror_fixture_finish(&storm.f);
}

static void after_any_storm_every_viewer_sees_the_teacher(void **state)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        print_message("seed %u\n", seed);
        weather(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_any_storm_every_viewer_sees_the_teacher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
