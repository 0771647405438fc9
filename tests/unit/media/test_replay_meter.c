/* What the relay sent out of its past is told from live pictures, and gets its own moments back. */
#include "media/replay_meter.h"

#include "common/replay_speed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CLOCK_RATE 90000
#define MS         (CLOCK_RATE / 1000)

struct run {
    struct replay_meter meter;
    struct replay_span span;
    unsigned found;
};

static void one(struct run *run, uint32_t timestamp_rtp, bool is_key)
{
    for (int packet = 0; packet < 3; packet++) {
        struct replay_span span;

        if (!replay_meter_packet(&run->meter, timestamp_rtp, is_key, CLOCK_RATE, &span))
            continue;
        run->span = span;
        run->found++;
    }
}

static void picture(struct run *run, uint32_t timestamp_rtp)
{
    one(run, timestamp_rtp, false);
}

/* As the relay's rewriter does it: pictures of the past lie REPLAY_SPEED times closer before the moment of catching up. */
static uint32_t sent_rtp(uint32_t taken_rtp, uint32_t caught_up_rtp)
{
    int32_t behind = (int32_t)(caught_up_rtp - taken_rtp);

    return behind > 0 ? caught_up_rtp - (uint32_t)behind / REPLAY_SPEED : taken_rtp;
}

static void a_replay_of(uint32_t interval_rtp, uint32_t tolerance_ms)
{
    uint32_t start = UINT32_MAX - 100 * MS; /* the timestamps go round in it */
    uint32_t caught_up = start + 2200 * MS;
    struct run run = {.found = 0};

    for (unsigned i = 0; i < 60; i++)
        picture(&run, start - 8000 * MS + i * interval_rtp);
    assert_int_equal(run.found, 0);
    for (uint32_t at = 0; at < 4000 * MS; at += interval_rtp)
        one(&run, sent_rtp(start + at, caught_up), at == 0);
    assert_int_equal(run.found, 1);
    assert_int_equal(run.span.first_rtp, sent_rtp(start, caught_up));
    for (uint32_t at = 0; at < 4000 * MS; at += interval_rtp) {
        uint32_t sent = sent_rtp(start + at, caught_up);
        uint64_t earlier_ms = replay_span_earlier_us(&run.span, sent, CLOCK_RATE) / 1000;
        uint32_t truly_ms = (sent - (start + at)) / MS;

        assert_in_range(earlier_ms + tolerance_ms, truly_ms, truly_ms + 2 * tolerance_ms);
    }
}

static void a_replay_gets_its_moments_back(void **state)
{
    (void)state;
    a_replay_of(CLOCK_RATE / 30, 40);
    a_replay_of(CLOCK_RATE / 25, 45);
    a_replay_of(CLOCK_RATE / 60, 60);
    a_replay_of(CLOCK_RATE / 15, 70);
}

static void pictures_that_are_missing_in_a_replay_do_not_end_it(void **state)
{
    uint32_t interval = CLOCK_RATE / 30, caught_up = 2200 * MS;
    struct run run = {.found = 0};

    (void)state;
    for (unsigned i = 0; i < 120; i++) {
        if (i < 30 || i > 34)
            one(&run, sent_rtp(i * interval, caught_up), i == 0);
    }
    assert_int_equal(run.found, 1);
    assert_int_equal(run.span.first_rtp, sent_rtp(0, caught_up));
    assert_in_range(run.span.last_rtp, caught_up - 5 * MS, caught_up + 10 * MS);
}

static void a_live_stream_has_no_replay(void **state)
{
    static const unsigned rates[] = {5, 15, 25, 30, 60, 120};

    (void)state;
    for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++) {
        struct run run = {.found = 0};
        for (unsigned i = 0; i < 1000; i++)
            one(&run, i * (CLOCK_RATE / rates[r]), i % 60 == 0);
        assert_int_equal(run.found, 0);
    }
}

static void two_pictures_close_together_are_no_replay(void **state)
{
    struct run run = {.found = 0};

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        one(&run, i * 66 * MS, i % 30 == 0);
        picture(&run, i * 66 * MS + 3 * MS);
    }
    assert_int_equal(run.found, 0);
}

/* A camera that stood still and hands out what it has: to put that back would take away what the next ones refer to. */
static void pictures_that_follow_no_keyframe_are_no_replay(void **state)
{
    struct run run = {.found = 0};

    (void)state;
    for (uint32_t i = 0; i < 30; i++)
        one(&run, i * 33 * MS, i == 0);
    for (uint32_t i = 0; i < 10; i++)
        picture(&run, 2000 * MS + i * 3 * MS);
    for (uint32_t i = 0; i < 30; i++)
        picture(&run, 2060 * MS + i * 33 * MS);
    assert_int_equal(run.found, 0);
}

static void a_nonsense_stream_makes_no_endless_replay(void **state)
{
    struct run run = {.found = 0};

    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        one(&run, i * MS, true);
    picture(&run, 9000 * MS);
    assert_true(run.span.last_rtp - run.span.first_rtp <= 310 * MS);
    picture(&run, 0); /* a sender that begins anew */
    picture(&run, UINT32_MAX);
    assert_true(run.found <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_gets_its_moments_back),
        cmocka_unit_test(pictures_that_are_missing_in_a_replay_do_not_end_it),
        cmocka_unit_test(a_live_stream_has_no_replay),
        cmocka_unit_test(two_pictures_close_together_are_no_replay),
        cmocka_unit_test(pictures_that_follow_no_keyframe_are_no_replay),
        cmocka_unit_test(a_nonsense_stream_makes_no_endless_replay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
