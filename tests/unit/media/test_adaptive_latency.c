#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "common/clock.h"
#include "media/adaptive_latency.h"

static void a_clean_line_keeps_the_smallest_buffer(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input calm = {0};

    adaptive_latency_init_audio(&latency, 0);
    uint32_t start_ms = adaptive_latency_ms(&latency);
    assert_true(start_ms <= 40);
    for (uint64_t now_us = 0; now_us < 300 * US_PER_S; now_us += US_PER_S)
        assert_false(adaptive_latency_update(&latency, now_us, &calm));
    assert_int_equal(adaptive_latency_ms(&latency), start_ms);
}

static void a_late_packet_raises_it_at_once(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input late = {.late = 1};

    adaptive_latency_init_audio(&latency, 0);
    uint32_t before_ms = adaptive_latency_ms(&latency);
    assert_true(adaptive_latency_update(&latency, 100, &late));
    assert_true(adaptive_latency_ms(&latency) > before_ms);
}

static void it_falls_one_step_after_half_a_minute_of_calm(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input late = {.late = 1};
    struct adaptive_latency_input calm = {0};

    adaptive_latency_init_audio(&latency, 0);
    uint32_t start_ms = adaptive_latency_ms(&latency);
    adaptive_latency_update(&latency, US_PER_S, &late);
    assert_false(adaptive_latency_update(&latency, 30 * US_PER_S, &calm));
    assert_true(adaptive_latency_update(&latency, 31 * US_PER_S, &calm));
    assert_int_equal(adaptive_latency_ms(&latency), start_ms);
}

static void recovered_packets_keep_it_from_falling(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input late = {.late = 1};
    struct adaptive_latency_input recovered = {.recovered = 2};

    adaptive_latency_init_video(&latency, 0);
    adaptive_latency_update(&latency, 0, &late);
    uint32_t raised_ms = adaptive_latency_ms(&latency);
    for (uint64_t now_us = 0; now_us < 120 * US_PER_S; now_us += 10 * US_PER_S)
        adaptive_latency_update(&latency, now_us, &recovered);
    assert_int_equal(adaptive_latency_ms(&latency), raised_ms);
}

static void a_retransmission_s_round_trip_decides_the_step(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input recovered = {.recovered = 1, .rtx_rtt_ms = 60};

    adaptive_latency_init_audio(&latency, 0);
    assert_true(adaptive_latency_update(&latency, 0, &recovered));
    assert_true(adaptive_latency_ms(&latency) >= 60 + 30);
    /* What that step covers raises it no further. */
    for (uint64_t now_us = US_PER_S; now_us < 20 * US_PER_S; now_us += US_PER_S)
        assert_false(adaptive_latency_update(&latency, now_us, &recovered));
}

static void it_never_leaves_its_steps(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input bad = {.late = 100, .lost = 100, .rtx_rtt_ms = 4000000000u};

    adaptive_latency_init_audio(&latency, 0);
    for (uint64_t i = 0; i < 100; i++)
        adaptive_latency_update(&latency, i * US_PER_S, &bad);
    assert_int_equal(adaptive_latency_ms(&latency), latency.steps_ms[latency.step_count - 1]);
}

static void sound_waits_for_a_picture_that_is_late(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input late = {.picture_late_ms = 110};
    struct adaptive_latency_input hardly = {.picture_late_ms = 60};

    adaptive_latency_init_audio(&latency, 0);
    uint32_t start_ms = adaptive_latency_ms(&latency);
    assert_false(adaptive_latency_update(&latency, 0, &hardly));
    assert_int_equal(adaptive_latency_ms(&latency), start_ms);
    assert_true(adaptive_latency_update(&latency, US_PER_S, &late));
    assert_in_range(adaptive_latency_ms(&latency), 120, 160);
    /* as long as it is */
    for (uint64_t now_us = 2 * US_PER_S; now_us < 120 * US_PER_S; now_us += 10 * US_PER_S)
        assert_false(adaptive_latency_update(&latency, now_us, &late));
}

/* 300 ms, a lost request, and what is held back less than the sound. */
static void sound_waits_for_pictures_of_the_longest_lines(void **state)
{
    struct adaptive_latency latency;
    struct adaptive_latency_input late = {.picture_late_ms = 400};

    adaptive_latency_init_audio(&latency, 0);
    assert_true(adaptive_latency_update(&latency, 0, &late));
    assert_true(adaptive_latency_ms(&latency) >= 420);
}

/* What a picture's buffer waits for is seen by nobody until a packet is lost. */
static void a_picture_waits_for_three_attempts(void **state)
{
    static const struct {
        uint32_t rtt_ms, least_ms, most_ms;
    } lines[] = {{0, 400, 400}, {20, 150, 200}, {100, 390, 400}, {130, 480, 500}, {300, 700, 700}};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct adaptive_latency latency;
        struct adaptive_latency_input calm = {.rtx_rtt_ms = lines[i].rtt_ms};

        adaptive_latency_init_video(&latency, 0);
        assert_in_range(adaptive_latency_ms(&latency), 400, 500); /* nobody knows the line */
        for (uint64_t now_us = 0; now_us < 300 * US_PER_S; now_us += US_PER_S)
            adaptive_latency_update(&latency, now_us, &calm);
        assert_in_range(adaptive_latency_ms(&latency), lines[i].least_ms, lines[i].most_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_line_keeps_the_smallest_buffer),
        cmocka_unit_test(a_late_packet_raises_it_at_once),
        cmocka_unit_test(it_falls_one_step_after_half_a_minute_of_calm),
        cmocka_unit_test(recovered_packets_keep_it_from_falling),
        cmocka_unit_test(a_retransmission_s_round_trip_decides_the_step),
        cmocka_unit_test(sound_waits_for_a_picture_that_is_late),
        cmocka_unit_test(sound_waits_for_pictures_of_the_longest_lines),
        cmocka_unit_test(a_picture_waits_for_three_attempts),
        cmocka_unit_test(it_never_leaves_its_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
