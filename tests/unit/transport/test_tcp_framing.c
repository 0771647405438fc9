#include "relay/transport/tcp_framing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct inbox {
    uint8_t messages[8][TCP_FRAME_MAX_BYTES];
    size_t lens[8];
    size_t count;
    size_t stop_after; /* 0 = never */
};

static bool on_message(void *user, uint8_t *message, size_t len)
{
    struct inbox *inbox = user;

    assert_in_range(inbox->count, 0, 7);
    memcpy(inbox->messages[inbox->count], message, len);
    inbox->lens[inbox->count++] = len;
    return inbox->stop_after == 0 || inbox->count < inbox->stop_after;
}

static const uint8_t three_messages[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd', 0, 2, 'e', 'f'};

static void messages_come_whole_however_the_stream_is_cut(void **state)
{
    for (size_t cut = 1; cut <= sizeof(three_messages); cut++) {
        static struct inbox inbox;
        struct tcp_deframer deframer = {0};

        memset(&inbox, 0, sizeof(inbox));
        for (size_t at = 0; at < sizeof(three_messages); at += cut) {
            size_t len = sizeof(three_messages) - at < cut ? sizeof(three_messages) - at : cut;

            assert_int_equal(
                tcp_deframer_feed(&deframer, three_messages + at, len, on_message, &inbox), 0);
        }
        assert_int_equal(inbox.count, 3);
        assert_int_equal(inbox.lens[0], 3);
        assert_memory_equal(inbox.messages[0], "abc", 3);
        assert_memory_equal(inbox.messages[1], "d", 1);
        assert_memory_equal(inbox.messages[2], "ef", 2);
    }
}

static void the_longest_message_fits_and_a_longer_one_ends_the_stream(void **state)
{
    static uint8_t frame[TCP_FRAME_HEADER_BYTES + TCP_FRAME_MAX_BYTES];
    static struct inbox inbox;
    struct tcp_deframer deframer = {0};

    memset(&inbox, 0, sizeof(inbox));
    assert_int_equal(tcp_frame_header(TCP_FRAME_MAX_BYTES, frame), 0);
    assert_int_equal(tcp_deframer_feed(&deframer, frame, sizeof(frame), on_message, &inbox), 0);
    assert_int_equal(inbox.count, 1);
    assert_int_equal(inbox.lens[0], TCP_FRAME_MAX_BYTES);

    assert_int_equal(tcp_frame_header(TCP_FRAME_MAX_BYTES + 1, frame), -EMSGSIZE);
    memcpy(frame, "\xff\xff", 2);
    assert_int_equal(tcp_deframer_feed(&deframer, frame, 2, on_message, &inbox), -EMSGSIZE);
    assert_int_equal(
        tcp_deframer_feed(&deframer, three_messages, 5, on_message, &inbox), -EMSGSIZE);
    assert_int_equal(inbox.count, 1);
}

static void a_receiver_that_is_gone_gets_nothing_more(void **state)
{
    static struct inbox inbox;
    struct tcp_deframer deframer = {0};

    memset(&inbox, 0, sizeof(inbox));
    inbox.stop_after = 1;
    assert_int_equal(
        tcp_deframer_feed(&deframer, three_messages, sizeof(three_messages), on_message, &inbox),
        -ECANCELED);
    assert_int_equal(inbox.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_whole_however_the_stream_is_cut),
        cmocka_unit_test(the_longest_message_fits_and_a_longer_one_ends_the_stream),
        cmocka_unit_test(a_receiver_that_is_gone_gets_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
