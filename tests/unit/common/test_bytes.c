#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void reads_big_endian_fields_in_order(void **state)
{
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    struct byte_reader reader;
    byte_reader_init(&reader, data, sizeof(data));
    assert_int_equal(byte_reader_u8(&reader), 0x01);
    assert_int_equal(byte_reader_u16(&reader), 0x0203);
    assert_int_equal(byte_reader_u24(&reader), 0x040506);
    assert_int_equal(byte_reader_u32(&reader), 0x0708090a);
    assert_true(byte_reader_u64(&reader) == UINT64_C(0x0b0c0d0e0f101112));
    assert_int_equal(byte_reader_left(&reader), 0);
    assert_false(reader.failed);
}

static void a_reader_that_ran_out_stays_failed_and_returns_zeros(void **state)
{
    static const uint8_t data[] = {0xff, 0xff, 0xff};
    struct byte_reader reader;
    byte_reader_init(&reader, data, sizeof(data));
    assert_int_equal(byte_reader_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(byte_reader_u8(&reader), 0);
    assert_int_equal(byte_reader_left(&reader), 0);
    assert_null(byte_reader_bytes(&reader, 0));
}

static void a_length_near_the_end_of_the_address_space_fails(void **state)
{
    static const uint8_t data[4] = {0};
    struct byte_reader reader;
    byte_reader_init(&reader, data, sizeof(data));
    byte_reader_u8(&reader);
    byte_reader_skip(&reader, SIZE_MAX);
    assert_true(reader.failed);
}

static void a_sub_reader_sees_only_its_own_bytes(void **state)
{
    static const uint8_t data[] = {1, 2, 3, 4};
    struct byte_reader reader;
    byte_reader_init(&reader, data, sizeof(data));
    struct byte_reader sub = byte_reader_sub(&reader, 3);
    assert_int_equal(byte_reader_u16(&sub), 0x0102);
    assert_int_equal(byte_reader_u16(&sub), 0);
    assert_true(sub.failed);
    assert_false(reader.failed);
    assert_int_equal(byte_reader_u8(&reader), 4);

    struct byte_reader beyond = byte_reader_sub(&reader, 1);
    assert_true(beyond.failed && reader.failed);
}

static void an_empty_reader_may_stand_on_null(void **state)
{
    struct byte_reader reader;
    byte_reader_init(&reader, NULL, 0);
    assert_non_null(byte_reader_bytes(&reader, 0));
    assert_false(reader.failed);
    assert_int_equal(byte_reader_u8(&reader), 0);
    assert_true(reader.failed);
}

static void writes_what_the_reader_reads(void **state)
{
    uint8_t data[24];
    struct byte_writer writer;
    byte_writer_init(&writer, data, sizeof(data));
    byte_writer_u8(&writer, 0x01);
    byte_writer_u16(&writer, 0x0203);
    byte_writer_u24(&writer, 0x040506);
    byte_writer_u32(&writer, 0x0708090a);
    byte_writer_u64(&writer, UINT64_C(0x0b0c0d0e0f101112));
    byte_writer_bytes(&writer, "xyz", 3);
    byte_writer_zeros(&writer, 2);
    byte_writer_patch_u16(&writer, 1, 0xaabb);
    assert_false(writer.failed);
    static const uint8_t expected[] = {
        1, 0xaa, 0xbb, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 'x', 'y', 'z', 0, 0};
    assert_int_equal(writer.len, sizeof(expected));
    assert_memory_equal(data, expected, sizeof(expected));
}

static void a_full_writer_writes_nothing_more(void **state)
{
    uint8_t data[4] = {9, 9, 9, 9};
    struct byte_writer writer;
    byte_writer_init(&writer, data, 3);
    byte_writer_u16(&writer, 0x0101);
    byte_writer_u16(&writer, 0x0202);
    assert_true(writer.failed);
    byte_writer_u8(&writer, 3);
    assert_int_equal(writer.len, 2);
    assert_int_equal(data[2], 9);
}

static void a_patch_outside_of_what_was_written_fails(void **state)
{
    uint8_t data[4];
    static const size_t positions[] = {1, 2, 3, SIZE_MAX};
    for (size_t i = 0; i < sizeof(positions) / sizeof(*positions); i++) {
        struct byte_writer writer;
        byte_writer_init(&writer, data, sizeof(data));
        byte_writer_u16(&writer, 0);
        byte_writer_patch_u16(&writer, positions[i], 1);
        assert_true(writer.failed);
    }
}

static void single_fields_round_trip(void **state)
{
    uint8_t data[4];
    bytes_put_u16(data, 0xfedc);
    assert_int_equal(bytes_get_u16(data), 0xfedc);
    bytes_put_u24(data, 0xfedcba);
    assert_int_equal(bytes_get_u24(data), 0xfedcba);
    bytes_put_u32(data, 0xfedcba98);
    assert_true(bytes_get_u32(data) == 0xfedcba98);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian_fields_in_order),
        cmocka_unit_test(a_reader_that_ran_out_stays_failed_and_returns_zeros),
        cmocka_unit_test(a_length_near_the_end_of_the_address_space_fails),
        cmocka_unit_test(a_sub_reader_sees_only_its_own_bytes),
        cmocka_unit_test(an_empty_reader_may_stand_on_null),
        cmocka_unit_test(writes_what_the_reader_reads),
        cmocka_unit_test(a_full_writer_writes_nothing_more),
        cmocka_unit_test(a_patch_outside_of_what_was_written_fails),
        cmocka_unit_test(single_fields_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
