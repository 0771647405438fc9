#include "tests/unit/routing/two_sources.h"

#include "tests/unit/routing/cmocka_all.h"

#include <string.h>

const char *const source_names[2] = {"teacher-camera", "room-1"};

void fixture_publish(struct fixture *f, unsigned index)
{
    struct source *source = &f->sources[index];

    assert_int_equal(
        publisher_create(&source->publisher, &f->scene, source_names[index], f->tracks, 2), 0);
    source->video = (struct encoder){.publisher = &source->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 10 + index,
        .mid = "1",
        .sequence_number = (uint16_t)(60000 + 5000 * index),
        .timestamp_rtp = 0xfffff000 + 123456789 * index,
        .frame = 10000 * index};
    source->audio = (struct encoder){.publisher = &source->publisher,
        .codec = MEDIA_CODEC_OPUS,
        .payload_type = 111,
        .ssrc = 20 + index,
        .mid = "0",
        .sequence_number = (uint16_t)(65500 + 3000 * index),
        .timestamp_rtp = 0x7fffff00 + 987654321 * index,
        .frame = 10000 * index};
    source->exists = true;
}

void fixture_init(struct fixture *f, const char *source, bool with_room)
{
    const char *const sources[] = {source, source};
    struct media_codec codecs[] = {shape_h264(102, 103, 0x42e01f), shape_opus(111)};

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->tracks[0] = scene_track(MEDIA_VIDEO, &codecs[0]);
    f->tracks[1] = scene_track(MEDIA_AUDIO, &codecs[1]);
    fixture_publish(f, CAMERA);
    if (with_room)
        fixture_publish(f, ROOM);
    assert_int_equal(viewer_create(&f->viewer, &f->scene, f->tracks, sources, 2), 0);
    subscriber_start(f->viewer.subscriber, f->scene.now_us);
}

void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->viewer);
    for (unsigned i = 0; i < 2; i++) {
        if (f->sources[i].exists)
            publisher_destroy(&f->sources[i].publisher);
    }
    scene_finish(&f->scene);
}

void fixture_run(struct fixture *f, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        for (unsigned j = 0; j < 2; j++) {
            struct source *source = &f->sources[j];
            bool keyframe = (source->video.frame + 25 * j) % 50 == 0 || source->publisher.plis > 0;

            if (!source->exists)
                continue;
            source->publisher.plis = 0;
            encoder_frame(&source->audio, false, 1, 960);
            encoder_frame(&source->video, keyframe, 2, 1800);
        }
        scene_advance(&f->scene, 20 * US_PER_MS);
    }
}

void fixture_set(struct fixture *f, size_t slot, const char *source)
{
    assert_int_equal(subscriber_set_slot(f->viewer.subscriber, slot, source, f->scene.now_us), 0);
}

void fixture_set_both(struct fixture *f, const char *source)
{
    fixture_set(f, 0, source);
    fixture_set(f, 1, source);
}

unsigned source_of(const struct viewer_packet *packet)
{
    return viewer_packet_frame(packet) / 10000;
}

void line_of(const struct viewer *viewer, size_t slot, struct slot_line *ret_line)
{
    ret_line->count = 0;
    for (size_t i = 0; i < viewer->packet_count; i++) {
        if (viewer->packets[i].view.ssrc == VIEWER_SSRC + slot) {
            assert_true(ret_line->count < 16384);
            ret_line->packets[ret_line->count++] = &viewer->packets[i];
        }
    }
    assert_true(ret_line->count > 0);
}

void assert_continuous(const struct viewer *viewer, size_t slot, int64_t tolerance_us)
{
    int64_t rate = slot == 0 ? 90000 : 48000;
    struct slot_line line;

    line_of(viewer, slot, &line);
    for (size_t i = 1; i < line.count; i++) {
        const struct viewer_packet *first = line.packets[0];
        const struct viewer_packet *before = line.packets[i - 1];
        const struct viewer_packet *packet = line.packets[i];
        int64_t ticks = (int32_t)(packet->view.timestamp - first->view.timestamp);
        int64_t late_us = (int64_t)(packet->sent_us - first->sent_us) - ticks * 1000000 / rate;

        assert_int_equal(
            packet->view.sequence_number, (uint16_t)(before->view.sequence_number + 1));
        assert_true((int32_t)(packet->view.timestamp - before->view.timestamp) >= 0);
        assert_in_range(late_us + tolerance_us, 0, 2 * tolerance_us);
    }
}

const struct viewer_packet *find_switch(const struct viewer *viewer, size_t slot)
{
    const struct viewer_packet *found = NULL;
    struct slot_line line;

    line_of(viewer, slot, &line);
    for (size_t i = 1; i < line.count; i++) {
        if (source_of(line.packets[i]) == source_of(line.packets[i - 1]))
            continue;
        assert_null(found);
        found = line.packets[i];
    }
    assert_non_null(found);
    return found;
}

bool begins_keyframe(const struct viewer_packet *packet)
{
    return viewer_packet_payload(packet)[0] == 0x67 && viewer_packet_index(packet) == 0;
}

size_t count_since(const struct viewer *viewer, uint64_t since_us)
{
    size_t count = 0;

    for (size_t i = 0; i < viewer->packet_count; i++)
        count += viewer->packets[i].sent_us > since_us;
    return count;
}
