/* What a session lives through with a well-behaved peer. */
#include "tests/unit/transport/harness.h"

#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_BYTES 128

static void exchange_media(struct harness *harness, struct endpoint *endpoint)
{
    uint8_t packet[PACKET_BYTES], plain[PACKET_BYTES];
    size_t len = harness_rtp(packet, 0x1234, 7);

    memcpy(plain, packet, len);
    assert_int_equal(peer_client_send_rtp(endpoint->client, packet, len), 0);
    len = harness_rtcp(packet, 0x1234);
    assert_int_equal(peer_client_send_rtcp(endpoint->client, packet, len), 0);
    len = harness_rtp(packet, 0x9876, 65535);
    assert_int_equal(harness_send_rtp(endpoint, packet, len), 0);
    len = harness_rtcp(packet, 0x9876);
    assert_int_equal(transport_send_rtcp(endpoint->transport, packet, len), 0);
    harness_run(harness, 5);

    assert_int_equal(endpoint->rtp_count, 1);
    assert_int_equal(endpoint->rtcp_count, 1);
    assert_int_equal(endpoint->last_rtp_len, 32);
    assert_memory_equal(endpoint->last_rtp, plain, 32);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, 1);
    assert_int_equal(peer_client_counters(endpoint->client)->rtcp_received, 1);
    assert_int_equal(peer_client_counters(endpoint->client)->srtp_failures, 0);
}

static void check_profile(const struct peer_context_params *params, const char *expected)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, params, NULL);
    endpoint = harness_connect(&harness);
    assert_string_equal(transport_srtp_profile(endpoint->transport), expected);
    exchange_media(&harness, endpoint);
    harness_finish(&harness);
}

static void gcm_is_preferred_when_both_are_offered(void **state)
{
    check_profile(&(struct peer_context_params){.srtp_profiles =
                                                    "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM"},
        "AEAD_AES_128_GCM");
}

static void media_flows_both_ways_with_gcm(void **state)
{
    check_profile(&(struct peer_context_params){.srtp_profiles = "SRTP_AEAD_AES_128_GCM"},
        "AEAD_AES_128_GCM");
}

static void media_flows_both_ways_with_counter_mode(void **state)
{
    check_profile(&(struct peer_context_params){.srtp_profiles = "SRTP_AES128_CM_SHA1_80"},
        "AES128_CM_HMAC_SHA1_80");
}

static void a_client_with_an_rsa_certificate_connects(void **state)
{
    check_profile(&(struct peer_context_params){.rsa = true}, "AEAD_AES_128_GCM");
}

static void states_come_in_order(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_NEW);
    assert_null(transport_get_path(endpoint->transport));
    assert_string_equal(transport_srtp_profile(endpoint->transport), "");
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_run(&harness, 5);
    peer_client_close(endpoint->client);
    harness_run(&harness, 5);
    assert_int_equal(endpoint->state_count, 3);
    assert_int_equal(endpoint->states[0], TRANSPORT_CHECKED);
    assert_int_equal(endpoint->states[1], TRANSPORT_CONNECTED);
    assert_int_equal(endpoint->states[2], TRANSPORT_CLOSED);
    assert_int_equal(endpoint->reason, TRANSPORT_CLOSE_PEER);
    assert_null(transport_get_path(endpoint->transport));
    harness_finish(&harness);
}

static void nothing_is_sent_before_the_keys(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 1, 1)), -ENOTCONN);
    endpoint->keep_last = true;
    peer_client_send_check(endpoint->client, NULL, true, true);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CHECKED);
    assert_int_equal(
        transport_send_rtcp(endpoint->transport, packet, harness_rtcp(packet, 1)), -ENOTCONN);
    harness_finish(&harness);
}

static void dtls_before_a_nomination_is_accepted(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    struct transport_path path;

    harness_init(&harness, NULL, NULL);
    harness.no_nomination = true;
    endpoint = harness_add(&harness);
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    path = endpoint->path;
    assert_true(transport_path_equal(transport_get_path(endpoint->transport), &path));
    harness_finish(&harness);
}

static void a_wrong_fingerprint_ends_the_session_without_keys(void **state)
{
    static const char other[] = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                                "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add_expecting(&harness, other);
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CLOSED, 1000));
    assert_int_equal(endpoint->reason, TRANSPORT_CLOSE_FINGERPRINT);
    assert_int_equal(endpoint->state_count, 2);
    assert_string_equal(transport_srtp_profile(endpoint->transport), "");
    harness_run(&harness, 5);
    assert_int_equal(peer_client_state(endpoint->client), PEER_CLOSED);
    harness_finish(&harness);
}

static void a_fingerprint_that_is_not_sha256_is_refused(void **state)
{
    static const char *const wrong[] = {
        NULL,
        "",
        "AB:CD",
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33",
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
        "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FG",
    };
    struct harness harness;
    struct endpoint *endpoint;
    struct transport_params params;
    struct transport *transport;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    params = (struct transport_params){
        .on_rtp = (void (*)(void *, uint8_t *, size_t, uint64_t))abort,
        .on_rtcp = (void (*)(void *, uint8_t *, size_t, uint64_t))abort,
        .on_state =
            (void (*)(void *, enum transport_state, enum transport_close_reason, uint64_t))abort,
        .user = endpoint,
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        params.remote_fingerprint = wrong[i];
        assert_int_equal(
            transport_create(harness.mux, &params, harness.now_us, &transport), -EINVAL);
    }
    harness_finish(&harness);
}

static void destroying_says_goodbye_to_the_peer(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    size_t states;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    states = endpoint->state_count;
    transport_destroy(endpoint->transport);
    endpoint->transport = NULL;
    harness_run(&harness, 5);
    assert_int_equal(peer_client_state(endpoint->client), PEER_CLOSED);
    assert_string_equal(peer_client_error(endpoint->client), "");
    assert_int_equal(endpoint->state_count, states);
    harness_finish(&harness);
}

static void a_session_may_be_destroyed_in_any_callback(void **state)
{
    static const enum transport_state when[] = {
        TRANSPORT_CHECKED, TRANSPORT_CONNECTED, TRANSPORT_CLOSED};
    struct harness harness;
    uint8_t packet[PACKET_BYTES];
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
        endpoint = harness_add(&harness);
        endpoint->destroy_in_state = when[i];
        harness_run(&harness, 50);
        peer_client_close(endpoint->client);
        harness_run(&harness, 50);
        assert_null(endpoint->transport);
        assert_int_equal(endpoint->states[endpoint->state_count - 1], when[i]);
    }
    endpoint = harness_connect(&harness);
    endpoint->destroy_in_rtp = true;
    for (uint16_t i = 0; i < 3; i++)
        peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 1, i));
    harness_run(&harness, 5);
    assert_null(endpoint->transport);
    assert_int_equal(endpoint->rtp_count, 1);
    harness_finish(&harness);
}

static void silence_ends_a_session(void **state)
{
    struct transport_mux_params mux = {.consent_timeout_us = 15 * US_PER_S};
    struct harness harness;
    struct endpoint *endpoint, *never;

    harness_init(&harness, NULL, &mux);
    endpoint = harness_connect(&harness);
    never = harness_add(&harness);
    harness_skip(&harness, 14 * US_PER_S);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);
    assert_int_equal(transport_get_state(never->transport), TRANSPORT_NEW);
    harness_skip(&harness, 2 * US_PER_S);
    assert_int_equal(endpoint->reason, TRANSPORT_CLOSE_CONSENT);
    assert_int_equal(never->reason, TRANSPORT_CLOSE_CONSENT);
    harness_finish(&harness);
}

static void media_alone_keeps_a_session_alive(void **state)
{
    struct transport_mux_params mux = {.consent_timeout_us = 15 * US_PER_S};
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, &mux);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    for (uint16_t i = 0; i < 6; i++) {
        harness_skip(&harness, 10 * US_PER_S);
        if (i % 2 == 0)
            peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 1, i));
        else
            peer_client_send_rtcp(endpoint->client, packet, harness_rtcp(packet, 1));
        harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    }
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);
    assert_int_equal(endpoint->rtp_count, 3);
    harness_finish(&harness);
}

static void a_handshake_that_takes_too_long_ends_the_session(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    peer_client_send_check(endpoint->client, NULL, true, true);
    harness.loss_percent = 100; /* the rest never arrives */
    harness_run(&harness, 20);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CHECKED);
    for (int i = 0; i < 9; i++)
        harness_skip(&harness, US_PER_S);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CHECKED);
    harness_skip(&harness, 2 * US_PER_S);
    assert_int_equal(endpoint->reason, TRANSPORT_CLOSE_HANDSHAKE);
    harness_finish(&harness);
}

static void a_full_socket_is_counted_and_reported(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness.send_error = -EAGAIN;
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 5, 1)), -EAGAIN);
    assert_int_equal(transport_mux_drops(harness.mux, TRANSPORT_DROP_SEND), 1);
    harness.send_error = 0;
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 5, 2)), 0);
    harness_finish(&harness);
}

static void a_sequence_number_is_encrypted_once_with_gcm(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 5, 1)), 0);
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 5, 1)), -EALREADY);
    assert_int_equal(harness_send_rtp(endpoint, packet, 4), -EINVAL);
    harness_finish(&harness);
}

/* 65530 … 65535 and then 0 … 13 are lost: the first packet that arrives has a roll-over counter of 1. */
static void check_wrap(const struct peer_context_params *params, bool report_first)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, params, NULL);
    endpoint = harness_connect(&harness);
    if (report_first)
        peer_client_send_rtcp(endpoint->client, packet, harness_rtcp(packet, 0x99));
    for (unsigned i = 0; i < 60; i++) {
        harness.loss_percent = i < 20 ? 100 : 0;
        peer_client_send_rtp(
            endpoint->client, packet, harness_rtp(packet, 0x99, (uint16_t)(65530 + i)));
    }
    harness_run(&harness, 5);
    assert_int_equal(endpoint->rtp_count, 40);
    harness_finish(&harness);
}

static void a_sender_whose_first_packets_were_lost_over_the_wrap_is_heard(void **state)
{
    static const char *const profiles[] = {"SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"};

    for (size_t i = 0; i < 4; i++)
        check_wrap(&(struct peer_context_params){.srtp_profiles = profiles[i & 1]}, i > 1);
}

static void every_drop_has_a_name(void **state)
{
    for (int i = 0; i < TRANSPORT_DROP_COUNT; i++)
        assert_non_null(transport_drop_name(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_is_preferred_when_both_are_offered),
        cmocka_unit_test(media_flows_both_ways_with_gcm),
        cmocka_unit_test(media_flows_both_ways_with_counter_mode),
        cmocka_unit_test(a_client_with_an_rsa_certificate_connects),
        cmocka_unit_test(states_come_in_order),
        cmocka_unit_test(nothing_is_sent_before_the_keys),
        cmocka_unit_test(dtls_before_a_nomination_is_accepted),
        cmocka_unit_test(a_wrong_fingerprint_ends_the_session_without_keys),
        cmocka_unit_test(a_fingerprint_that_is_not_sha256_is_refused),
        cmocka_unit_test(destroying_says_goodbye_to_the_peer),
        cmocka_unit_test(a_session_may_be_destroyed_in_any_callback),
        cmocka_unit_test(silence_ends_a_session),
        cmocka_unit_test(media_alone_keeps_a_session_alive),
        cmocka_unit_test(a_handshake_that_takes_too_long_ends_the_session),
        cmocka_unit_test(a_full_socket_is_counted_and_reported),
        cmocka_unit_test(a_sequence_number_is_encrypted_once_with_gcm),
        cmocka_unit_test(a_sender_whose_first_packets_were_lost_over_the_wrap_is_heard),
        cmocka_unit_test(every_drop_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
