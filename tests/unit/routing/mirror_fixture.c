#include "tests/unit/routing/mirror_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static const char *const teacher[] = {"teacher-camera", "teacher-camera"};

void mirror_use_publisher(
    struct mirror_fixture *f, struct publisher *publisher, uint32_t first_frame)
{
    f->video = (struct encoder){.publisher = publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .sequence_number = 65500,
        .timestamp_rtp = 0xfffff000,
        .frame = first_frame};
    f->audio = (struct encoder){.publisher = publisher,
        .codec = MEDIA_CODEC_OPUS,
        .payload_type = 111,
        .ssrc = 22,
        .mid = "0",
        .sequence_number = 77,
        .timestamp_rtp = 0x7fffff00,
        .frame = first_frame};
}

void mirror_publish(struct mirror_fixture *f, unsigned router, struct publisher *publisher)
{
    assert_int_equal(
        publisher_create(publisher, &f->exchange.scenes[router], "teacher-camera", f->tracks, 2),
        0);
}

void mirror_fixture_init(struct mirror_fixture *f)
{
    struct media_codec codecs[] = {shape_h264(102, 103, 0x42e01f), shape_opus(111)};

    memset(f, 0, sizeof(*f));
    f->tracks[0] = scene_track(MEDIA_VIDEO, &codecs[0]);
    f->tracks[1] = scene_track(MEDIA_AUDIO, &codecs[1]);
    exchange_scene_init(&f->exchange);
    mirror_publish(f, 0, &f->publisher);
    mirror_use_publisher(f, &f->publisher, 0);
}

void mirror_fixture_finish(struct mirror_fixture *f)
{
    for (size_t i = 0; i < MIRROR_VIEWERS; i++) {
        if (f->viewers[i].subscriber != NULL)
            viewer_destroy(&f->viewers[i]);
    }
    publisher_destroy(&f->publisher);
    exchange_scene_finish(&f->exchange);
}

int mirror_setup(void **state)
{
    struct mirror_fixture *f = malloc(sizeof(*f));

    assert_non_null(f);
    mirror_fixture_init(f);
    *state = f;
    return 0;
}

int mirror_teardown(void **state)
{
    mirror_fixture_finish(*state);
    free(*state);
    return 0;
}

struct viewer *mirror_watch(struct mirror_fixture *f, unsigned router)
{
    struct viewer *viewer = f->viewers;

    while (viewer < f->viewers + MIRROR_VIEWERS && viewer->subscriber != NULL)
        viewer++;
    assert_true(viewer < f->viewers + MIRROR_VIEWERS);
    assert_int_equal(viewer_create(viewer, &f->exchange.scenes[router], f->tracks, teacher, 2), 0);
    viewer_start(viewer);
    return viewer;
}

void mirror_watch_everywhere(struct mirror_fixture *f)
{
    for (unsigned i = 0; i < EXCHANGE_ROUTERS; i++)
        mirror_watch(f, i);
}

void mirror_wait(struct mirror_fixture *f, uint64_t us)
{
    scene_advance(&f->exchange.scenes[0], us);
}

void mirror_run(struct mirror_fixture *f, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        encoder_frame(&f->audio, false, 1, 960);
        encoder_frame(&f->video, f->video.frame % 100 == 0, 3, 1800);
        scene_advance(f->video.publisher->scene, 20 * US_PER_MS);
    }
}

void mirror_run_video(struct mirror_fixture *f, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        encoder_frame(&f->video, false, 3, 1800);
        scene_advance(f->video.publisher->scene, 20 * US_PER_MS);
    }
}

const struct viewer_packet *mirror_packet(const struct viewer *viewer, uint32_t ssrc, size_t i)
{
    for (size_t at = 0; at < viewer->packet_count; at++) {
        if (viewer->packets[at].view.ssrc == ssrc && i-- == 0)
            return &viewer->packets[at];
    }
    return NULL;
}

size_t mirror_count(const struct viewer *viewer, uint32_t ssrc)
{
    size_t count = 0;

    for (size_t i = 0; i < viewer->packet_count; i++)
        count += viewer->packets[i].view.ssrc == ssrc;
    return count;
}

const struct viewer_packet *mirror_last_picture(const struct viewer *viewer)
{
    size_t count = mirror_count(viewer, MIRROR_VIDEO_SSRC);

    assert_true(count > 0);
    return mirror_packet(viewer, MIRROR_VIDEO_SSRC, count - 1);
}

void mirror_assert_gapless(const struct viewer *viewer, uint32_t ssrc)
{
    for (size_t i = 1; i < mirror_count(viewer, ssrc); i++)
        assert_int_equal(mirror_packet(viewer, ssrc, i)->view.sequence_number,
            (uint16_t)(mirror_packet(viewer, ssrc, i - 1)->view.sequence_number + 1));
}

static void assert_same_packet(const struct viewer_packet *a, const struct viewer_packet *b)
{
    assert_int_equal(a->view.payload_bytes, b->view.payload_bytes);
    assert_memory_equal(viewer_packet_payload(a), viewer_packet_payload(b), a->view.payload_bytes);
    assert_int_equal(a->view.marker, b->view.marker);
    assert_int_equal(a->view.payload_type, b->view.payload_type);
}

/* Numbers are each viewer's own: only their steps are the same. */
static void assert_same_step(const struct viewer_packet *const a[2],
    const struct viewer_packet *const b[2], uint32_t tolerance_rtp)
{
    assert_int_equal((uint16_t)(a[1]->view.sequence_number - a[0]->view.sequence_number),
        (uint16_t)(b[1]->view.sequence_number - b[0]->view.sequence_number));
    assert_in_range((uint32_t)(a[1]->view.timestamp - a[0]->view.timestamp -
                               (b[1]->view.timestamp - b[0]->view.timestamp) + tolerance_rtp),
        0, 2 * tolerance_rtp);
}

static void assert_same_slot(
    const struct viewer *a, const struct viewer *b, uint32_t ssrc, uint32_t tolerance_rtp)
{
    size_t count = mirror_count(a, ssrc);

    assert_true(count > 0);
    assert_int_equal(count, mirror_count(b, ssrc));
    for (size_t i = 0; i < count; i++) {
        const struct viewer_packet *ours[] = {
            mirror_packet(a, ssrc, i > 0 ? i - 1 : 0), mirror_packet(a, ssrc, i)};
        const struct viewer_packet *theirs[] = {
            mirror_packet(b, ssrc, i > 0 ? i - 1 : 0), mirror_packet(b, ssrc, i)};

        assert_same_packet(ours[1], theirs[1]);
        assert_same_step(ours, theirs, tolerance_rtp);
    }
}

void mirror_assert_same(const struct viewer *a, const struct viewer *b, uint32_t tolerance_rtp)
{
    assert_same_slot(a, b, MIRROR_VIDEO_SSRC, tolerance_rtp);
    assert_same_slot(a, b, MIRROR_AUDIO_SSRC, tolerance_rtp);
}
