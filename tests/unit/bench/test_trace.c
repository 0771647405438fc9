#include "tests/bench/load/trace.h"

#include "relay/wire/h264.h"
#include "tests/unit/bench/bench_test.h"

#include <string.h>

#define SECONDS 20

static void bitrate_pictures_and_sound_are_as_asked(void **state)
{
    static const uint32_t rates[] = {100, 500, 2000, 8000, 50000};

    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        uint64_t bytes = 0, pictures = 0, keyframes = 0, sounds = 0;
        struct trace_unit unit;
        struct trace trace;

        trace_init(&trace, rates[i]);
        for (trace_next(&trace, &unit); unit.at_us < SECONDS * 1000000; trace_next(&trace, &unit)) {
            pictures += unit.video;
            sounds += !unit.video;
            keyframes += unit.keyframe;
            bytes += unit.video ? unit.payload_bytes : 0;
        }
        assert_int_equal(pictures, SECONDS * 30);
        assert_int_equal(sounds, SECONDS * 50);
        assert_int_equal(keyframes, SECONDS / 2);
        assert_in_range(bytes, (uint64_t)rates[i] * 125 * SECONDS * 95 / 100,
            (uint64_t)rates[i] * 125 * SECONDS * 105 / 100);
    }
}

static void two_runs_are_the_same(void **state)
{
    struct trace a, b;
    bool sizes_differ = false;
    uint64_t last_us = 0;

    trace_init(&a, 2000);
    trace_init(&b, 2000);
    for (int i = 0; i < 1000; i++) {
        struct trace_unit unit_a, unit_b;

        trace_next(&a, &unit_a);
        trace_next(&b, &unit_b);
        assert_int_equal(unit_a.at_us, unit_b.at_us);
        assert_int_equal(unit_a.payload_bytes, unit_b.payload_bytes);
        assert_int_equal(unit_a.keyframe, unit_b.keyframe);
        sizes_differ |= unit_a.video && !unit_a.keyframe && unit_a.payload_bytes != 7812;
        assert_true(unit_a.at_us >= last_us);
        last_us = unit_a.at_us;
    }
    assert_true(sizes_differ);
}

static void a_request_makes_the_next_picture_a_keyframe_and_moves_the_others(void **state)
{
    struct trace_unit unit;
    struct trace trace;
    int pictures = 0;

    trace_init(&trace, 2000);
    while (pictures < 10) {
        trace_next(&trace, &unit);
        pictures += unit.video;
    }
    trace_request_keyframe(&trace);
    do {
        trace_next(&trace, &unit);
    } while (!unit.video);
    assert_true(unit.keyframe);
    for (pictures = 0; pictures == 0 || !unit.keyframe;) {
        trace_next(&trace, &unit);
        pictures += unit.video;
    }
    assert_int_equal(pictures, TRACE_KEYFRAME_FRAMES);
}

/* All bytes of a unit, packed as RFC 6184 says. */
static void check_unit(const struct trace_unit *unit)
{
    uint8_t payload[TRACE_MAX_PAYLOAD_BYTES];
    size_t bytes = 0;

    for (size_t i = 0; i < unit->packet_count; i++) {
        size_t len = trace_packet_bytes(unit, i);
        struct h264_scan scan;
        uint64_t sent_ns = 0;

        assert_in_range(len, 1, sizeof(payload));
        trace_write_payload(unit, i, UINT64_C(0x123456789abcdef0), payload);
        if (!unit->video) {
            assert_true(trace_read_stamp(payload, len, &sent_ns));
            continue;
        }
        assert_int_equal(h264_payload_scan(payload, len, &scan), 0);
        assert_int_equal(scan.has_sps && scan.has_pps, unit->keyframe && i == 0);
        assert_int_equal(scan.has_idr_start, unit->keyframe && i == 1);
        assert_int_equal(scan.has_slice, !unit->keyframe || i > 0);
        if (unit->keyframe && i == 0)
            continue;
        bytes += len - 2;
        assert_int_equal(payload[1] >> 7, i == (unit->keyframe ? 1 : 0));
        assert_int_equal(payload[1] >> 6 & 1, i + 1 == unit->packet_count);
        assert_true(trace_read_stamp(payload, len, &sent_ns));
        assert_true(sent_ns == UINT64_C(0x123456789abcdef0));
        /* All but the last are as large as can be: one message for most of a picture. */
        if (i + 1 < unit->packet_count)
            assert_int_equal(len, TRACE_MAX_PAYLOAD_BYTES);
    }
    if (unit->video)
        assert_in_range(bytes, unit->payload_bytes, unit->payload_bytes + TRACE_STAMP_BYTES + 3);
}

static void packets_are_well_formed_and_stamped(void **state)
{
    static const uint32_t rates[] = {100, 2000, 50000};

    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct trace_unit unit;
        struct trace trace;

        trace_init(&trace, rates[i]);
        for (int j = 0; j < 500; j++) {
            trace_next(&trace, &unit);
            check_unit(&unit);
        }
    }
}

static void a_last_fragment_has_room_for_its_stamp(void **state)
{
    const struct trace_unit unit = {
        .video = true,
        .payload_bytes = TRACE_MAX_PAYLOAD_BYTES - 2 + 1,
        .packet_count = 2,
    };

    check_unit(&unit);
}

static void what_is_no_stamp_is_none(void **state)
{
    uint8_t payload[100] = {0};
    uint64_t sent_ns;

    assert_false(trace_read_stamp(payload, sizeof(payload), &sent_ns));
    trace_write_payload(
        &(struct trace_unit){.payload_bytes = 92, .packet_count = 1}, 0, 1, payload);
    assert_true(trace_read_stamp(payload, 92, &sent_ns));
    assert_false(trace_read_stamp(payload, TRACE_STAMP_OFFSET + TRACE_STAMP_BYTES - 1, &sent_ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitrate_pictures_and_sound_are_as_asked),
        cmocka_unit_test(two_runs_are_the_same),
        cmocka_unit_test(a_request_makes_the_next_picture_a_keyframe_and_moves_the_others),
        cmocka_unit_test(packets_are_well_formed_and_stamped),
        cmocka_unit_test(a_last_fragment_has_room_for_its_stamp),
        cmocka_unit_test(what_is_no_stamp_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
