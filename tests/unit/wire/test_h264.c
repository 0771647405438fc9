#include "relay/wire/h264.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static void payloads_show_what_they_hold(void **state)
{
    static const struct {
        const char *payload;
        bool sps, pps, idr, idr_start, slice, starts;
    } cases[] = {
        {"67 42 c0 1f", true, false, false, false, false, true},  /* SPS alone */
        {"68 ce 3c 80", false, true, false, false, false, false}, /* PPS alone */
        {"65 88 84 00", false, false, true, true, true, true},    /* IDR, first_mb 0 */
        {"65 40 84 00", false, false, true, false, true, false},  /* IDR, second slice */
        {"41 9a 00", false, false, false, false, true, false},    /* non-IDR slice */
        {"06 05 10", false, false, false, false, false, false},   /* SEI */
        {"09 10", false, false, false, false, false, false},      /* AUD */
        {"7c 85 88 84", false, false, true, true, true, true},    /* FU-A start of IDR */
        {"7c 05 88 84", false, false, true, false, true, false},  /* FU-A middle of IDR */
        {"7c 45 88 84", false, false, true, false, true, false},  /* FU-A end of IDR */
        {"7c 85", false, false, true, false, true, false},        /* FU-A without data */
        {"7c 81 9a 00", false, false, false, false, true, false}, /* FU-A of a slice */
        {"78 00 02 67 42 00 02 68 ce 00 03 65 88 84", true, true, true, true, true, true},
        {"78 00 02 67 42 00 02 68 ce", true, true, false, false, false, true},
        {"78 00 02 09 10 00 02 41 9a", false, false, false, false, true, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_bytes payload = hex(cases[i].payload);
        struct h264_scan scan;
        assert_int_equal(h264_payload_scan(payload.data, payload.len, &scan), 0);
        assert_int_equal(scan.has_sps, cases[i].sps);
        assert_int_equal(scan.has_pps, cases[i].pps);
        assert_int_equal(scan.has_idr, cases[i].idr);
        assert_int_equal(scan.has_idr_start, cases[i].idr_start);
        assert_int_equal(scan.has_slice, cases[i].slice);
        assert_int_equal(h264_starts_keyframe(&scan), cases[i].starts);
        assert_false(scan.forbidden);
    }
}

static void interleaved_types_and_broken_aggregates_are_forbidden(void **state)
{
    static const char *const payloads[] = {
        "00 01 02",                         /* type 0 */
        "79 00 01 00 02 67 42",             /* STAP-B */
        "7a 00 01 00 05 00 00 00 67 42",    /* MTAP16 */
        "7b 00 01 00 05 00 00 00 00 67 42", /* MTAP24 */
        "7d 85 00 01 88",                   /* FU-B */
        "7e 00",                            /* type 30 */
        "7f 00",                            /* type 31 */
        "7c",                               /* FU-A without header */
        "7c 9c 00",                         /* FU-A of a FU-A */
        "7c 80 00",                         /* FU-A of type 0 */
        "78",                               /* empty aggregate */
        "78 00",                            /* size cut */
        "78 00 00",                         /* unit of nothing */
        "78 00 03 67 42",                   /* unit cut */
        "78 00 02 67 42 00",                /* rest of one byte */
        "78 00 02 78 00",                   /* aggregate in an aggregate */
        "78 00 02 67 42 00 03 7a 00 00",    /* MTAP in an aggregate */
    };

    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        struct test_bytes payload = hex(payloads[i]);
        struct h264_scan scan;
        assert_int_equal(h264_payload_scan(payload.data, payload.len, &scan), -EBADMSG);
        assert_true(scan.forbidden);
        assert_false(h264_starts_keyframe(&scan));
    }
}

static void an_empty_payload_holds_nothing(void **state)
{
    const uint8_t nothing = 0;
    struct h264_scan scan;

    assert_int_equal(h264_payload_scan(&nothing, 0, &scan), 0);
    assert_false(scan.forbidden);
    assert_false(h264_starts_keyframe(&scan));
}

static void walks_the_units_of_an_aggregate(void **state)
{
    struct test_bytes payload = hex("78 00 02 67 42 00 01 68 00 03 65 88 84");
    static const uint8_t types[] = {H264_NAL_SPS, H264_NAL_PPS, H264_NAL_IDR};
    static const size_t sizes[] = {1, 0, 2};
    struct h264_nal_iterator iterator;
    struct h264_nal nal;

    h264_nal_iterator_init(&iterator, payload.data, payload.len);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_true(h264_nal_iterator_next(&iterator, &nal));
        assert_int_equal(nal.type, types[i]);
        assert_int_equal(nal.bytes, sizes[i]);
        assert_true(nal.start);
    }
    assert_false(h264_nal_iterator_next(&iterator, &nal));
    assert_false(iterator.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_show_what_they_hold),
        cmocka_unit_test(interleaved_types_and_broken_aggregates_are_forbidden),
        cmocka_unit_test(an_empty_payload_holds_nothing),
        cmocka_unit_test(walks_the_units_of_an_aggregate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
