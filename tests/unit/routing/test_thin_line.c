/* What a viewer's line cannot carry is not sent: redundancy of sound, and the past after a complaint. */
#include "relay/routing/line.h"
#include "relay/routing/reception.h"
#include "relay/routing/retransmission.h"
#include "relay/routing/subscriber.h"
#include "tests/support/network/viewer_model.h"
#include "tests/unit/routing/cmocka_all.h"
#include "tests/unit/routing/scene.h"

#include <string.h>

static struct lesson_model lesson;
static struct viewer_model *viewer;

static void open_lesson(const struct link_params *line)
{
    lesson_model_init(&lesson, 1);
    viewer = viewer_model_create(&lesson, line, 1);
}

static void close_lesson(void)
{
    viewer_model_destroy(viewer);
    lesson_model_finish(&lesson);
}

static void run_ms(unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        lesson_model_step(&lesson);
        viewer_model_step(viewer);
    }
}

static void sound_is_whole_on_a_line_that_carries_nothing_else(void **state)
{
    open_lesson(&(struct link_params){
        .rate_bps = 100000, .queue_us = US_PER_S, .delay_us = 50 * US_PER_MS});
    run_ms(10000);
    viewer_model_measure(viewer);
    run_ms(20000);
    assert_true(viewer->audio.played > 900);
    assert_int_equal(viewer->audio.missed, 0);
    assert_int_equal(viewer->down.model.overflowed, 0);
    /* plain Opus; with redundancy it would be 100 kbit/s */
    assert_true(viewer->received_bytes * 8 / 20 < 75000);
    assert_true(viewer_model_wait_ms(viewer, 95) < 100);

    /* and redundant again when there is room */
    viewer_model_set_line(viewer, &(struct link_params){.loss = 0.05, .delay_us = 50 * US_PER_MS});
    run_ms(25000);
    viewer_model_measure(viewer);
    run_ms(20000);
    assert_true(viewer->audio.by_redundancy > 20);
    close_lesson();
}

static void complain_on(uint64_t rate_bps, int layer, unsigned most_ms)
{
    open_lesson(&(struct link_params){
        .rate_bps = rate_bps, .queue_us = US_PER_S, .delay_us = 50 * US_PER_MS});
    run_ms(20000);
    assert_int_equal(viewer_model_layer(viewer), layer);
    unsigned requests = lesson.keyframe_requests;
    viewer_model_measure(viewer);
    for (unsigned i = 0; i < 10; i++) {
        viewer_model_complain(viewer);
        run_ms(2300);
    }
    assert_true(viewer_model_wait_ms(viewer, 100) < most_ms);
    assert_int_equal(lesson.keyframe_requests, requests);
    close_lesson();
}

static void complaints_on_a_full_line_make_no_queue_and_no_keyframes(void **state)
{
    complain_on(1000000, 1, 300); /* the past of the layer below fits */
    complain_on(400000, 2, 500);  /* no past fits: the next keyframe is waited for */
}

static void a_step_down_over_a_long_way_makes_no_long_queue_and_stops_no_picture(void **state)
{
    struct link_params line = {
        .rate_bps = 2500000, .queue_us = US_PER_S, .delay_us = 150 * US_PER_MS};

    for (uint64_t seed = 1; seed <= 6; seed++) {
        line.rate_bps = 2500000;
        lesson_model_init(&lesson, seed);
        viewer = viewer_model_create(&lesson, &line, seed);
        run_ms((unsigned)(15000 + seed * 300));
        assert_int_equal(viewer_model_layer(viewer), 0);
        line.rate_bps = 1000000;
        viewer_model_set_line(viewer, &line);
        viewer_model_measure(viewer);
        for (unsigned i = 0; i < 300; i++) {
            run_ms(100);
            assert_int_not_equal(viewer_model_layer(viewer), VIEWER_MODEL_PAUSED);
        }
        print_message("waits p95 %u ms, at most %u\n", viewer_model_wait_ms(viewer, 95),
            viewer_model_wait_ms(viewer, 100));
        assert_true(viewer_model_wait_ms(viewer, 95) <= 200);
        close_lesson();
    }
}

/* draft-alvestrand-rmcat-remb: 18 bits of mantissa, 6 of exponent. */
static void say_remb(struct viewer *of, uint32_t bps)
{
    uint8_t data[24] = {0x8f, RTCP_PSFB, 0, 5, 0, 0, 0, 77, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1};

    bytes_put_u32(data + 16, 0x01000000 | (4U << 18) | bps >> 4);
    bytes_put_u32(data + 20, VIEWER_SSRC);
    subscriber_receive_rtcp(of->subscriber, data, sizeof(data), of->scene->now_us);
}

static void send_sound(struct publisher *publisher, unsigned packets)
{
    static uint16_t number = 100;
    /* RFC 2198: 60 earlier bytes, 960 ticks before */
    uint8_t payload[5 + 120] = {0x80 | 111, 960 >> 6, (960 & 63) << 2, 60, 111, 0x78};

    for (unsigned i = 0; i < packets; i++) {
        payload[60] = (uint8_t)number;
        struct scene_rtp rtp = {.payload_type = 63,
            .sequence_number = number,
            .timestamp_rtp = number * 960U,
            .ssrc = 7,
            .mid = "0",
            .payload = payload,
            .payload_bytes = sizeof(payload)};
        publisher_send(publisher, &rtp);
        scene_advance(publisher->scene, 20 * US_PER_MS);
        number++;
    }
}

/* SRTP must never see one sequence number with two contents. */
static void nothing_is_sent_again_in_another_form(void **state)
{
    static const char *const source[] = {"teacher-camera"};
    struct media_codec opus = shape_opus(111);
    struct scene scene;
    struct publisher publisher;
    struct viewer listener;

    opus.has_red = true;
    opus.red_payload_type = 63;
    scene_init(&scene);
    struct media_track track = scene_track(MEDIA_AUDIO, &opus);
    assert_int_equal(publisher_create(&publisher, &scene, "teacher-camera", &track, 1), 0);
    assert_int_equal(viewer_create(&listener, &scene, &track, source, 1), 0);
    viewer_start(&listener);
    send_sound(&publisher, 100);
    uint16_t redundant = listener.packets[listener.packet_count - 1].view.sequence_number;
    assert_int_equal(listener.packets[listener.packet_count - 1].view.payload_type, 63);

    say_remb(&listener, 60000);
    scene_advance(&scene, 200 * US_PER_MS);
    viewer_forget(&listener);
    viewer_nack(&listener, VIEWER_SSRC, &redundant, 1);
    assert_int_equal(listener.packet_count, 0);

    send_sound(&publisher, 1);
    assert_int_equal(listener.packet_count, 1);
    struct viewer_packet plain = listener.packets[0];
    assert_int_equal(plain.view.payload_type, 111);
    assert_int_equal(plain.view.payload_bytes, 60);
    viewer_nack(&listener, VIEWER_SSRC, &plain.view.sequence_number, 1);
    assert_int_equal(listener.packet_count, 2);
    assert_memory_equal(listener.packets[1].data, plain.data, plain.len);
    viewer_destroy(&listener);
    publisher_destroy(&publisher);
    scene_finish(&scene);
}

static void a_keyframe_does_not_change_what_a_layer_is_said_to_cost(void **state)
{
    struct reception reception;
    uint32_t least = UINT32_MAX, most = 0, most_now = 0;

    reception_reset(&reception);
    for (unsigned frame = 0; frame < 600; frame++) {
        uint64_t now_us = US_PER_S + frame * US_PER_S / 30;
        reception_add(
            &reception, frame, frame * 3000, 90000, frame % 60 == 0 ? 25000 : 5000, now_us);
        if (frame < 90)
            continue;
        uint32_t bps = reception_steady_bps(&reception, now_us);
        least = bps < least ? bps : least;
        most = bps > most ? bps : most;
        bps = reception_bitrate_bps(&reception, now_us);
        most_now = bps > most_now ? bps : most_now;
    }
    assert_true(most - least < least / 20);
    assert_true(most_now > most * 11 / 10);
    assert_int_equal(reception_steady_bps(&reception, 100 * US_PER_S), 0);
}

static void each_packet_goes_out_again_once_a_round_trip_but_for_copies(void **state)
{
    struct retransmission retransmission;
    struct sent_packet sent = {.used = true, .sent_ms = 1000};

    retransmission_init(&retransmission, US_PER_S);
    retransmission.rtt_us = 100 * US_PER_MS;
    assert_true(retransmission_allow(&retransmission, &sent, 1000, US_PER_S));
    assert_false(retransmission_allow(&retransmission, &sent, 1000, US_PER_S));
    retransmission.copying = true;
    assert_true(retransmission_allow(&retransmission, &sent, 1000, US_PER_S));
    retransmission.copying = false;
    assert_false(retransmission_allow(&retransmission, &sent, 1000, US_PER_S + 94 * US_PER_MS));
    assert_true(retransmission_allow(&retransmission, &sent, 1000, US_PER_S + 95 * US_PER_MS));
}

/* Everything stood still for a moment, as on a busy machine: the line is taken for a thin one. */
static void stand_still(const struct link_params *usual)
{
    struct link_params late = *usual;

    lesson.next_frame_us += 600 * US_PER_MS;
    for (unsigned ms = 0; ms < 600; ms++) {
        late.delay_us = ms * US_PER_MS / 2;
        viewer_model_set_line(viewer, &late);
        run_ms(1);
    }
    viewer_model_set_line(viewer, usual);
}

static void a_picture_comes_back_as_soon_as_its_line_is_known_to_carry_it(void **state)
{
    const struct link_params usual = {
        .rate_bps = 4000000, .loss = 0.05, .queue_us = US_PER_S, .delay_us = 10 * US_PER_MS};
    uint64_t enough_bps = 2 * lesson_model_layer_bps[LESSON_MODEL_LAYERS - 1] + 100000;
    unsigned paused_ms = 0;

    open_lesson(&usual);
    run_ms(15000);
    for (unsigned i = 0; i < 5; i++) {
        stand_still(&usual);
        unsigned in_vain_ms = 0;
        for (unsigned ms = 0; ms < 10000; ms++) {
            bool paused = viewer_model_layer(viewer) == VIEWER_MODEL_PAUSED;
            run_ms(1);
            paused_ms += paused;
            in_vain_ms =
                paused && viewer_model_estimate_bps(viewer) > enough_bps ? in_vain_ms + 1 : 0;
            assert_true(in_vain_ms < 1000);
        }
        assert_int_not_equal(viewer_model_layer(viewer), VIEWER_MODEL_PAUSED);
    }
    assert_true(paused_ms > 0);
    close_lesson();
}

static void each_packet_that_leaves_is_media_a_repair_or_a_probe(void **state)
{
    open_lesson(&(struct link_params){
        .rate_bps = 1500000, .loss = 0.02, .queue_us = US_PER_S, .delay_us = 20 * US_PER_MS});
    run_ms(10000);
    const struct subscriber_counters *counters = &viewer->subscriber->counters;
    uint64_t media = 0;
    for (size_t i = 0; i < viewer->subscriber->slot_count; i++)
        media += viewer->subscriber->slots[i].packets;
    assert_true(counters->resent > 0);
    assert_true(counters->padding > 0);
    assert_int_equal(counters->packets, media + counters->resent + counters->padding);
    close_lesson();
}

static void feedback_tells_the_round_trip_until_a_report_does(void **state)
{
    struct retransmission retransmission;

    retransmission_init(&retransmission, US_PER_S);
    retransmission_guess_rtt(&retransmission, 120 * US_PER_MS);
    assert_int_equal(retransmission.rtt_us, 120 * US_PER_MS);
    retransmission_rtt_sample(&retransmission, 65536 / 50);
    assert_in_range(retransmission.rtt_us, 19000, 20000);
    retransmission_guess_rtt(&retransmission, 120 * US_PER_MS);
    assert_in_range(retransmission.rtt_us, 19000, 20000);
}

/* 25 packets are told of at a time. */
static void tell(struct line *line, unsigned lost, uint64_t *now_us)
{
    loss_control_count(&line->estimator.loss, 25 - (int64_t)lost, lost);
    loss_control_update(&line->estimator.loss, &(struct loss_control_input){.acked_bps = 1000000},
        *now_us += 250 * US_PER_MS, &(uint64_t){0});
}

static void at_the_start_a_line_may_lose_anything(void **state)
{
    struct line line;
    uint64_t now_us = US_PER_S;

    assert_int_equal(line_init(&line, true, now_us), 0);
    for (unsigned i = 0; i < 11; i++) {
        assert_int_equal(line_copies(&line, 100 * US_PER_MS), 2);
        tell(&line, 0, &now_us);
    }
    tell(&line, 0, &now_us);
    assert_int_equal(line_copies(&line, 100 * US_PER_MS), 1);
    for (unsigned i = 0; i < 30; i++)
        tell(&line, 2, &now_us);
    assert_int_equal(line_copies(&line, 100 * US_PER_MS), 2);
    line_finish(&line);
}

static void the_longer_the_way_and_the_more_is_lost_the_more_copies(void **state)
{
    static const struct {
        unsigned rtt_ms;
        double loss;
        unsigned copies;
    } cases[] = {
        {0, 0.2, 1}, /* nobody knows the way */
        {49, 0.2, 1},
        {50, 0.02, 1},
        {50, 0.03, 2},
        {199, 0.2, 2},
        {200, 0.05, 2},
        {200, 0.08, 3},
        {200, 0.02, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct line line = {.estimator.loss = {.told = 1000, .loss = cases[i].loss}};

        assert_int_equal(line_copies(&line, cases[i].rtt_ms * US_PER_MS), cases[i].copies);
    }
}

static void a_full_line_gets_no_third_copy(void **state)
{
    /* 1.47 Mbit/s, a tenth of it three times again, headers, a fifth of room: 2.4 */
    struct line line = {.media_bps = 1470000,
        .estimator = {.loss = {.told = 1000, .loss = 0.1}, .estimate_bps = 2400000}};

    assert_int_equal(line_copies(&line, 300 * US_PER_MS), 3);
    line.estimator.estimate_bps = 2300000;
    assert_int_equal(line_copies(&line, 300 * US_PER_MS), 2);
}

static void so_many_copies_go_out(void **state)
{
    struct link_params line = {.loss = 0.1, .delay_us = 150 * US_PER_MS};

    open_lesson(&line);
    run_ms(20000);
    uint64_t before = viewer->subscriber->counters.resent;
    run_ms(20000);
    uint64_t resent = viewer->subscriber->counters.resent - before;
    print_message("%d sent again\n", (int)resent);
    /* some 200 packets a second, every tenth lost, three copies */
    assert_in_range(resent, 1000, 1500);
    close_lesson();
}

/* Over 100 ms and with that share lost; judged by an estimate of 1.75 Mbit/s. */
static int chosen_when_lost(double share)
{
    struct line line;
    struct layer_slot slot = {0};
    struct slot_demand demand = {
        .wanted = true, .layer_count = 2, .layers = {{true, 1500000}, {true, 500000}}};

    assert_int_equal(line_init(&line, true, US_PER_S), 0);
    line.judged = true;
    line.estimator.rtt_us = 100 * US_PER_MS;
    line.estimator.estimate_bps = 1750000;
    line.estimator.loss.loss = share;
    assert_true(line_choose(&line, &demand, &slot, 1, 50000, 0, 2 * US_PER_S));
    line_finish(&line);
    return slot.chosen;
}

static void what_is_sent_again_counts_as_need(void **state)
{
    assert_int_equal(chosen_when_lost(0), 0);
    assert_int_equal(chosen_when_lost(0.02), 0);
    assert_int_equal(chosen_when_lost(0.1), 1);
}

/* How long the picture is away after the line is back, at most, when it fails for 0.9 s again and again. A source without
 * simulcast has no smaller picture to go down to. */
static unsigned slowest_return_ms(size_t layers, uint64_t rate_bps, unsigned times)
{
    struct link_params usual = {
        .rate_bps = rate_bps, .queue_us = US_PER_S, .delay_us = 20 * US_PER_MS};
    struct link_params dead = usual;
    unsigned slowest_ms = 0;

    dead.loss = 1;
    lesson_model_init_with(&lesson, layers, 1);
    viewer = viewer_model_create(&lesson, &usual, 1);
    run_ms(20000);
    assert_int_equal(viewer_model_layer(viewer), 0);
    for (unsigned i = 0; i < times; i++) {
        unsigned ms = 0;

        viewer_model_set_line(viewer, &dead);
        run_ms(900);
        viewer_model_set_line(viewer, &usual);
        for (; viewer_model_layer(viewer) == VIEWER_MODEL_PAUSED && ms < 60000; ms += 10)
            run_ms(10);
        slowest_ms = ms > slowest_ms ? ms : slowest_ms;
        run_ms(3000);
    }
    print_message("%zu layers: back after %u ms\n", layers, slowest_ms);
    close_lesson();
    return slowest_ms;
}

static void a_picture_is_back_with_its_line_however_often_that_fails(void **state)
{
    assert_true(slowest_return_ms(1, 0, 12) <= 500);
    assert_true(slowest_return_ms(1, 4000000, 12) <= 500);
    assert_true(slowest_return_ms(3, 2500000, 12) <= 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_is_whole_on_a_line_that_carries_nothing_else),
        cmocka_unit_test(complaints_on_a_full_line_make_no_queue_and_no_keyframes),
        cmocka_unit_test(a_step_down_over_a_long_way_makes_no_long_queue_and_stops_no_picture),
        cmocka_unit_test(nothing_is_sent_again_in_another_form),
        cmocka_unit_test(a_keyframe_does_not_change_what_a_layer_is_said_to_cost),
        cmocka_unit_test(a_picture_comes_back_as_soon_as_its_line_is_known_to_carry_it),
        cmocka_unit_test(each_packet_that_leaves_is_media_a_repair_or_a_probe),
        cmocka_unit_test(each_packet_goes_out_again_once_a_round_trip_but_for_copies),
        cmocka_unit_test(feedback_tells_the_round_trip_until_a_report_does),
        cmocka_unit_test(what_is_sent_again_counts_as_need),
        cmocka_unit_test(at_the_start_a_line_may_lose_anything),
        cmocka_unit_test(the_longer_the_way_and_the_more_is_lost_the_more_copies),
        cmocka_unit_test(a_full_line_gets_no_third_copy),
        cmocka_unit_test(so_many_copies_go_out),
        cmocka_unit_test(a_picture_is_back_with_its_line_however_often_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
