#include "relay/wire/demux.h"

#include "tests/unit/wire/wire_test.h"

static void classifies_by_first_byte_payload_type_and_length(void **state)
{
    static const struct {
        uint8_t first, second;
        size_t len;
        enum demux_kind kind;
    } cases[] = {
        {0, 1, 20, DEMUX_STUN},
        {3, 255, 20, DEMUX_STUN},
        {0, 1, 19, DEMUX_UNKNOWN},
        {4, 0, 100, DEMUX_UNKNOWN},
        {19, 0, 100, DEMUX_UNKNOWN},
        {20, 254, 13, DEMUX_DTLS},
        {63, 254, 13, DEMUX_DTLS},
        {22, 254, 12, DEMUX_UNKNOWN},
        {64, 0, 100, DEMUX_UNKNOWN},
        {127, 0, 100, DEMUX_UNKNOWN},
        {128, 0, 12, DEMUX_RTP},
        {191, 96, 12, DEMUX_RTP},
        {128, 111, 11, DEMUX_UNKNOWN},
        {128, 191, 12, DEMUX_RTP},
        {128, 192, 8, DEMUX_RTCP},
        {128, 200, 8, DEMUX_RTCP},
        {191, 223, 8, DEMUX_RTCP},
        {128, 224, 12, DEMUX_RTP},
        {128, 200, 7, DEMUX_UNKNOWN},
        {192, 200, 100, DEMUX_UNKNOWN},
        {255, 0, 100, DEMUX_UNKNOWN},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t data[100] = {cases[i].first, cases[i].second};
        assert_int_equal(demux_classify(data, cases[i].len), cases[i].kind);
    }
}

static void nothing_is_read_from_an_empty_datagram(void **state)
{
    assert_int_equal(demux_classify(NULL, 0), DEMUX_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classifies_by_first_byte_payload_type_and_length),
        cmocka_unit_test(nothing_is_read_from_an_empty_datagram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
