#include "relay/wire/vp8.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static void descriptors_are_read_in_every_form(void **state)
{
    static const struct {
        const char *payload;
        uint8_t bytes, id_offset, id_bits;
        uint16_t id;
        uint8_t tl0_offset, tl0;
        bool keyframe;
    } cases[] = {
        {"10 00", 1, 0, 0, 0, 0, 0, true},                       /* bare, key frame */
        {"10 01", 1, 0, 0, 0, 0, 0, false},                      /* bare, delta frame */
        {"00 00", 1, 0, 0, 0, 0, 0, false},                      /* not the start */
        {"11 00", 1, 0, 0, 0, 0, 0, false},                      /* second partition */
        {"90 00 00", 2, 0, 0, 0, 0, 0, true},                    /* X, nothing announced */
        {"90 80 12 00", 3, 2, 7, 0x12, 0, 0, true},              /* 7-bit picture id */
        {"90 80 92 34 00", 4, 2, 15, 0x1234, 0, 0, true},        /* 15-bit picture id */
        {"90 40 07 00", 3, 0, 0, 0, 2, 7, true},                 /* TL0PICIDX alone */
        {"90 f0 92 34 07 60 01", 6, 2, 15, 0x1234, 4, 7, false}, /* all */
        {"90 e0 12 09 40 00", 5, 2, 7, 0x12, 3, 9, true},
        {"90 10 1f 00", 3, 0, 0, 0, 0, 0, true}, /* KEYIDX alone */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_bytes payload = hex(cases[i].payload);
        struct vp8_view view;
        assert_int_equal(vp8_parse(payload.data, payload.len, &view), 0);
        assert_int_equal(view.descriptor_bytes, cases[i].bytes);
        assert_int_equal(view.picture_id_offset, cases[i].id_offset);
        assert_int_equal(view.picture_id_bits, cases[i].id_bits);
        assert_int_equal(view.picture_id, cases[i].id);
        assert_int_equal(view.tl0picidx_offset, cases[i].tl0_offset);
        assert_int_equal(view.tl0picidx, cases[i].tl0);
        assert_int_equal(view.keyframe_start, cases[i].keyframe);
    }
}

static void the_size_of_a_key_frame_is_read(void **state)
{
    static const struct {
        const char *payload;
        uint32_t pixels;
    } cases[] = {
        {"10 50 00 00 9d 01 2a 00 05 d0 02", 1280 * 720},
        {"90 80 12 50 00 00 9d 01 2a 40 41 b4 c0", 320 * 180}, /* with scaling bits */
        {"10 51 00 00 9d 01 2a 00 05 d0 02", 0},               /* delta frame */
        {"10 50 00 00 9d 01 2b 00 05 d0 02", 0},               /* wrong start code */
        {"10 50 00 00 9d 01 2a 00 05 d0", 0},                  /* cut */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_bytes payload = hex(cases[i].payload);
        struct vp8_view view;
        assert_int_equal(vp8_parse(payload.data, payload.len, &view), 0);
        assert_int_equal(vp8_keyframe_pixels(payload.data, payload.len, &view), cases[i].pixels);
    }
}

static void temporal_layer_and_sync_are_read(void **state)
{
    struct test_bytes payload = hex("b0 20 a0 01");
    struct vp8_view view;

    assert_int_equal(vp8_parse(payload.data, payload.len, &view), 0);
    assert_true(view.has_tid && view.layer_sync && view.non_reference);
    assert_int_equal(view.tid, 2);
}

static void a_descriptor_longer_than_the_payload_is_refused(void **state)
{
    struct test_bytes payload = hex("90 f0 92 34 07 60 01");
    struct vp8_view view;

    for (size_t len = 0; len < payload.len; len++)
        assert_int_equal(vp8_parse(payload.data, len, &view), -EBADMSG);
    assert_int_equal(vp8_parse(payload.data, payload.len, &view), 0);
}

static void rewriting_keeps_the_width_of_the_picture_id(void **state)
{
    struct test_bytes wide = hex("90 c0 92 34 07 01");
    struct test_bytes narrow = hex("90 c0 12 07 01");
    struct test_bytes none = hex("90 00 01");
    struct vp8_view view;

    assert_int_equal(vp8_parse(wide.data, wide.len, &view), 0);
    vp8_set_picture_id(wide.data, &view, 0xffff);
    vp8_set_tl0picidx(wide.data, &view, 0xaa);
    assert_memory_equal(wide.data, hex("90 c0 ff ff aa 01").data, 6);

    assert_int_equal(vp8_parse(narrow.data, narrow.len, &view), 0);
    vp8_set_picture_id(narrow.data, &view, 0x1ff);
    assert_memory_equal(narrow.data, hex("90 c0 7f 07 01").data, 5);

    assert_int_equal(vp8_parse(none.data, none.len, &view), 0);
    vp8_set_picture_id(none.data, &view, 0x1ff);
    vp8_set_tl0picidx(none.data, &view, 1);
    assert_memory_equal(none.data, hex("90 00 01").data, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_read_in_every_form),
        cmocka_unit_test(the_size_of_a_key_frame_is_read),
        cmocka_unit_test(temporal_layer_and_sync_are_read),
        cmocka_unit_test(a_descriptor_longer_than_the_payload_is_refused),
        cmocka_unit_test(rewriting_keeps_the_width_of_the_picture_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
