#include "common/red.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OPUS 111

/* 960 ticks back 3 bytes, then the frame itself: 1|111, 960<<10|3; 0|111 */
static const uint8_t one_earlier[] = {0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2, 3, 10, 11};

/* RFC 2198 section 4's layout with two blocks, 1920 and 960 ticks back, of another type each */
static const uint8_t two_earlier[] = {
    0xef, 0x1e, 0x00, 0x01, 0xe0, 0x0f, 0x00, 0x02, 0x6f, 21, 31, 32, 41};

static void blocks_are_found_with_their_offsets_and_types(void **state)
{
    struct red_view view;

    assert_int_equal(red_parse(one_earlier, sizeof(one_earlier), &view), 0);
    assert_int_equal(view.redundant_count, 1);
    assert_int_equal(view.redundant[0].payload_type, OPUS);
    assert_int_equal(view.redundant[0].timestamp_offset, 960);
    assert_int_equal(view.redundant[0].offset, 5);
    assert_int_equal(view.redundant[0].bytes, 3);
    assert_int_equal(view.primary.payload_type, OPUS);
    assert_int_equal(view.primary.offset, 8);
    assert_int_equal(view.primary.bytes, 2);

    assert_int_equal(red_parse(two_earlier, sizeof(two_earlier), &view), 0);
    assert_int_equal(view.redundant_count, 2);
    assert_int_equal(view.redundant[0].timestamp_offset, 1920);
    assert_int_equal(view.redundant[1].timestamp_offset, 960);
    assert_int_equal(view.redundant[1].payload_type, 96);
    assert_int_equal(two_earlier[view.redundant[0].offset], 21);
    assert_int_equal(two_earlier[view.redundant[1].offset], 31);
    assert_int_equal(two_earlier[view.primary.offset], 41);
}

static void a_primary_block_alone_and_empty_earlier_blocks_are_taken(void **state)
{
    static const uint8_t alone[] = {0x6f, 9, 8};
    static const uint8_t empty[] = {0xef, 0x0f, 0x00, 0x00, 0x6f, 7};
    struct red_view view;

    assert_int_equal(red_parse(alone, sizeof(alone), &view), 0);
    assert_int_equal(view.redundant_count, 0);
    assert_int_equal(view.primary.offset, 1);
    assert_int_equal(view.primary.bytes, 2);
    assert_int_equal(red_parse(empty, sizeof(empty), &view), 0);
    assert_int_equal(view.redundant[0].bytes, 0);
    assert_int_equal(view.primary.offset, 5);
}

static void a_payload_cut_anywhere_before_its_own_frame_is_refused(void **state)
{
    struct red_view view;

    for (size_t len = 0; len <= 8; len++)
        assert_int_equal(red_parse(one_earlier, len, &view), -EBADMSG);
    for (size_t len = 0; len <= 12; len++)
        assert_int_equal(red_parse(two_earlier, len, &view), -EBADMSG);
}

static void more_blocks_than_the_limit_are_refused(void **state)
{
    uint8_t payload[RED_BLOCK_HEADER_BYTES * (RED_MAX_REDUNDANT + 1) + 2] = {0};
    size_t limit = (size_t)RED_BLOCK_HEADER_BYTES * RED_MAX_REDUNDANT;
    struct red_view view;

    for (size_t at = 0; at < sizeof(payload) - 2; at += RED_BLOCK_HEADER_BYTES)
        payload[at] = 0xef;
    assert_int_equal(red_parse(payload, sizeof(payload), &view), -EBADMSG);
    payload[limit] = 0x6f;
    assert_int_equal(red_parse(payload, sizeof(payload), &view), 0);
    assert_int_equal(view.redundant_count, RED_MAX_REDUNDANT);
}

static void the_payload_type_of_every_block_is_set_in_place(void **state)
{
    uint8_t copy[sizeof(two_earlier)];
    struct red_view view;

    memcpy(copy, two_earlier, sizeof(copy));
    red_set_payload_type(copy, sizeof(copy), 100);
    assert_int_equal(red_parse(copy, sizeof(copy), &view), 0);
    assert_int_equal(view.redundant[0].payload_type, 100);
    assert_int_equal(view.redundant[1].payload_type, 100);
    assert_int_equal(view.redundant[1].timestamp_offset, 960);
    assert_int_equal(view.primary.payload_type, 100);
    assert_memory_equal(copy + 9, two_earlier + 9, sizeof(copy) - 9);

    memset(copy, 0xff, sizeof(copy)); /* headers to the end */
    red_set_payload_type(copy, sizeof(copy), 100);
    assert_int_equal(copy[12], 0xe4);
}

static void what_is_written_reads_back(void **state)
{
    static const uint8_t older[] = {1}, old[] = {2, 2}, own[] = {3, 3, 3};
    const struct red_source earlier[] = {{older, sizeof(older), 1920}, {old, sizeof(old), 960}};
    const struct red_source primary = {own, sizeof(own), 0};
    uint8_t out[64];
    struct red_view view;

    int len = red_write(OPUS, earlier, 2, &primary, out, sizeof(out));
    assert_int_equal(len, 4 + 4 + 1 + 1 + 2 + 3);
    assert_int_equal(red_parse(out, (size_t)len, &view), 0);
    assert_int_equal(view.redundant_count, 2);
    assert_int_equal(view.redundant[0].timestamp_offset, 1920);
    assert_memory_equal(out + view.redundant[0].offset, older, sizeof(older));
    assert_memory_equal(out + view.redundant[1].offset, old, sizeof(old));
    assert_memory_equal(out + view.primary.offset, own, sizeof(own));
    assert_int_equal(view.primary.bytes, sizeof(own));
    assert_int_equal(red_write(OPUS, earlier, 2, &primary, out, (size_t)len - 1), -ENOSPC);
}

static void what_the_header_cannot_say_is_left_out(void **state)
{
    static const uint8_t data[RED_MAX_BLOCK_BYTES + 1] = {0};
    const struct red_source earlier[] = {
        {data, sizeof(data), 960},
        {data, 10, RED_MAX_TIMESTAMP_OFFSET + 1},
        {data, 0, 960},
        {data, 10, 0},
        {data, RED_MAX_BLOCK_BYTES, RED_MAX_TIMESTAMP_OFFSET},
    };
    const struct red_source primary = {data, 20, 0};
    uint8_t out[1500];
    struct red_view view;

    int len = red_write(OPUS, earlier, 5, &primary, out, sizeof(out));
    assert_true(len > 0);
    assert_int_equal(red_parse(out, (size_t)len, &view), 0);
    assert_int_equal(view.redundant_count, 1);
    assert_int_equal(view.redundant[0].bytes, RED_MAX_BLOCK_BYTES);
    assert_int_equal(view.redundant[0].timestamp_offset, RED_MAX_TIMESTAMP_OFFSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found_with_their_offsets_and_types),
        cmocka_unit_test(a_primary_block_alone_and_empty_earlier_blocks_are_taken),
        cmocka_unit_test(a_payload_cut_anywhere_before_its_own_frame_is_refused),
        cmocka_unit_test(more_blocks_than_the_limit_are_refused),
        cmocka_unit_test(the_payload_type_of_every_block_is_set_in_place),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_the_header_cannot_say_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
