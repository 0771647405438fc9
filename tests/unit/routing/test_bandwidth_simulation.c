/*
 * What a viewer sees on lines of all kinds, in virtual time: bandwidth_scene.h. Each scene runs with
 * several seeds, since one lucky draw proves nothing. The figures are printed; meson test -v shows them.
 *
 * Layers of 1800, 600 and 180 kbit/s, audio of 63 kbit/s on the line, keyframes of five frames' size.
 */
#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "tests/unit/routing/bandwidth_scene.h"

#define SEEDS     5
#define DELAY_US  (25 * US_PER_MS)
#define QUEUE_US  US_PER_S
#define UNLIMITED 0
#define TOP       0
#define MIDDLE    1
#define PAUSED    LAYER_CHOICE_PAUSED

static struct scene scene;
static unsigned audio_sent_before, audio_received_before;

static struct link_params line(uint64_t rate_bps)
{
    return (struct link_params){.delay_us = DELAY_US, .rate_bps = rate_bps, .queue_us = QUEUE_US};
}

static void set_line(struct link_params params)
{
    scene_set_line(&scene, &params);
}

static void open_scene(struct link_params params, uint64_t seed)
{
    scene_open(&scene, &params, seed);
}

static void close_scene(const char *what, uint64_t seed)
{
    double end = (double)scene.sample_count * SCENE_SAMPLE_US / 1e6;

    print_message("%s, seed %d: estimate %u..%u kbit/s, queue p95 %u ms, top layer %.0f%%, "
                  "paused %.1f%%, audio %u of %u, %u decreases, %u switches, padding %u kB\n",
        what, (int)seed, scene_estimate_kbps(&scene, 2, end, 0),
        scene_estimate_kbps(&scene, 2, end, 100), scene_queue_ms(&scene, 2, end, 95),
        100 * scene_layer_share(&scene, 2, end, TOP),
        100 * scene_layer_share(&scene, 2, end, PAUSED), scene.audio_received, scene.audio_sent,
        scene.decreases, scene.switches, (unsigned)(scene.padding_bytes / 1000));
    scene_close(&scene);
}

static void mark_audio(void)
{
    audio_sent_before = scene.audio_sent;
    audio_received_before = scene.audio_received;
}

/* Since the mark, but for what may be under way or in a queue when it was set. */
static void assert_audio_is_whole(void)
{
    unsigned sent = scene.audio_sent - audio_sent_before;
    unsigned received = scene.audio_received - audio_received_before;

    assert_true(received + 10 >= sent);
}

static void assert_within(double seconds, double limit)
{
    print_message("  after %.2f s\n", seconds);
    assert_true(seconds >= 0 && seconds <= limit);
}

static void a_constant_line_is_found_and_not_overrun(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2000000), seed);
        scene_run(&scene, 40);
        assert_within(scene_estimate_above_after(&scene, 0, 1600), 2);
        assert_true(scene_estimate_kbps(&scene, 2, 40, 0) >= 1600);
        assert_true(scene_estimate_kbps(&scene, 2, 40, 100) <= 2200);
        assert_true(scene_queue_ms(&scene, 2, 40, 95) <= 60);
        assert_true(scene_layer_share(&scene, 2, 40, MIDDLE) > 0.99);
        assert_int_equal(scene.decreases, 0);
        assert_audio_is_whole();
        close_scene("2 Mbit/s", seed);
    }
}

static void a_step_down_is_followed_in_a_second_and_up_again_in_ten(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2500000), seed);
        scene_run(&scene, 15);
        assert_within(scene_layer_after(&scene, 0, TOP), 2);
        mark_audio();
        set_line(line(1000000));
        scene_run(&scene, 20);
        assert_within(scene_estimate_below_after(&scene, 15, 1000), 1);
        assert_within(scene_layer_after(&scene, 15, MIDDLE), 1);
        uint32_t queue_ms = scene_queue_ms(&scene, 15, 25, 95);
        print_message("  queue p95 over 10 s %u ms\n", queue_ms);
        assert_true(queue_ms <= 200);
        assert_true(scene_layer_share(&scene, 20, 35, MIDDLE) > 0.95);
        set_line(line(2500000));
        scene_run(&scene, 25);
        assert_within(scene_layer_after(&scene, 35, TOP), 10);
        assert_true(scene_layer_share(&scene, 45, 60, TOP) > 0.95);
        assert_audio_is_whole();
        close_scene("2.5, 1, 2.5 Mbit/s", seed);
    }
}

static void a_thin_line_keeps_its_audio_and_comes_back_by_itself(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2500000), seed);
        scene_run(&scene, 15);
        set_line(line(100000));
        scene_run(&scene, 5);
        assert_within(scene_layer_after(&scene, 15, PAUSED), 2);
        mark_audio();
        scene_run(&scene, 20);
        assert_true(scene_layer_share(&scene, 20, 40, PAUSED) > 0.99);
        assert_true(scene_queue_ms(&scene, 20, 40, 95) <= 100);
        assert_audio_is_whole();
        set_line(line(2500000));
        scene_run(&scene, 20);
        assert_within(scene_layer_after(&scene, 40, TOP), 10);
        close_scene("2.5, 0.1, 2.5 Mbit/s", seed);
    }
}

static void who_joins_on_a_thin_line_gets_audio(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(100000), seed);
        scene_run(&scene, 5);
        mark_audio();
        scene_run(&scene, 30);
        assert_true(scene_layer_share(&scene, 5, 35, PAUSED) > 0.99);
        assert_true(scene_queue_ms(&scene, 5, 35, 95) <= 100);
        assert_audio_is_whole();
        close_scene("0.1 Mbit/s", seed);
    }
}

static void random_loss_does_not_bring_it_down(void **state)
{
    static const struct {
        double loss, burst_packets;
        uint32_t least_kbps; /* but for the tenth of the time that a test of loss may take */
        double top;
    } cases[] = {
        {0.05, 1, 2000, 0.98},
        {0.10, 1, 2000, 0.80},
        {0.20, 1, 2000, 0.80},
        {0.05, 4, 2000, 0.80},
        {0.10, 4, 1200, 0.60},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct link_params lossy = line(UNLIMITED);
            lossy.delay_us = 50 * US_PER_MS;
            lossy.loss = cases[i].loss;
            lossy.burst_packets = cases[i].burst_packets;
            open_scene(lossy, seed);
            scene_run(&scene, 60);
            assert_true(scene_estimate_kbps(&scene, 10, 60, 15) >= cases[i].least_kbps);
            assert_true(scene_layer_share(&scene, 10, 60, TOP) >= cases[i].top);
            assert_true(scene_layer_share(&scene, 2, 60, PAUSED) <= 0);
            assert_int_equal(scene.decreases, 0);
            print_message(
                "loss %.0f%% in bursts of %.0f: ", 100 * cases[i].loss, cases[i].burst_packets);
            close_scene("100 ms round trip", seed);
        }
    }
}

static void jitter_is_no_congestion(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct link_params shaky = line(UNLIMITED);
        shaky.jitter_us = 60 * US_PER_MS;
        open_scene(shaky, seed);
        scene_run(&scene, 60);
        assert_int_equal(scene.decreases, 0);
        assert_true(scene_estimate_kbps(&scene, 2, 60, 0) >= 1200);
        assert_true(scene_layer_share(&scene, 10, 60, TOP) > 0.95);
        close_scene("jitter of 60 ms", seed);
    }
}

static void a_long_way_is_no_congestion_either(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct link_params far = line(2500000);
        far.delay_us = 150 * US_PER_MS;
        open_scene(far, seed);
        scene_run(&scene, 20);
        assert_within(scene_layer_after(&scene, 0, TOP), 5);
        far.rate_bps = 1000000;
        set_line(far);
        scene_run(&scene, 20);
        assert_within(scene_layer_after(&scene, 20, MIDDLE), 1.2);
        assert_true(scene_layer_share(&scene, 25, 40, MIDDLE) > 0.95);
        close_scene("300 ms round trip, 2.5 to 1 Mbit/s", seed);
    }
}

static void others_on_the_line_get_their_share_and_leave_ours(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2500000), seed);
        scene_run(&scene, 15);
        scene.foreign_bps = 1500000;
        scene_run(&scene, 30);
        assert_within(scene_layer_after(&scene, 15, MIDDLE), 1.5);
        assert_true(scene_queue_ms(&scene, 15, 25, 95) <= 200);
        assert_true(scene_estimate_kbps(&scene, 15, 45, 0) >= 400);
        assert_true(scene_layer_share(&scene, 20, 45, MIDDLE) > 0.8);
        scene.foreign_bps = 0;
        scene_run(&scene, 20);
        assert_within(scene_layer_after(&scene, 45, TOP), 12);
        close_scene("2.5 Mbit/s, 1.5 of others", seed);
    }
}

static void a_queue_that_grows_slowly_is_seen(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2500000), seed);
        scene_run(&scene, 15);
        for (int i = 0; i < 100; i++) {
            scene.foreign_bps += 15000;
            scene_run_ms(&scene, 200);
        }
        scene_run(&scene, 10);
        assert_true(scene_queue_ms(&scene, 15, 45, 95) <= 200);
        assert_true(scene_layer_share(&scene, 35, 45, MIDDLE) > 0.8);
        close_scene("2.5 Mbit/s, others grow to 1.5", seed);
    }
}

static void an_outage_is_over_when_it_is_over(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct link_params dead = line(2500000);
        dead.loss = 1;
        open_scene(line(2500000), seed);
        scene_run(&scene, 15);
        set_line(dead);
        scene_run(&scene, 3);
        assert_true(scene_estimate_kbps(&scene, 17, 18, 100) <= 300);
        set_line(line(2500000));
        mark_audio();
        scene_run(&scene, 15);
        assert_within(scene_layer_after(&scene, 18, TOP), 1.5);
        assert_true(scene_estimate_kbps(&scene, 20, 33, 0) >= 2000);
        assert_audio_is_whole();
        close_scene("an outage of 3 s", seed);
    }
}

static void a_small_buffer_that_only_loses_is_heeded(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct link_params shallow = line(2500000);
        shallow.queue_us = 30 * US_PER_MS;
        open_scene(shallow, seed);
        scene_run(&scene, 15);
        shallow.rate_bps = 1000000;
        set_line(shallow);
        scene_run(&scene, 30);
        assert_within(scene_layer_after(&scene, 15, MIDDLE), 3);
        assert_true(scene_layer_share(&scene, 20, 45, TOP) < 0.25);
        assert_true(scene_layer_share(&scene, 15, 45, PAUSED) <= 0);
        close_scene("a buffer of 30 ms, 2.5 to 1 Mbit/s", seed);
    }
}

static void any_rhythm_of_feedback_will_do(void **state)
{
    static const uint64_t intervals_ms[] = {20, 50, 250};

    for (size_t i = 0; i < sizeof(intervals_ms) / sizeof(intervals_ms[0]); i++) {
        open_scene(line(2500000), i + 1);
        scene.report_us = intervals_ms[i] * US_PER_MS;
        scene_run(&scene, 15);
        assert_within(scene_layer_after(&scene, 0, TOP), 3);
        set_line(line(1000000));
        scene_run(&scene, 15);
        assert_within(scene_estimate_below_after(&scene, 15, 1000), 1);
        assert_true(scene_queue_ms(&scene, 15, 30, 95) <= 200);
        close_scene("feedback in another rhythm", i + 1);
    }
}

static void without_padding_it_is_found_by_trying(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(2500000), seed);
        scene.no_padding = true;
        scene_run(&scene, 60);
        assert_int_equal(scene.padding_bytes, 0);
        assert_within(scene_layer_after(&scene, 0, MIDDLE), 10);
        assert_within(scene_layer_after(&scene, 0, TOP), 45);
        assert_true(scene_queue_ms(&scene, 0, 60, 95) <= 100);
        close_scene("no padding", seed);
    }
}

/* Some clients tell of arrivals at the end of a frame, and of sound alone every few seconds. */
static void a_viewer_that_seldom_speaks_is_not_dead(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        open_scene(line(400000), seed);
        scene.report_us = 3 * US_PER_S;
        scene_run(&scene, 60);
        assert_true(scene_estimate_kbps(&scene, 20, 60, 5) >= 100);
        assert_true(scene_layer_share(&scene, 20, 60, PAUSED) < 0.5);
        close_scene("feedback every 3 s", seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_line_is_found_and_not_overrun),
        cmocka_unit_test(a_step_down_is_followed_in_a_second_and_up_again_in_ten),
        cmocka_unit_test(a_thin_line_keeps_its_audio_and_comes_back_by_itself),
        cmocka_unit_test(who_joins_on_a_thin_line_gets_audio),
        cmocka_unit_test(random_loss_does_not_bring_it_down),
        cmocka_unit_test(jitter_is_no_congestion),
        cmocka_unit_test(a_long_way_is_no_congestion_either),
        cmocka_unit_test(others_on_the_line_get_their_share_and_leave_ours),
        cmocka_unit_test(a_queue_that_grows_slowly_is_seen),
        cmocka_unit_test(an_outage_is_over_when_it_is_over),
        cmocka_unit_test(a_small_buffer_that_only_loses_is_heeded),
        cmocka_unit_test(any_rhythm_of_feedback_will_do),
        cmocka_unit_test(a_viewer_that_seldom_speaks_is_not_dead),
        cmocka_unit_test(without_padding_it_is_found_by_trying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
