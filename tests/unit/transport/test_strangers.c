/* What comes from addresses that no authenticated check has opened: dropped, counted, moves nothing. */
#include "tests/unit/transport/harness.h"

#include "common/clock.h"
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PACKET_BYTES 128

static void dtls_before_an_authenticated_check_is_dropped(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    peer_client_start_dtls(endpoint->client);
    for (int i = 0; i < 1000; i++)
        harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_EARLY_DTLS), 1000);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_NEW);
    assert_int_equal(endpoint->received, 0);
    harness.real_time = true;
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_finish(&harness);
}

static void a_check_with_the_wrong_password_makes_no_path(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    peer_client_send_check(endpoint->client, "0123456789abcdefghijklmn", true, true);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_STUN_INTEGRITY), 1);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_NEW);
    assert_null(transport_get_path(endpoint->transport));
    assert_int_equal(endpoint->received, 0);
    harness_finish(&harness);
}

static void a_check_for_an_unknown_user_is_dropped(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    assert_int_equal(peer_client_set_remote(endpoint->client, "nobodyXX", "pwd", NULL), 0);
    peer_client_send_check(endpoint->client, NULL, true, true);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    harness_finish(&harness);
}

static void a_controlled_client_is_told_of_the_role_conflict(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    peer_client_send_check(endpoint->client, NULL, false, false);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_NEW);
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    assert_true(peer_client_counters(endpoint->client)->role_conflicts >= 1);
    harness_finish(&harness);
}

static void media_from_an_unauthenticated_address_is_dropped(void **state)
{
    struct transport_path stranger = harness_path(999);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    harness.loss_percent = 100;
    peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x55, 1));
    harness.loss_percent = 0;
    harness_inject(&harness, &stranger, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(endpoint->rtp_count, 0);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

static void spraying_an_address_with_media_and_forged_checks_moves_nothing(void **state)
{
    struct transport_path stranger = harness_path(999);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    endpoint->keep_last = true;
    harness.loss_percent = 100;
    for (uint16_t i = 0; i < 100; i++) {
        peer_client_send_check(endpoint->client, "wrong password wrong pwd", true, true);
        harness_inject(&harness, &stranger, endpoint->last_sent, endpoint->last_sent_len);
        random_bytes(packet, sizeof(packet));
        packet[0] = 0x80;
        harness_inject(&harness, &stranger, packet, sizeof(packet));
        harness_send_rtp(endpoint, packet, harness_rtp(packet, 0x42, i));
    }
    harness.loss_percent = 0;
    assert_true(transport_path_equal(transport_get_path(endpoint->transport), &endpoint->path));
    assert_int_equal(harness.strays, 0);
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

static void another_sessions_address_cannot_be_claimed_while_it_is_heard_from(void **state)
{
    struct harness harness;
    struct endpoint *victim, *thief;

    harness_init(&harness, NULL, NULL);
    victim = harness_connect(&harness);
    thief = harness_add(&harness);
    harness_check_from(&harness, thief, &victim->path, true);
    assert_int_equal(transport_get_state(thief->transport), TRANSPORT_NEW);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    harness_assert_media_flows(&harness, victim);

    /* Nor between two consent checks of a client that sends nothing else. */
    harness_skip(&harness, 6 * US_PER_S);
    harness_check_from(&harness, thief, &victim->path, true);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 2);
    harness_assert_media_flows(&harness, victim);

    /* A client that begins anew from the port of its dead session gets it. */
    harness_skip(&harness, 8 * US_PER_S);
    harness_check_from(&harness, thief, &victim->path, true);
    assert_null(transport_get_path(victim->transport));
    harness_finish(&harness);
}

static void garbage_of_every_first_byte_harms_nobody(void **state)
{
    struct transport_path stranger = harness_path(999);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t data[1501];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    random_bytes(data, sizeof(data));
    for (unsigned first = 0; first < 256; first++) {
        static const size_t sizes[] = {0, 1, 7, 8, 12, 13, 19, 20, 60, 1500, 1501};

        data[0] = (uint8_t)first;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            harness_inject(&harness, &stranger, data, sizes[i]);
            harness_inject(&harness, &endpoint->path, data, sizes[i]);
        }
    }
    assert_true(harness_drops(&harness, TRANSPORT_DROP_MALFORMED) > 500);
    harness_assert_media_flows(&harness, endpoint);
    harness_finish(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dtls_before_an_authenticated_check_is_dropped),
        cmocka_unit_test(a_check_with_the_wrong_password_makes_no_path),
        cmocka_unit_test(a_check_for_an_unknown_user_is_dropped),
        cmocka_unit_test(a_controlled_client_is_told_of_the_role_conflict),
        cmocka_unit_test(media_from_an_unauthenticated_address_is_dropped),
        cmocka_unit_test(spraying_an_address_with_media_and_forged_checks_moves_nothing),
        cmocka_unit_test(another_sessions_address_cannot_be_claimed_while_it_is_heard_from),
        cmocka_unit_test(garbage_of_every_first_byte_harms_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
