#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "player/freeze_meter.h"

static void feed(struct freeze_meter *meter, uint64_t *now_us, int frames, uint64_t gap_us)
{
    for (int i = 0; i < frames; i++) {
        *now_us += gap_us;
        freeze_meter_frame(meter, *now_us);
    }
}

static void a_steady_picture_has_no_freeze(void **state)
{
    struct freeze_meter meter;
    uint64_t now_us = 1000000;

    freeze_meter_init(&meter);
    feed(&meter, &now_us, 300, 33333);
    assert_int_equal(meter.freezes, 0);
    assert_int_equal(meter.frozen_us, 0);
}

static void gaps_count_beyond_150_ms_only(void **state)
{
    struct freeze_meter meter;
    uint64_t now_us = 1000000;

    freeze_meter_init(&meter);
    feed(&meter, &now_us, 60, 33333);
    feed(&meter, &now_us, 1, 149000);
    assert_int_equal(meter.freezes, 0);
    feed(&meter, &now_us, 60, 33333);
    feed(&meter, &now_us, 1, 500000);
    assert_int_equal(meter.freezes, 1);
    assert_in_range(meter.frozen_us, 460000, 470000);
}

static void a_slow_stream_is_measured_by_its_own_frame_time(void **state)
{
    struct freeze_meter meter;
    uint64_t now_us = 1000000;

    freeze_meter_init(&meter);
    feed(&meter, &now_us, 200, 100000); /* 10 fps */
    assert_int_equal(meter.freezes, 0);
    feed(&meter, &now_us, 1, 250000);
    assert_int_equal(meter.freezes, 0);
    feed(&meter, &now_us, 1, 400000);
    assert_int_equal(meter.freezes, 1);
}

static void a_pause_by_intent_is_no_freeze(void **state)
{
    struct freeze_meter meter;
    uint64_t now_us = 1000000;

    freeze_meter_init(&meter);
    feed(&meter, &now_us, 30, 33333);
    freeze_meter_pause(&meter);
    feed(&meter, &now_us, 1, 60000000);
    feed(&meter, &now_us, 30, 33333);
    assert_int_equal(meter.freezes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_picture_has_no_freeze),
        cmocka_unit_test(gaps_count_beyond_150_ms_only),
        cmocka_unit_test(a_slow_stream_is_measured_by_its_own_frame_time),
        cmocka_unit_test(a_pause_by_intent_is_no_freeze),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
