#include "tests/bench/load/first_frame.h"

#include "tests/bench/load/trace.h"
#include "tests/unit/bench/bench_test.h"

/* Feeds one unit, without the packet skip; true when a picture became decodable. */
static bool feed(struct first_frame *frame, const struct trace_unit *unit, int64_t *index, int skip)
{
    uint8_t payload[TRACE_MAX_PAYLOAD_BYTES];
    bool whole = false;

    for (size_t i = 0; i < unit->packet_count; i++, (*index)++) {
        if ((int)i == skip)
            continue;
        trace_write_payload(unit, i, 1, payload);
        assert_false(whole);
        whole = first_frame_add(frame, *index, trace_timestamp_rtp(unit),
            i + 1 == unit->packet_count, payload, trace_packet_bytes(unit, i));
    }
    return whole;
}

static struct trace_unit next_picture(struct trace *trace)
{
    struct trace_unit unit;

    do {
        trace_next(trace, &unit);
    } while (!unit.video);
    return unit;
}

static void a_whole_keyframe_is_decodable_with_its_last_packet(void **state)
{
    struct first_frame frame = {0};
    struct trace_unit unit;
    struct trace trace;
    int64_t index = 100;

    trace_init(&trace, 2000);
    unit = next_picture(&trace);
    assert_true(unit.keyframe);
    assert_true(feed(&frame, &unit, &index, -1));
}

static void other_pictures_are_not(void **state)
{
    struct first_frame frame = {0};
    struct trace trace;
    int64_t index = 100;

    trace_init(&trace, 2000);
    next_picture(&trace);
    for (int i = 0; i < 20; i++) {
        struct trace_unit unit = next_picture(&trace);

        assert_false(feed(&frame, &unit, &index, -1));
    }
}

static void parameter_sets_before_another_picture_do_not_make_it_one(void **state)
{
    struct trace_unit keyframe = {.video = true, .keyframe = true, .payload_bytes = 100};
    struct trace_unit picture = {.video = true, .payload_bytes = 100};
    uint8_t payload[TRACE_MAX_PAYLOAD_BYTES];
    struct first_frame frame = {0};

    keyframe.packet_count = 2;
    picture.packet_count = 1;
    trace_write_payload(&keyframe, 0, 1, payload);
    assert_false(first_frame_add(&frame, 1, 90, false, payload, trace_packet_bytes(&keyframe, 0)));
    trace_write_payload(&picture, 0, 1, payload);
    assert_false(first_frame_add(&frame, 2, 90, true, payload, trace_packet_bytes(&picture, 0)));
}

static void a_keyframe_with_a_hole_is_not_but_the_next_one_is(void **state)
{
    struct trace_unit first, second;
    struct trace trace;

    trace_init(&trace, 2000);
    first = next_picture(&trace);
    trace_request_keyframe(&trace);
    second = next_picture(&trace);
    for (int skip = 0; skip < (int)first.packet_count; skip++) {
        struct first_frame frame = {0};
        int64_t index = 100;

        assert_false(feed(&frame, &first, &index, skip));
        assert_true(feed(&frame, &second, &index, -1));
    }
}

static void a_packet_that_comes_again_completes_it_even_behind_the_next_picture(void **state)
{
    struct trace_unit keyframe, next;
    uint8_t payload[TRACE_MAX_PAYLOAD_BYTES];
    struct trace trace;

    trace_init(&trace, 2000);
    keyframe = next_picture(&trace);
    next = next_picture(&trace);
    for (int skip = 0; skip < (int)keyframe.packet_count; skip++) {
        struct first_frame frame = {0};
        int64_t index = 100;

        assert_false(feed(&frame, &keyframe, &index, skip));
        assert_false(feed(&frame, &next, &index, -1));
        trace_write_payload(&keyframe, (size_t)skip, 1, payload);
        assert_true(first_frame_add(&frame, 100 + skip, trace_timestamp_rtp(&keyframe),
            skip + 1 == (int)keyframe.packet_count, payload,
            trace_packet_bytes(&keyframe, (size_t)skip)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_keyframe_is_decodable_with_its_last_packet),
        cmocka_unit_test(other_pictures_are_not),
        cmocka_unit_test(parameter_sets_before_another_picture_do_not_make_it_one),
        cmocka_unit_test(a_packet_that_comes_again_completes_it_even_behind_the_next_picture),
        cmocka_unit_test(a_keyframe_with_a_hole_is_not_but_the_next_one_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
