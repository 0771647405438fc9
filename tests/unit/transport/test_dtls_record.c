#include "relay/transport/dtls_record.h"

#include "common/bytes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A record with a body of zeros after what is given. */
static size_t put_record(
    uint8_t *data, uint8_t type, uint16_t epoch, const void *body, size_t given, size_t body_len)
{
    struct byte_writer writer;

    byte_writer_init(&writer, data, 512);
    byte_writer_u8(&writer, type);
    byte_writer_u16(&writer, 0xfefd);
    byte_writer_u16(&writer, epoch);
    byte_writer_zeros(&writer, 6);
    byte_writer_u16(&writer, (uint16_t)body_len);
    byte_writer_bytes(&writer, body, given);
    byte_writer_zeros(&writer, body_len - given);
    assert_false(writer.failed);
    return writer.len;
}

struct record_case {
    uint8_t type;
    uint16_t epoch;
    const char *body;
    size_t given;
    size_t body_len;
    bool before; /* kept during the handshake */
    bool after;  /* kept when it is over */
};

static void only_what_a_client_may_send_is_kept(void **state)
{
    static const struct record_case cases[] = {
        /* a hello of 2 bytes */
        {22, 0, "\1\0\0\2\0\0\0\0\0\0\0\2", 12, 14, true, false},
        /* the second half of one of 320 bytes */
        {22, 0, "\1\0\1\x40\0\0\0\0\xa0\0\0\xa0", 12, 12 + 160, true, false},
        /* fragment beyond its message, a server's message, cut header, empty, too long */
        {22, 0, "\1\0\0\2\0\0\0\0\1\0\0\2", 12, 14, false, false},
        {22, 0, "\2\0\0\2\0\0\0\0\0\0\0\2", 12, 14, false, false},
        {22, 0, "\1\0\0", 3, 3, false, false},
        {22, 0, "", 0, 0, false, false},
        {22, 0, "\1\xff\0\2\0\0\0\0\0\0\0\2", 12, 14, false, false},
        /* change cipher spec */
        {20, 0, "\1", 1, 1, true, false},
        {20, 0, "\2", 1, 1, false, false},
        {20, 0, "\1", 1, 2, false, false},
        /* alerts and data in the clear */
        {21, 0, "\2\50", 2, 2, false, false},
        {21, 0, "\1\0", 2, 2, false, false},
        {23, 0, "x", 1, 20, false, false},
        /* encrypted: long enough for a tag or not, known types, known epochs */
        {21, 1, "", 0, 26, true, true},
        {22, 1, "", 0, 48, true, true},
        {23, 1, "", 0, 18, true, true},
        {23, 1, "", 0, 17, false, false},
        {23, 1, "", 0, 0, false, false},
        {24, 1, "", 0, 48, false, false},
        {22, 2, "", 0, 48, false, false},
    };
    uint8_t data[1024];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct record_case *item = &cases[i];

        for (int connected = 0; connected < 2; connected++) {
            bool kept = connected ? item->after : item->before;
            size_t dropped = 7;
            size_t len;

            len =
                put_record(data, item->type, item->epoch, item->body, item->given, item->body_len);
            assert_int_equal(
                dtls_record_filter(data, len, connected, &dropped), kept ? (int)len : 0);
            assert_int_equal(dropped, kept ? 0 : 1);
        }
    }
}

static void unwanted_records_are_taken_out_between_wanted_ones(void **state)
{
    uint8_t data[512], expected[512];
    size_t len = 0, expected_len = 0, dropped = 0;

    len += put_record(data + len, 21, 0, "\2\50", 2, 2);
    expected_len += put_record(expected, 20, 0, "\1", 1, 1);
    len += put_record(data + len, 20, 0, "\1", 1, 1);
    len += put_record(data + len, 23, 0, "", 0, 30);
    expected_len += put_record(expected + expected_len, 22, 1, "finished", 8, 48);
    len += put_record(data + len, 22, 1, "finished", 8, 48);
    assert_int_equal(dtls_record_filter(data, len, false, &dropped), (int)expected_len);
    assert_memory_equal(data, expected, expected_len);
    assert_int_equal(dropped, 2);
}

static void a_record_longer_than_the_datagram_spoils_all_of_it(void **state)
{
    uint8_t data[512];
    size_t dropped = 0;
    size_t first = put_record(data, 22, 1, "", 0, 48);
    size_t len = first + put_record(data + first, 22, 1, "", 0, 48);

    for (size_t cut = 1; cut < 13 + 48; cut++)
        assert_int_equal(dtls_record_filter(data, len - cut, true, &dropped), -EBADMSG);
    assert_int_equal(dtls_record_filter(data, first, true, &dropped), (int)first);
    assert_int_equal(dtls_record_filter(data, 0, true, &dropped), 0);
}

static void messages_packed_into_one_record_are_each_looked_at(void **state)
{
    static const char certificate_and_key[] = "\13\0\0\1\0\1\0\0\0\0\0\1x"
                                              "\20\0\0\1\0\2\0\0\0\0\0\1y";
    uint8_t data[512];
    size_t dropped = 0;
    size_t len = put_record(data, 22, 0, certificate_and_key, 26, 26);

    assert_int_equal(dtls_record_filter(data, len, false, &dropped), (int)len);
    data[DTLS_RECORD_HEADER_BYTES + 13] = 2;
    assert_int_equal(dtls_record_filter(data, len, false, &dropped), 0);
    assert_int_equal(dropped, 1);
}

static void a_number_is_written_between_epoch_and_length(void **state)
{
    uint8_t record[13] = {22, 0xfe, 0xfd, 0xaa, 0xbb, 0, 0, 0, 0, 0, 0, 0xcc, 0xdd};
    static const uint8_t expected[13] = {22, 0xfe, 0xfd, 0xaa, 0xbb, 1, 2, 3, 4, 5, 6, 0xcc, 0xdd};

    dtls_record_set_number(record, UINT64_C(0xffff010203040506));
    assert_memory_equal(record, expected, sizeof(record));
}

static void an_alert_of_ours_is_known(void **state)
{
    uint8_t data[64];
    size_t len = put_record(data, 21, 0, "\2\50", 2, 2);

    assert_true(dtls_record_is_alert(data, len));
    assert_false(dtls_record_is_alert(data, 3));
    len = put_record(data, 22, 1, "", 0, 26);
    assert_false(dtls_record_is_alert(data, len));
    len = put_record(data, 21, 1, "", 0, 26);
    assert_true(dtls_record_is_alert(data, len));
    assert_int_equal(dtls_record_epoch(data), 1);
    assert_int_equal(dtls_record_bytes(data), len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_a_client_may_send_is_kept),
        cmocka_unit_test(unwanted_records_are_taken_out_between_wanted_ones),
        cmocka_unit_test(a_record_longer_than_the_datagram_spoils_all_of_it),
        cmocka_unit_test(messages_packed_into_one_record_are_each_looked_at),
        cmocka_unit_test(a_number_is_written_between_epoch_and_length),
        cmocka_unit_test(an_alert_of_ours_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
