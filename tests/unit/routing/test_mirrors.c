/* What viewers get of a stream that is published at another router: the same as viewers there. */
#include "tests/unit/routing/mirror_fixture.h"

#include "tests/unit/routing/cmocka_all.h"

#include <string.h>

/* What a receiver that anchors its clock at the first packet would add to this one. */
static int64_t lateness_us(const struct viewer_packet *first, const struct viewer_packet *packet)
{
    int64_t ticks = (int32_t)(packet->view.timestamp - first->view.timestamp);

    return (int64_t)(packet->sent_us - first->sent_us) - ticks * 1000000 / 90000;
}

static void viewers_elsewhere_get_the_very_packets_that_viewers_at_the_origin_get(void **state)
{
    struct mirror_fixture *f = *state;
    const struct viewer *viewers = f->viewers;

    mirror_watch_everywhere(f);
    mirror_run(f, 250);

    assert_int_equal(mirror_count(&viewers[0], MIRROR_VIDEO_SSRC), 250 * 3 + 3 * 2);
    mirror_assert_gapless(&viewers[0], MIRROR_VIDEO_SSRC);
    mirror_assert_gapless(&viewers[0], MIRROR_AUDIO_SSRC);
    mirror_assert_same(&viewers[0], &viewers[1], 0);
    mirror_assert_same(&viewers[0], &viewers[2], 0);
    assert_int_equal(viewers[1].playing, 2);
}

static void a_slow_exchange_delays_packets_and_changes_nothing_else(void **state)
{
    struct mirror_fixture *f = *state;

    f->exchange.mail.delay_us = 15 * US_PER_MS;
    f->exchange.ring.delay_us = 5 * US_PER_MS;
    mirror_wait(f, 20 * US_PER_MS); /* the announcement comes */
    struct viewer *here = mirror_watch(f, 0);
    struct viewer *there = mirror_watch(f, 1);
    mirror_wait(f, 20 * US_PER_MS);
    mirror_run(f, 150);
    mirror_wait(f, 20 * US_PER_MS);

    mirror_assert_same(here, there, 900);
    for (size_t i = 0; i < mirror_count(here, MIRROR_VIDEO_SSRC); i++)
        assert_in_range(mirror_packet(there, MIRROR_VIDEO_SSRC, i)->sent_us -
                            mirror_packet(here, MIRROR_VIDEO_SSRC, i)->sent_us,
            5 * US_PER_MS, 10 * US_PER_MS);
}

static void joining_late_elsewhere_shows_a_picture_at_once_and_adds_no_delay(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *here = mirror_watch(f, 0);

    mirror_run(f, 190); /* 1.8 s after a keyframe */
    uint64_t joined_us = f->exchange.scenes[0].now_us;
    struct viewer *there = mirror_watch(f, 1);
    const struct viewer_packet *first = mirror_packet(there, MIRROR_VIDEO_SSRC, 0);
    assert_non_null(first);
    assert_int_equal(first->sent_us, joined_us);
    assert_int_equal(viewer_packet_frame(first), 100);
    assert_true(mirror_count(there, MIRROR_VIDEO_SSRC) >= 5); /* the keyframe is whole */
    mirror_run_video(f, 50);

    mirror_assert_gapless(there, MIRROR_VIDEO_SSRC);
    first = mirror_packet(there, MIRROR_VIDEO_SSRC, 0);
    size_t count = mirror_count(there, MIRROR_VIDEO_SSRC);
    for (size_t i = 0; i < count; i++)
        assert_in_range(
            lateness_us(first, mirror_packet(there, MIRROR_VIDEO_SSRC, i)) + 20000, 0, 40000);
    const struct viewer_packet *last = mirror_last_picture(there);
    const struct viewer_packet *theirs = mirror_last_picture(here);
    assert_int_equal(viewer_packet_frame(last), viewer_packet_frame(theirs));
    assert_int_equal(last->sent_us, theirs->sent_us);
    assert_int_equal(f->publisher.plis, 0);
}

/* ---- clocks ---- */

static int64_t wall_us(const struct viewer *viewer, size_t slot, uint32_t rate)
{
    const struct rtcp_sender_info *info = &viewer->last_report[slot];
    const struct viewer_packet *last =
        mirror_packet(viewer, viewer->ssrcs[slot], mirror_count(viewer, viewer->ssrcs[slot]) - 1);
    int64_t ntp_us = (int64_t)((info->ntp >> 32) * US_PER_S) +
                     (int64_t)(((info->ntp & 0xffffffff) * US_PER_S) >> 32);

    return ntp_us + (int64_t)(int32_t)(last->view.timestamp - info->timestamp_rtp) * 1000000 / rate;
}

static int64_t sound_before_picture_us(const struct viewer *viewer)
{
    assert_true(viewer->sender_reports >= 2);
    return wall_us(viewer, 0, 90000) - wall_us(viewer, 1, 48000);
}

/* The publisher says that the picture just sent was taken 45 ms before the sound just sent. */
static void report_45_ms(struct mirror_fixture *f)
{
    uint64_t ntp = UINT64_C(0xe8000000) << 32;

    publisher_report(f->video.publisher, 11, ntp, f->video.timestamp_rtp - 1800);
    publisher_report(
        f->video.publisher, 22, ntp + (UINT64_C(45) << 32) / 1000, f->audio.timestamp_rtp - 960);
}

static void lip_sync_of_the_publisher_is_kept_elsewhere(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *early = mirror_watch(f, 1);

    mirror_run(f, 80);
    report_45_ms(f);
    mirror_run(f, 100);
    assert_in_range(sound_before_picture_us(early) + 45000 + 1000, 0, 2000);

    /* a mirror that begins later is told what is known */
    struct viewer *late = mirror_watch(f, 2);
    mirror_run(f, 60);
    assert_in_range(sound_before_picture_us(late) + 45000 + 1000, 0, 2000);
}

static void jump(struct mirror_fixture *f)
{
    f->video.sequence_number += 20000;
    f->video.timestamp_rtp += 900000;
    f->audio.sequence_number += 20000;
    f->audio.timestamp_rtp += 480000;
}

/* Reports and packets travel apart: those of a publisher that starts anew may come in either order. */
static void lip_sync_outlives_a_restart_whichever_comes_first(void **state)
{
    for (int reports_first = 0; reports_first < 2; reports_first++) {
        struct mirror_fixture f;

        mirror_fixture_init(&f);
        const struct viewer *there = mirror_watch(&f, 1);
        mirror_run(&f, 80);
        if (reports_first)
            f.exchange.ring.delay_us = 20 * US_PER_MS;
        else
            f.exchange.mail.delay_us = 50 * US_PER_MS;
        jump(&f);
        f.video.frame = 99;
        encoder_frame(&f.audio, false, 1, 960);
        encoder_frame(&f.audio, false, 1, 960);
        encoder_frame(&f.video, false, 3, 1800);
        f.audio.timestamp_rtp -= 960;
        report_45_ms(&f);
        mirror_wait(&f, 20 * US_PER_MS);
        mirror_run(&f, 99);
        assert_in_range(sound_before_picture_us(there) + 45000 + 1000, 0, 2000);
        mirror_fixture_finish(&f);
    }
}

/* ---- what is lost ---- */

static void a_hole_that_is_filled_late_is_filled_elsewhere_too(void **state)
{
    struct mirror_fixture *f = *state;
    uint8_t again[2 + 20] = {0};

    struct viewer *here = mirror_watch(f, 0);
    struct viewer *there = mirror_watch(f, 1);
    mirror_run(f, 20);
    uint16_t lost = (uint16_t)(f->video.sequence_number + 1);
    f->video.first_loss = 1;
    f->video.last_loss = 2;
    mirror_run(f, 3);
    size_t before = there->packet_count;
    bytes_put_u16(again, lost);
    again[2] = 0x41;
    publisher_send(&f->publisher, &(struct scene_rtp){.payload_type = 103,
                                      .ssrc = 12,
                                      .mid = "1",
                                      .sequence_number = 1,
                                      .timestamp_rtp = f->video.timestamp_rtp - 3 * 1800,
                                      .payload = again,
                                      .payload_bytes = sizeof(again)});
    assert_int_equal(there->packet_count, before + 1);
    mirror_run(f, 5);

    mirror_assert_same(here, there, 0);
    /* in its place: the one left out of 60 + 2 packets of the first 20 frames and the lost frame's first */
    const struct viewer_packet *repair = &there->packets[before];
    const struct viewer_packet *neighbour = mirror_packet(there, MIRROR_VIDEO_SSRC, 62);
    assert_int_equal(repair->view.sequence_number, (uint16_t)(neighbour->view.sequence_number + 1));
    assert_int_equal(repair->view.timestamp, neighbour->view.timestamp);
}

static void packets_that_find_no_room_cost_nothing_but_themselves(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *here = mirror_watch(f, 0);
    struct viewer *there = mirror_watch(f, 1);

    mirror_run(f, 20);
    f->exchange.refusals = 2;
    encoder_frame(&f->video, false, 3, 1800);
    size_t frames = 21 * 3 + 2;
    assert_int_equal(mirror_count(here, MIRROR_VIDEO_SSRC), frames);
    assert_int_equal(mirror_count(there, MIRROR_VIDEO_SSRC), frames - 2);
    mirror_run(f, 20);
    json_t *stats = router_stats(f->exchange.scenes[0].router, 10, f->exchange.scenes[0].now_us);
    assert_int_equal(json_integer_value(json_object_get(stats, "parcels_lost")), 2);
    json_decref(stats);

    size_t count = mirror_count(there, MIRROR_VIDEO_SSRC);
    assert_int_equal(count, mirror_count(here, MIRROR_VIDEO_SSRC) - 2);
    uint16_t step = (uint16_t)(mirror_packet(there, MIRROR_VIDEO_SSRC, 62)->view.sequence_number -
                               mirror_packet(there, MIRROR_VIDEO_SSRC, 61)->view.sequence_number);
    assert_int_equal(step, 3); /* the hole is seen as one */
    assert_int_equal(mirror_count(here, MIRROR_AUDIO_SSRC), mirror_count(there, MIRROR_AUDIO_SSRC));
}

static void a_hole_of_the_exchange_is_not_replayed_to_newcomers(void **state)
{
    struct mirror_fixture *f = *state;

    mirror_watch(f, 1);
    mirror_run(f, 20);
    f->exchange.refusals = 1;
    mirror_run_video(f, 20);
    assert_int_equal(f->publisher.plis, 0);
    struct viewer *late = mirror_watch(f, 1);
    assert_int_equal(mirror_count(late, MIRROR_VIDEO_SSRC), 0);
    assert_int_equal(f->publisher.plis, 1);
    encoder_frame(&f->video, true, 3, 1800);
    assert_int_equal(mirror_count(late, MIRROR_VIDEO_SSRC), 5);
}

/* ---- keyframes ---- */

static void complaints_at_all_routers_become_one_request_in_two_seconds(void **state)
{
    struct mirror_fixture *f = *state;

    mirror_watch_everywhere(f);
    mirror_run(f, 60);
    mirror_run_video(f, 70); /* then the keyframe is too old to be given again */
    viewer_pli(&f->viewers[2], MIRROR_VIDEO_SSRC);
    mirror_wait(f, 10 * US_PER_MS);
    assert_int_equal(f->publisher.plis, 1);
    assert_int_equal(f->publisher.last_keyframe_ssrc, 11);

    unsigned before = f->exchange.messages;
    for (unsigned i = 0; i < 500; i++) {
        for (unsigned v = 0; v < EXCHANGE_ROUTERS; v++)
            viewer_pli(&f->viewers[v], MIRROR_VIDEO_SSRC);
        mirror_run_video(f, 1);
    }
    /* ten seconds without an answer */
    assert_in_range(f->publisher.plis, 4, 6);
    assert_in_range(
        f->exchange.messages - before, 0, 2 * 6 + 2 * 11); /* and their demand, once a second */
}

static void a_publisher_that_starts_anew_is_followed_without_a_break(void **state)
{
    struct mirror_fixture *f = *state;
    struct viewer *here = mirror_watch(f, 0);
    struct viewer *there = mirror_watch(f, 1);

    mirror_run(f, 30);
    jump(f);
    f->video.frame = 98; /* it is believed at its second packet, and shown from its keyframe on */
    mirror_run(f, 32);
    mirror_wait(f, 600 * US_PER_MS); /* so is another SSRC after a silence */
    f->video.ssrc = 13;
    f->audio.ssrc = 24;
    jump(f);
    f->video.frame = 198;
    mirror_run(f, 32);

    mirror_assert_same(here, there, 0);
    mirror_assert_gapless(there, MIRROR_VIDEO_SSRC);
    assert_int_equal(viewer_packet_frame(mirror_last_picture(there)), 229);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        mirror_test(viewers_elsewhere_get_the_very_packets_that_viewers_at_the_origin_get),
        mirror_test(a_slow_exchange_delays_packets_and_changes_nothing_else),
        mirror_test(joining_late_elsewhere_shows_a_picture_at_once_and_adds_no_delay),
        mirror_test(lip_sync_of_the_publisher_is_kept_elsewhere),
        cmocka_unit_test(lip_sync_outlives_a_restart_whichever_comes_first),
        mirror_test(a_hole_that_is_filled_late_is_filled_elsewhere_too),
        mirror_test(packets_that_find_no_room_cost_nothing_but_themselves),
        mirror_test(a_hole_of_the_exchange_is_not_replayed_to_newcomers),
        mirror_test(complaints_at_all_routers_become_one_request_in_two_seconds),
        mirror_test(a_publisher_that_starts_anew_is_followed_without_a_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
