#include "tests/unit/routing/rest_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

#include <string.h>

static const char *const teacher[] = {"teacher-camera"};

static void publish(struct rest_fixture *f, bool can_pause)
{
    static const char *const names[] = {"h", "m", "l"};
    struct media_codec offered = shape_h264(102, 103, 0x42e01f);
    struct media_track track;

    f->wanted = scene_track(MEDIA_VIDEO, &offered);
    track = f->wanted;
    track.codecs[0].pause = can_pause;
    track.rid_count = 3;
    for (size_t i = 0; i < 3; i++) {
        strcpy(track.rids[i], names[i]);
        f->layers[i] = (struct encoder){.publisher = &f->publisher,
            .codec = MEDIA_CODEC_H264,
            .payload_type = 102,
            .ssrc = 10 + (uint32_t)i,
            .mid = "1",
            .rid = names[i],
            .sequence_number = (uint16_t)(1000 * i),
            .timestamp_rtp = 123456789 * (uint32_t)(i + 1),
            .frame = 10000 * (uint32_t)i};
    }
    assert_int_equal(publisher_create(&f->publisher, f->home, "teacher-camera", &track, 1), 0);
}

void rest_fixture_init(struct rest_fixture *f, bool can_pause)
{
    memset(f, 0, sizeof(*f));
    scene_init(&f->alone);
    f->home = &f->alone;
    publish(f, can_pause);
}

void rest_fixture_init_several(struct rest_fixture *f)
{
    memset(f, 0, sizeof(*f));
    exchange_scene_init(&f->exchange);
    f->home = &f->exchange.scenes[0];
    publish(f, true);
}

void rest_fixture_finish(struct rest_fixture *f)
{
    publisher_destroy(&f->publisher);
    if (f->home == &f->alone)
        scene_finish(&f->alone);
    else
        exchange_scene_finish(&f->exchange);
}

void rest_watch(struct rest_fixture *f, struct scene *scene, struct viewer *viewer)
{
    assert_int_equal(viewer_create(viewer, scene, &f->wanted, teacher, 1), 0);
    viewer_start(viewer);
}

unsigned rest_paused(const struct rest_fixture *f)
{
    return (unsigned)(f->publisher.paused >> 10) & ~f->disobeys & 7;
}

static bool is_keyframe(const struct rest_fixture *f, unsigned l, bool asked)
{
    bool usual = !(f->sent & 1U << l) || f->layers[l].frame % 10000 % 120 == 0;

    if (f->deaf & 1U << l)
        return false;
    if (asked && f->publisher.last_keyframe_ssrc == 10 + l)
        return true;
    return usual && !(f->lazy & 1U << l);
}

void rest_run(struct rest_fixture *f, unsigned frames)
{
    static const unsigned packets[] = {20, 4, 3};

    for (unsigned i = 0; i < frames; i++) {
        unsigned sent = 7 & ~rest_paused(f);
        bool asked = f->publisher.plis > 0;

        f->plis += f->publisher.plis;
        f->publisher.plis = 0;
        for (unsigned l = 0; l < 3; l++) {
            if (sent & 1U << l)
                encoder_frame(&f->layers[l], is_keyframe(f, l, asked), packets[l], 3000);
            else
                f->layers[l].timestamp_rtp += 3000; /* the camera's clock goes on */
        }
        f->sent = sent;
        scene_advance(f->home, 33333);
    }
}

void rest_run_without_top(struct rest_fixture *f, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        f->publisher.paused |= UINT64_C(1) << 10;
        rest_run(f, 1);
    }
}

unsigned rest_layer_of(const struct viewer *viewer, size_t i)
{
    assert_true(i < viewer->packet_count);
    return 1U << viewer_packet_frame(&viewer->packets[i]) / 10000;
}

unsigned rest_shown(const struct viewer *viewer)
{
    assert_true(viewer->packet_count > 0);
    return rest_layer_of(viewer, viewer->packet_count - 1);
}

void rest_assert_no_break(const struct viewer *viewer, uint64_t longest_us)
{
    for (size_t i = 1; i < viewer->packet_count; i++) {
        const struct viewer_packet *packet = &viewer->packets[i];

        assert_int_equal(
            packet->view.sequence_number, (uint16_t)(packet[-1].view.sequence_number + 1));
        assert_true((int32_t)(packet->view.timestamp - packet[-1].view.timestamp) >= 0);
        assert_in_range(packet->sent_us - packet[-1].sent_us, 0, longest_us);
    }
}
