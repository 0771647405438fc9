/* Lost packets: NACK to the publisher and its RTX, NACK of a viewer and our RTX, limits of both. */
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

static const char *const teacher[] = {"teacher-camera"};

struct fixture {
    struct scene scene;
    struct publisher publisher;
    struct encoder video;
    struct media_track track;
    struct viewer viewer;
};

static void fixture_init(struct fixture *f, uint8_t viewer_rtx)
{
    struct media_codec offered = shape_h264(102, 103, 0x42e01f);
    struct media_codec wanted = shape_h264(96, viewer_rtx, 0x42e01f);

    memset(f, 0, sizeof(*f));
    scene_init(&f->scene);
    f->track = scene_track(MEDIA_VIDEO, &offered);
    assert_int_equal(publisher_create(&f->publisher, &f->scene, "teacher-camera", &f->track, 1), 0);
    struct media_track track = scene_track(MEDIA_VIDEO, &wanted);
    assert_int_equal(viewer_create(&f->viewer, &f->scene, &track, teacher, 1), 0);
    viewer_start(&f->viewer);
    f->video = (struct encoder){.publisher = &f->publisher,
        .codec = MEDIA_CODEC_H264,
        .payload_type = 102,
        .ssrc = 11,
        .mid = "1",
        .sequence_number = 65530,
        .timestamp_rtp = 5};
}

static void fixture_finish(struct fixture *f)
{
    viewer_destroy(&f->viewer);
    publisher_destroy(&f->publisher);
    scene_finish(&f->scene);
}

/* The publisher's answer to a NACK: RFC 4588 packet of the encoder's frame. */
static void send_rtx(
    struct fixture *f, uint16_t sequence_number, const uint8_t *payload, size_t len)
{
    static uint16_t rtx_sequence = 100;
    uint8_t data[1400];

    bytes_put_u16(data, sequence_number);
    memcpy(data + 2, payload, len);
    struct scene_rtp rtp = {.payload_type = 103,
        .ssrc = 12,
        .mid = "1",
        .sequence_number = rtx_sequence++,
        .timestamp_rtp = f->video.timestamp_rtp - 3000,
        .payload = data,
        .payload_bytes = len + 2};
    publisher_send(&f->publisher, &rtp);
}

static void an_upstream_loss_is_asked_for_and_repaired_in_place(void **state)
{
    struct fixture f;
    const uint8_t slice[] = {0x41, 0x9a, 1, 2, 3, 0, 0, 0, 1, 0, 1};

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 2, 3000); /* 65530 – 65533 */
    f.video.first_loss = 1;
    f.video.last_loss = 2;
    encoder_frame(&f.video, false, 6, 3000);       /* 65534, 65535 lost, 0 – 3 */
    assert_int_equal(f.publisher.nacked_count, 1); /* three packets after the gap */
    assert_int_equal(f.publisher.nacked[0], 65535);
    assert_int_equal(f.viewer.packet_count, 9);

    scene_advance(&f.scene, 40 * US_PER_MS);
    send_rtx(&f, 65535, slice, sizeof(slice));
    assert_int_equal(f.viewer.packet_count, 10);
    const struct viewer_packet *repaired = &f.viewer.packets[9];
    const struct viewer_packet *before = &f.viewer.packets[4];
    assert_int_equal(repaired->view.payload_type, 96);
    assert_int_equal(repaired->view.ssrc, VIEWER_SSRC);
    assert_int_equal(repaired->view.sequence_number, (uint16_t)(before->view.sequence_number + 1));
    assert_int_equal(repaired->view.timestamp, before->view.timestamp);
    assert_int_equal(repaired->view.payload_bytes, sizeof(slice));
    assert_memory_equal(viewer_packet_payload(repaired), slice, sizeof(slice));

    send_rtx(&f, 65535, slice, sizeof(slice)); /* the answer to a repeat: too much */
    assert_int_equal(f.viewer.packet_count, 10);
    scene_advance(&f.scene, US_PER_S);
    assert_int_equal(f.publisher.nacked_count, 1);
    fixture_finish(&f);
}

static void a_plain_retransmission_repairs_too(void **state)
{
    struct fixture f;
    const uint8_t slice[] = {0x41, 0x9a, 1, 2, 3, 0, 0, 0, 1, 0, 1};

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 2, 3000);
    f.video.first_loss = 1;
    f.video.last_loss = 2;
    encoder_frame(&f.video, false, 6, 3000);
    struct scene_rtp rtp = {.payload_type = 102,
        .ssrc = 11,
        .sequence_number = 65535,
        .timestamp_rtp = f.video.timestamp_rtp - 3000,
        .payload = slice,
        .payload_bytes = sizeof(slice)};
    publisher_send(&f.publisher, &rtp);
    assert_int_equal(f.viewer.packet_count, 10);
    assert_int_equal(f.viewer.packets[9].view.sequence_number,
        (uint16_t)(f.viewer.packets[4].view.sequence_number + 1));
    fixture_finish(&f);
}

static void reordering_asks_for_nothing(void **state)
{
    struct fixture f;
    const uint8_t slice[] = {0x41, 0x9a, 1, 2, 3, 0, 0, 0, 1, 0, 1};
    const uint16_t order[] = {1, 0, 3, 4, 2, 5};

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 4, 3000); /* 65530 – 65535 */
    for (size_t i = 0; i < 6; i++) {
        struct scene_rtp rtp = {.payload_type = 102,
            .ssrc = 11,
            .sequence_number = order[i],
            .timestamp_rtp = 3005,
            .payload = slice,
            .payload_bytes = sizeof(slice)};
        publisher_send(&f.publisher, &rtp);
    }
    scene_advance(&f.scene, US_PER_S);
    assert_int_equal(f.publisher.nacked_count, 0);
    assert_int_equal(f.viewer.packet_count, 12);
    fixture_finish(&f);
}

static void a_publisher_that_never_answers_is_asked_ten_times_at_most(void **state)
{
    struct fixture f;

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 2, 3000);
    f.video.first_loss = 1;
    f.video.last_loss = 2;
    encoder_frame(&f.video, false, 6, 3000);
    encoder_run(&f.video, false, 3 * US_PER_S);
    assert_in_range(f.publisher.nacked_count, 8, 10);
    assert_true(f.publisher.plis >= 1);
    fixture_finish(&f);
}

static void a_viewers_nack_is_answered_by_rtx_as_rfc_4588_says(void **state)
{
    struct fixture f;
    size_t len;

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 10, 3000);
    struct viewer_packet lost[2] = {f.viewer.packets[3], f.viewer.packets[11]};
    const uint16_t seqs[] = {lost[0].view.sequence_number, lost[1].view.sequence_number};
    viewer_forget(&f.viewer);
    scene_advance(&f.scene, 20 * US_PER_MS);
    viewer_nack(&f.viewer, VIEWER_SSRC, seqs, 2);

    assert_int_equal(f.viewer.packet_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct viewer_packet *packet = &f.viewer.packets[i];
        const uint8_t *payload = viewer_packet_payload(packet);
        assert_int_equal(packet->view.ssrc, VIEWER_RTX_SSRC);
        assert_int_equal(packet->view.payload_type, 97);
        assert_int_equal(packet->view.marker, lost[i].view.marker);
        assert_int_equal(packet->view.timestamp, lost[i].view.timestamp);
        assert_int_equal(packet->view.payload_bytes, lost[i].view.payload_bytes + 2);
        assert_int_equal(bytes_get_u16(payload), seqs[i]);
        assert_memory_equal(
            payload + 2, viewer_packet_payload(&lost[i]), lost[i].view.payload_bytes);
        assert_int_equal(
            packet->view.sequence_number, (uint16_t)(f.viewer.packets[0].view.sequence_number + i));
        const uint8_t *mid = rtp_find_extension(packet->data, &packet->view, SCENE_MID_ID, &len);
        assert_memory_equal(mid, "1", 1);
    }
    /* one transport-wide sequence for everything */
    const uint8_t *last = rtp_find_extension(lost[1].data, &lost[1].view, SCENE_TRANSPORT_ID, &len);
    const struct viewer_packet *rtx = &f.viewer.packets[0];
    const uint8_t *next = rtp_find_extension(rtx->data, &rtx->view, SCENE_TRANSPORT_ID, &len);
    assert_int_equal(bytes_get_u16(next), (uint16_t)(bytes_get_u16(last) + 1));
    fixture_finish(&f);
}

static void a_viewer_without_rtx_gets_the_very_same_packet(void **state)
{
    struct fixture f;

    fixture_init(&f, 0);
    encoder_frame(&f.video, true, 10, 3000);
    struct viewer_packet lost = f.viewer.packets[5];
    viewer_forget(&f.viewer);
    scene_advance(&f.scene, 20 * US_PER_MS);
    viewer_nack(&f.viewer, VIEWER_SSRC, &lost.view.sequence_number, 1);
    assert_int_equal(f.viewer.packet_count, 1);
    assert_int_equal(f.viewer.packets[0].len, lost.len);
    assert_memory_equal(f.viewer.packets[0].data, lost.data, lost.len);
    fixture_finish(&f);
}

static void a_packet_is_resent_once_per_round_trip(void **state)
{
    struct fixture f;

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 10, 3000);
    uint16_t seq = f.viewer.packets[5].view.sequence_number;
    viewer_forget(&f.viewer);
    for (unsigned i = 0; i < 100; i++) {
        scene_advance(&f.scene, US_PER_MS);
        viewer_nack(&f.viewer, VIEWER_SSRC, &seq, 1);
    }
    /* 50 ms as long as the round trip is not known, of which a little may be missing */
    assert_int_equal(f.viewer.packet_count, 3);
    scene_advance(&f.scene, US_PER_S);
    viewer_nack(&f.viewer, VIEWER_SSRC, &seq, 1);
    assert_int_equal(f.viewer.packet_count, 3); /* a second old: of no use */
    fixture_finish(&f);
}

static void retransmissions_keep_to_a_budget(void **state)
{
    struct fixture f;
    uint16_t seqs[400];
    size_t bytes = 0;

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 398, 3000);
    for (size_t i = 0; i < 400; i++)
        seqs[i] = f.viewer.packets[i].view.sequence_number;
    viewer_forget(&f.viewer);
    for (unsigned round = 0; round < 9; round++) {
        scene_advance(&f.scene, 100 * US_PER_MS);
        viewer_nack(&f.viewer, VIEWER_SSRC, seqs, 400);
    }
    for (size_t i = 0; i < f.viewer.packet_count; i++)
        bytes += f.viewer.packets[i].view.payload_bytes;
    assert_in_range(bytes, 100000, 180000); /* of 720,000 asked for */
    fixture_finish(&f);
}

static void nacks_for_what_was_never_sent_are_ignored(void **state)
{
    struct fixture f;
    uint16_t seqs[17];

    fixture_init(&f, 97);
    encoder_frame(&f.video, true, 10, 3000);
    uint16_t next =
        (uint16_t)(f.viewer.packets[f.viewer.packet_count - 1].view.sequence_number + 1);
    for (uint16_t i = 0; i < 17; i++)
        seqs[i] = (uint16_t)(next + i);
    viewer_forget(&f.viewer);
    viewer_nack(&f.viewer, VIEWER_SSRC, seqs, 17);
    viewer_nack(&f.viewer, 0xdead, seqs, 17);
    assert_int_equal(f.viewer.packet_count, 0);
    fixture_finish(&f);
}

static void joining_over_the_wrap_with_twenty_lost_packets_keeps_small_numbers(void **state)
{
    struct fixture f;

    /* the source is at 65530; whatever the viewer misses at first, its own count cannot wrap there */
    for (unsigned round = 0; round < 20; round++) {
        fixture_init(&f, 97);
        encoder_frame(&f.video, true, 28, 3000);
        encoder_run(&f.video, false, US_PER_S);
        uint16_t start = f.viewer.packets[0].view.sequence_number;
        assert_in_range(start, 0, 32767);
        assert_in_range(f.viewer.packets[20].view.sequence_number, 20, 32767 + 20);
        for (size_t i = 1; i < f.viewer.packet_count; i++)
            assert_int_equal(f.viewer.packets[i].view.sequence_number, start + i);
        fixture_finish(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upstream_loss_is_asked_for_and_repaired_in_place),
        cmocka_unit_test(a_plain_retransmission_repairs_too),
        cmocka_unit_test(reordering_asks_for_nothing),
        cmocka_unit_test(a_publisher_that_never_answers_is_asked_ten_times_at_most),
        cmocka_unit_test(a_viewers_nack_is_answered_by_rtx_as_rfc_4588_says),
        cmocka_unit_test(a_viewer_without_rtx_gets_the_very_same_packet),
        cmocka_unit_test(a_packet_is_resent_once_per_round_trip),
        cmocka_unit_test(retransmissions_keep_to_a_budget),
        cmocka_unit_test(nacks_for_what_was_never_sent_are_ignored),
        cmocka_unit_test(joining_over_the_wrap_with_twenty_lost_packets_keeps_small_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
