#include "tests/unit/routing/cmocka_all.h"

#include "common/clock.h"
#include "relay/routing/pacer.h"

#define START (100 * US_PER_S)

static struct pacer pacer;

/* Sends packets of 1000 bytes whenever it may, for so long; returns bytes. */
static size_t send_all(uint64_t from_us, uint64_t ms, uint64_t step_us)
{
    size_t bytes = 0;

    for (uint64_t now_us = from_us; now_us < from_us + ms * US_PER_MS; now_us += step_us) {
        while (pacer_allows(&pacer, now_us)) {
            pacer_spend(&pacer, 1000, now_us);
            bytes += 1000;
        }
    }
    return bytes;
}

static void the_rate_holds_at_any_step(void **state)
{
    static const uint64_t steps_us[] = {1, 7, 100, 1000, 10000};

    for (size_t i = 0; i < sizeof(steps_us) / sizeof(steps_us[0]); i++) {
        pacer_init(&pacer, 300000, START); /* 0.3 bits per microsecond */
        send_all(START, 400, steps_us[i]); /* the burst that was saved */
        size_t bytes = send_all(START + 400 * US_PER_MS, 1000, steps_us[i]);
        assert_in_range(bytes, 36000, 39000);
    }
}

static void an_idle_line_takes_a_frame_at_once(void **state)
{
    pacer_init(&pacer, 8000000, START);
    size_t bytes = send_all(START, 1, 1000);
    assert_in_range(bytes, 40000, 42000); /* 40 ms */
    assert_false(pacer_allows(&pacer, START));
    /* idle for a minute: no more than that */
    assert_in_range(send_all(START + 60 * US_PER_S, 1, 1000), 40000, 42000);
}

static void a_slow_line_takes_ten_packets(void **state)
{
    pacer_init(&pacer, 200000, START);
    assert_in_range(send_all(START, 1, 1000), 12000, 13000);
}

static void next_is_when_media_may_go(void **state)
{
    pacer_init(&pacer, 1000000, START);
    assert_int_equal(pacer_next_us(&pacer, START), START);
    send_all(START, 1, 1000);
    uint64_t next_us = pacer_next_us(&pacer, START);
    assert_in_range(next_us, START + 1, START + 9000);
    assert_false(pacer_allows(&pacer, next_us - 100));
    assert_true(pacer_allows(&pacer, next_us));
}

static void audio_goes_on_and_is_counted(void **state)
{
    pacer_init(&pacer, 1000000, START);
    send_all(START, 1, 1000);
    pacer_spend(&pacer, 12500, START); /* 100 ms */
    assert_in_range(pacer_next_us(&pacer, START), START + 90000, START + 110000);
}

static void audio_beyond_the_rate_does_not_stop_media_for_ever(void **state)
{
    pacer_init(&pacer, 50000, START);
    for (uint64_t ms = 0; ms < 10000; ms += 20)
        pacer_spend(&pacer, 160, START + ms * US_PER_MS);
    uint64_t now_us = START + 10 * US_PER_S;
    assert_true(pacer_next_us(&pacer, now_us) <= now_us + 210000);
}

static void a_debt_of_faster_times_is_not_paid_slowly(void **state)
{
    pacer_init(&pacer, 20000000, START);
    pacer_spend(&pacer, 1000000, START);
    pacer_set_rate(&pacer, 50000, START);
    assert_true(pacer_next_us(&pacer, START) <= START + 210000);
}

static void resends_go_before_media_and_have_an_end(void **state)
{
    size_t bytes = 0;

    pacer_init(&pacer, 1000000, START);
    send_all(START, 1, 1000);
    while (pacer_allows_resend(&pacer, START)) {
        pacer_spend_resend(&pacer, 1000, START);
        bytes += 1000;
    }
    assert_in_range(bytes, 3000, 5000);
    for (uint64_t ms = 0; ms < 1000; ms++) {
        while (pacer_allows_resend(&pacer, START + ms * US_PER_MS)) {
            pacer_spend_resend(&pacer, 1000, START + ms * US_PER_MS);
            bytes += 1000;
        }
    }
    assert_in_range(bytes, 37000, 44000); /* 30% of the rate */
}

static void resends_cost_media_its_share(void **state)
{
    pacer_init(&pacer, 1000000, START);
    send_all(START, 100, 1000);
    uint64_t now_us = START + 100 * US_PER_MS;
    pacer_spend_resend(&pacer, 5000, now_us);
    assert_in_range(send_all(now_us, 100, 1000), 7000, 8500); /* 12,500 less 5,000 */
}

static void a_new_rate_counts_from_then_on(void **state)
{
    pacer_init(&pacer, 1000000, START);
    send_all(START, 100, 1000);
    pacer_set_rate(&pacer, 4000000, START + 100 * US_PER_MS);
    assert_in_range(send_all(START + 100 * US_PER_MS, 100, 1000), 49000, 52000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_holds_at_any_step),
        cmocka_unit_test(an_idle_line_takes_a_frame_at_once),
        cmocka_unit_test(a_slow_line_takes_ten_packets),
        cmocka_unit_test(next_is_when_media_may_go),
        cmocka_unit_test(audio_goes_on_and_is_counted),
        cmocka_unit_test(audio_beyond_the_rate_does_not_stop_media_for_ever),
        cmocka_unit_test(a_debt_of_faster_times_is_not_paid_slowly),
        cmocka_unit_test(resends_go_before_media_and_have_an_end),
        cmocka_unit_test(resends_cost_media_its_share),
        cmocka_unit_test(a_new_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
