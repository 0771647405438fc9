/* SRTP from a connected peer's own address that is old, false or too varied: counted, dropped. */
#include "tests/unit/transport/harness.h"

#include "common/bytes.h"
#include "common/random.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_BYTES 128

/* DUET_TEST_LONG makes the counts those of docs and targets. */
static unsigned scaled(unsigned usual, unsigned long_run)
{
    return getenv("DUET_TEST_LONG") != NULL ? long_run : usual;
}

static void a_replayed_packet_is_not_forwarded(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];
    uint8_t captured[50][PACKET_BYTES];
    size_t lens[50];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    for (uint16_t i = 0; i < 50; i++) {
        size_t len = i % 5 == 4 ? harness_rtcp(packet, 0x10) : harness_rtp(packet, 0x10, i);

        (i % 5 == 4 ? peer_client_send_rtcp : peer_client_send_rtp)(endpoint->client, packet, len);
        lens[i] = endpoint->last_sent_len;
        memcpy(captured[i], endpoint->last_sent, lens[i]);
    }
    harness_run(&harness, 5);
    assert_int_equal(endpoint->rtp_count, 40);
    assert_int_equal(endpoint->rtcp_count, 10);
    for (int i = 0; i < 50; i++)
        harness_inject(&harness, &endpoint->path, captured[i], lens[i]);
    assert_int_equal(endpoint->rtp_count, 40);
    assert_int_equal(endpoint->rtcp_count, 10);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_SRTP_REPLAY), 50);
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

static void late_packets_within_the_window_are_taken_once_and_older_ones_never(void **state)
{
    static const uint16_t late[] = {2000 - 1000, 2000 - 1023, 2000 - 1100};
    static const size_t taken[] = {1, 1, 0};
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];
    uint8_t captured[3][PACKET_BYTES];
    size_t lens[3];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    harness.loss_percent = 100;
    for (int i = 0; i < 3; i++) {
        peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x10, late[i]));
        lens[i] = endpoint->last_sent_len;
        memcpy(captured[i], endpoint->last_sent, lens[i]);
    }
    peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x10, 2000));
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(endpoint->rtp_count, 1);
    for (int i = 0; i < 3; i++) {
        size_t before = endpoint->rtp_count;

        harness_inject(&harness, &endpoint->path, captured[i], lens[i]);
        harness_inject(&harness, &endpoint->path, captured[i], lens[i]);
        assert_int_equal(endpoint->rtp_count - before, taken[i]);
    }
    harness.loss_percent = 0;
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

static void check_bad_tags(const char *profile)
{
    struct peer_context_params context = {.srtp_profiles = profile};
    unsigned count = scaled(20000, 1000000);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, &context, NULL);
    endpoint = harness_connect(&harness);
    for (unsigned i = 0; i < count; i++) {
        size_t len = i % 4 == 3 ? harness_rtcp(packet, i % 7) : harness_rtp(packet, i % 7, 1);

        random_bytes(packet + len, 24);
        harness_inject(&harness, &endpoint->path, packet, len + 24);
    }
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_SRTP_AUTH), count);
    assert_int_equal(endpoint->rtp_count, 0);
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

static void bad_tags_are_counted_and_end_nothing(void **state)
{
    check_bad_tags("SRTP_AEAD_AES_128_GCM");
    check_bad_tags("SRTP_AES128_CM_SHA1_80");
}

static void many_senders_in_one_session_do_not_grow_memory(void **state)
{
    unsigned count = scaled(20000, 1000000);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];
    size_t before = 0;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    harness.loss_percent = 100;
    for (uint32_t i = 0; i < 100; i++) {
        peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x1000 + i, 1));
        harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    }
    assert_in_range(endpoint->rtp_count, 16, 64);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_SSRC_LIMIT), 100 - endpoint->rtp_count);

    /* Beyond the cap a packet is not even tried, so that it need not be authentic here. */
    before = mallinfo2().uordblks;
    for (uint32_t i = 0; i < count; i++) {
        bytes_put_u32(endpoint->last_sent + 8, 0x100000 + i);
        harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    }
    assert_in_range(mallinfo2().uordblks, 0, before + 4096);
    harness.loss_percent = 0;
    harness_finish(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_packet_is_not_forwarded),
        cmocka_unit_test(late_packets_within_the_window_are_taken_once_and_older_ones_never),
        cmocka_unit_test(bad_tags_are_counted_and_end_nothing),
        cmocka_unit_test(many_senders_in_one_session_do_not_grow_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
