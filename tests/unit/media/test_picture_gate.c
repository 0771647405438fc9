#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>
#include <string.h>

#include "media/picture_gate.h"

#define SPS        "\x67\x42\xe0\x1f"
#define AUD        "\x09\xf0"
#define PPS        "\x68\xce\x3c\x80"
#define IDR_FIRST  "\x65\x88\x84\x00"
#define IDR_SECOND "\x65\x01\x22\x33" /* first_mb_in_slice is not 0 */
#define FU_START   "\x7c\x85\x88\x84"
#define FU_MIDDLE  "\x7c\x05\x11\x22"
#define FU_END     "\x7c\x45\x11\x22"
#define P_SLICE    "\x41\x9a\x24\x6c"
#define STAP_SPS   "\x78\x00\x04\x67\x42\xe0\x1f\x00\x04\x68\xce\x3c\x80"

struct step {
    uint16_t sequence;
    uint32_t timestamp;
    bool marker;
    const char *payload;
    size_t len;
    unsigned actions;
};

#define PACKET(sequence, timestamp, marker, payload, actions)                                      \
    {                                                                                              \
        sequence, timestamp, marker, payload, sizeof(payload) - 1, actions                         \
    }

static void run_on(struct picture_gate *gate, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct picture_packet packet = {
            .sequence = steps[i].sequence,
            .timestamp_rtp = steps[i].timestamp,
            .marker = steps[i].marker,
            .payload = (const uint8_t *)steps[i].payload,
            .payload_len = steps[i].len,
        };
        unsigned actions = picture_gate_push(gate, &packet);
        if (actions != steps[i].actions)
            fail_msg("step %zu: actions %u, expected %u", i, actions, steps[i].actions);
    }
}

static void run(
    enum picture_codec codec, const struct step *steps, size_t count, struct picture_gate *gate)
{
    picture_gate_init(gate, codec);
    run_on(gate, steps, count);
}

#define RUN(codec, steps, gate) run((codec), (steps), sizeof(steps) / sizeof((steps)[0]), (gate))

static void nothing_passes_before_the_first_keyframe(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, true, P_SLICE, 0),
        PACKET(2, 180, false, IDR_SECOND, 0),
        PACKET(3, 180, true, IDR_SECOND, 0),
        PACKET(4, 270, false, SPS, PICTURE_HOLD),
        PACKET(5, 270, false, PPS, PICTURE_HOLD),
        PACKET(6, 270, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(7, 360, true, P_SLICE, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_false(gate.awaits_keyframe);
    assert_int_equal(gate.gaps, 0);
}

static void a_fragmented_keyframe_in_an_aggregate_opens(void **state)
{
    static const struct step steps[] = {
        PACKET(65535, 90, false, STAP_SPS, PICTURE_HOLD),
        PACKET(0, 90, false, FU_START, PICTURE_HOLD),
        PACKET(1, 90, false, FU_MIDDLE, PICTURE_HOLD),
        PACKET(2, 90, true, FU_END, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_false(gate.awaits_keyframe);
}

static void after_a_hole_all_is_dropped_until_a_whole_keyframe(void **state)
{
    static const struct step steps[] = {
        PACKET(10, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(11, 180, false, P_SLICE, PICTURE_HOLD),
        /* 12 is lost: the begun frame goes, and what refers to it. */
        PACKET(13, 180, true, P_SLICE, PICTURE_DISCARD_HELD),
        PACKET(14, 270, true, P_SLICE, 0),
        /* A keyframe with a hole does not open. */
        PACKET(15, 360, false, FU_START, PICTURE_HOLD),
        PACKET(17, 360, true, FU_END, PICTURE_DISCARD_HELD),
        PACKET(18, 450, true, P_SLICE, 0),
        PACKET(19, 540, false, FU_START, PICTURE_HOLD),
        PACKET(20, 540, true, FU_END, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(21, 630, true, P_SLICE, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_int_equal(gate.gaps, 2);
    assert_int_equal(gate.frames_dropped, 2);
}

static void a_keyframe_whose_parameter_sets_may_be_lost_does_not_open(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, false, STAP_SPS, PICTURE_HOLD),
        PACKET(2, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        /* 3 is lost: of this frame, its first packet, or of the one before, nobody knows. */
        PACKET(4, 180, false, FU_START, PICTURE_DISCARD_HELD),
        PACKET(5, 180, true, FU_END, 0),
        /* 7 is lost behind the access unit's first packet, and padding comes instead. */
        PACKET(6, 270, false, AUD, 0),
        PACKET(8, 270, false, "", PICTURE_DISCARD_HELD),
        PACKET(9, 270, true, IDR_FIRST, 0),
        /* Parameter sets were sent once only: behind a whole frame the slice opens. */
        PACKET(10, 360, false, AUD, 0),
        PACKET(11, 360, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_int_equal(gate.gaps, 2);
}

static void a_sender_that_counts_anew_is_followed_from_its_keyframe_on(void **state)
{
    static const struct step steps[] = {
        PACKET(30000, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(5, 180, true, P_SLICE, PICTURE_DISCARD_HELD),
        PACKET(6, 270, false, STAP_SPS, PICTURE_HOLD),
        PACKET(7, 270, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
}

static void a_keyframe_that_is_coming_in_is_not_asked_for(void **state)
{
    static const struct step open[] = {
        PACKET(1, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    /* After an outage the relay begins with a keyframe: its first packet is the one that shows the hole. */
    static const struct step begun[] = {
        PACKET(200, 180, false, STAP_SPS, PICTURE_DISCARD_HELD | PICTURE_HOLD),
        PACKET(201, 180, false, FU_START, PICTURE_HOLD),
    };
    static const struct step broken[] = {
        PACKET(203, 180, true, FU_END, PICTURE_DISCARD_HELD),
    };
    struct picture_gate gate;

    (void)state;
    picture_gate_init(&gate, PICTURE_CODEC_H264);
    assert_true(picture_gate_lacks_keyframe(&gate));
    run_on(&gate, open, 1);
    assert_false(picture_gate_lacks_keyframe(&gate));
    run_on(&gate, begun, 2);
    assert_false(picture_gate_lacks_keyframe(&gate));
    run_on(&gate, broken, 1);
    assert_true(picture_gate_lacks_keyframe(&gate));
}

static void parameter_sets_without_a_keyframe_do_not_open(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, false, SPS, PICTURE_HOLD),
        PACKET(2, 90, true, P_SLICE, PICTURE_DISCARD_HELD),
        PACKET(3, 180, true, P_SLICE, 0),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_true(gate.awaits_keyframe);
}

static void a_frame_without_marker_ends_where_the_next_begins(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, false, IDR_FIRST, PICTURE_HOLD),
        PACKET(2, 180, false, P_SLICE, PICTURE_RELEASE_HELD | PICTURE_HOLD),
        PACKET(3, 270, false, P_SLICE, PICTURE_RELEASE_HELD | PICTURE_HOLD),
        PACKET(4, 360, false, SPS, PICTURE_RELEASE_HELD | PICTURE_HOLD),
        PACKET(5, 360, false, IDR_FIRST, PICTURE_HOLD),
        PACKET(6, 450, false, IDR_FIRST, PICTURE_RELEASE_HELD | PICTURE_HOLD),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
}

/* A relay went to another layer in the middle of a picture, and its numbers go on without a hole. */
static void a_picture_that_another_layers_keyframe_cuts_off_is_not_shown(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(2, 180, false, "\x7c\x81\x9a\x24", PICTURE_HOLD),
        PACKET(3, 270, false, STAP_SPS, PICTURE_DISCARD_HELD | PICTURE_HOLD),
        PACKET(4, 270, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(5, 360, false, P_SLICE, PICTURE_HOLD), /* a slice of several, perhaps */
        PACKET(6, 450, false, SPS, PICTURE_DISCARD_HELD | PICTURE_HOLD),
        PACKET(7, 450, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_int_equal(gate.frames_dropped, 2);
    assert_false(picture_gate_lacks_keyframe(&gate));
}

static void a_picture_that_is_cut_off_is_a_reference_that_is_missing(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(2, 180, false, "\x7c\x81\x9a\x24", PICTURE_HOLD),
        PACKET(3, 270, true, P_SLICE, PICTURE_DISCARD_HELD),
        PACKET(4, 360, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
}

static void duplicates_old_packets_and_padding_change_nothing(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, true, IDR_FIRST, PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(1, 90, true, IDR_FIRST, 0),
        PACKET(65000, 80, true, P_SLICE, 0),
        PACKET(2, 90, false, "", 0),
        PACKET(3, 180, true, P_SLICE, PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_H264, steps, &gate);
    assert_int_equal(gate.gaps, 0);
}

static void vp8_opens_at_its_keyframe_only(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, true, "\x10\x01\x00", 0),   /* interframe */
        PACKET(2, 180, false, "\x00\x00\x00", 0), /* not the start of a partition */
        PACKET(3, 270, false, "\x90\x80\x81\x23\x10\x02", PICTURE_HOLD),
        PACKET(4, 270, true, "\x00\x55\x55", PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(6, 360, true, "\x10\x01\x00", PICTURE_DISCARD_HELD),
        PACKET(7, 450, true, "\x10\x00\x00", PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_VP8, steps, &gate);
}

static void a_closed_gate_waits_for_a_keyframe(void **state)
{
    struct picture_gate gate;
    struct picture_packet packet = {.payload = (const uint8_t *)IDR_FIRST, .payload_len = 4};

    picture_gate_init(&gate, PICTURE_CODEC_H264);
    packet.marker = true;
    assert_int_equal(picture_gate_push(&gate, &packet), PICTURE_HOLD | PICTURE_RELEASE_ALL);
    picture_gate_close(&gate);
    packet.sequence = 1;
    packet.payload = (const uint8_t *)P_SLICE;
    assert_int_equal(picture_gate_push(&gate, &packet), 0);
    assert_true(gate.awaits_keyframe);
}

static void other_codecs_pass_as_they_come(void **state)
{
    static const struct step steps[] = {
        PACKET(1, 90, false, "x", PICTURE_HOLD | PICTURE_RELEASE_ALL),
        PACKET(9, 90, false, "y", PICTURE_HOLD | PICTURE_RELEASE_ALL),
    };
    struct picture_gate gate;

    RUN(PICTURE_CODEC_OTHER, steps, &gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_passes_before_the_first_keyframe),
        cmocka_unit_test(a_fragmented_keyframe_in_an_aggregate_opens),
        cmocka_unit_test(after_a_hole_all_is_dropped_until_a_whole_keyframe),
        cmocka_unit_test(a_keyframe_whose_parameter_sets_may_be_lost_does_not_open),
        cmocka_unit_test(a_sender_that_counts_anew_is_followed_from_its_keyframe_on),
        cmocka_unit_test(a_keyframe_that_is_coming_in_is_not_asked_for),
        cmocka_unit_test(parameter_sets_without_a_keyframe_do_not_open),
        cmocka_unit_test(a_frame_without_marker_ends_where_the_next_begins),
        cmocka_unit_test(a_picture_that_another_layers_keyframe_cuts_off_is_not_shown),
        cmocka_unit_test(a_picture_that_is_cut_off_is_a_reference_that_is_missing),
        cmocka_unit_test(duplicates_old_packets_and_padding_change_nothing),
        cmocka_unit_test(vp8_opens_at_its_keyframe_only),
        cmocka_unit_test(a_closed_gate_waits_for_a_keyframe),
        cmocka_unit_test(other_codecs_pass_as_they_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
