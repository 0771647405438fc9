/* Which address a peer is sent to: nomination, new NAT mappings, IPv6, TCP, ICE restart. */
#include "tests/unit/transport/harness.h"

#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_BYTES 128

static void assert_path(const struct endpoint *endpoint, const struct transport_path *path)
{
    assert_non_null(transport_get_path(endpoint->transport));
    assert_true(transport_path_equal(transport_get_path(endpoint->transport), path));
}

static void send_rtp_from(struct harness *harness, struct endpoint *endpoint,
    const struct transport_path *path, uint16_t sequence_number)
{
    uint8_t packet[PACKET_BYTES];
    unsigned loss = harness->loss_percent;

    endpoint->keep_last = true;
    harness->loss_percent = 100;
    peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 3, sequence_number));
    harness_inject(harness, path, endpoint->last_sent, endpoint->last_sent_len);
    harness->loss_percent = loss;
}

static void a_nomination_moves_a_connected_session_at_once(void **state)
{
    struct transport_path other = harness_path(777);
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &other, true);
    assert_path(endpoint, &other);
    harness_finish(&harness);
}

/* Somebody on the line reads a valid check and sends it from an address of his own. */
static void a_check_repeated_from_a_strangers_address_moves_nothing(void **state)
{
    struct transport_path stranger = harness_path(999);
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &endpoint->path, true);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(transport_mux_drops(harness.mux, TRANSPORT_DROP_STUN_INTEGRITY), 0);
    harness_inject(&harness, &stranger, endpoint->last_sent, endpoint->last_sent_len);
    assert_int_equal(transport_mux_drops(harness.mux, TRANSPORT_DROP_STUN_INTEGRITY), 1);
    assert_path(endpoint, &endpoint->path);
    harness_run(&harness, 5);
    assert_int_equal(harness.strays, 0);
    harness_finish(&harness);
}

static void a_check_without_nomination_moves_nothing_while_the_old_path_lives(void **state)
{
    struct transport_path other = harness_path(777);
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &other, false);
    assert_path(endpoint, &endpoint->path);
    /* It is valid all the same: media from there counts. */
    send_rtp_from(&harness, endpoint, &other, 1);
    assert_int_equal(endpoint->rtp_count, 1);
    assert_path(endpoint, &endpoint->path);
    harness_finish(&harness);
}

static void a_check_from_a_new_address_moves_a_session_whose_path_fell_silent(void **state)
{
    struct transport_path other = harness_path(777);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_skip(&harness, 1500 * US_PER_MS);
    harness_check_from(&harness, endpoint, &other, false);
    assert_path(endpoint, &other);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);

    endpoint->path = other;
    harness_send_rtp(endpoint, packet, harness_rtp(packet, 4, 1));
    harness_run(&harness, 5);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, 1);
    harness_finish(&harness);
}

static void a_standby_path_waits_longer_than_a_consent_check(void **state)
{
    struct transport_path standby = harness_path(777);
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &standby, false);
    harness_skip(&harness, 5 * US_PER_S);
    harness_check_from(&harness, endpoint, &standby, false);
    assert_path(endpoint, &endpoint->path);
    harness_skip(&harness, 3 * US_PER_S);
    harness_check_from(&harness, endpoint, &standby, false);
    assert_path(endpoint, &standby);
    harness_finish(&harness);
}

static void more_paths_than_a_client_has_do_not_push_out_the_chosen_one(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    for (uint16_t i = 0; i < 100; i++) {
        struct transport_path path = harness_path((uint16_t)(2000 + i));

        harness_check_from(&harness, endpoint, &path, false);
    }
    assert_path(endpoint, &endpoint->path);
    send_rtp_from(&harness, endpoint, &endpoint->path, 1);
    assert_int_equal(endpoint->rtp_count, 1);
    harness_finish(&harness);
}

static struct transport_path tcp_path(uint32_t connection)
{
    struct transport_path path = harness_path(4444);

    path.connection = connection;
    return path;
}

static void a_session_lives_over_tcp_and_comes_back_on_another_connection(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->path = tcp_path(7);
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_run(&harness, 5);

    transport_mux_connection_closed(harness.mux, 7);
    assert_null(transport_get_path(endpoint->transport));
    assert_int_equal(harness.unused_connection, 0);
    assert_int_equal(harness_send_rtp(endpoint, packet, harness_rtp(packet, 4, 1)), -ENOTCONN);

    endpoint->path = tcp_path(8);
    harness_run(&harness, 200);
    assert_path(endpoint, &endpoint->path);
    harness_send_rtp(endpoint, packet, harness_rtp(packet, 4, 2));
    harness_run(&harness, 5);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, 1);

    transport_destroy(endpoint->transport);
    endpoint->transport = NULL;
    assert_int_equal(harness.unused_connection, 8);
    harness_finish(&harness);
}

static void a_closed_connection_falls_back_to_another_valid_path(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;
    struct transport_path udp;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    udp = endpoint->path;
    endpoint->path = tcp_path(9);
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_check_from(&harness, endpoint, &udp, false);
    transport_mux_connection_closed(harness.mux, 9);
    assert_path(endpoint, &udp);
    harness_finish(&harness);
}

static void a_tcp_connection_is_no_other_sessions_while_it_is_heard_from(void **state)
{
    struct transport_path path = tcp_path(5);
    struct harness harness;
    struct endpoint *owner, *other;

    harness_init(&harness, NULL, NULL);
    owner = harness_add(&harness);
    owner->path = path;
    assert_true(harness_run_until(&harness, owner, TRANSPORT_CONNECTED, 1000));
    other = harness_add(&harness);
    harness_check_from(&harness, other, &path, true);
    assert_int_equal(transport_get_state(other->transport), TRANSPORT_NEW);
    assert_path(owner, &path);

    /* It stays open when a session after the first speaks over it. */
    harness_skip(&harness, 8 * US_PER_S);
    harness_check_from(&harness, other, &path, true);
    assert_null(transport_get_path(owner->transport));
    assert_path(other, &path);
    assert_int_equal(harness.unused_connection, 0);
    harness_finish(&harness);
}

static void a_connection_whose_path_is_pushed_out_is_unused(void **state)
{
    struct transport_path tcp = tcp_path(6);
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &tcp, false);
    for (uint16_t i = 0; i < 20 && harness.unused_connection == 0; i++) {
        struct transport_path path = harness_path((uint16_t)(3000 + i));

        harness.now_us++;
        harness_check_from(&harness, endpoint, &path, false);
    }
    assert_int_equal(harness.unused_connection, 6);
    assert_path(endpoint, &endpoint->path);
    harness_finish(&harness);
}

static void a_session_lives_over_ipv6_and_moves_to_ipv4_and_back(void **state)
{
    struct transport_path v6 = harness_path_v6(20000), v4 = harness_path(20000);
    struct harness harness;
    struct endpoint *endpoint;
    uint8_t packet[PACKET_BYTES];

    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->path = v6;
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_run(&harness, 5);
    assert_path(endpoint, &v6);
    harness_send_rtp(endpoint, packet, harness_rtp(packet, 4, 1));
    harness_run(&harness, 5);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, 1);

    harness_check_from(&harness, endpoint, &v4, true);
    assert_path(endpoint, &v4);
    harness_check_from(&harness, endpoint, &v6, true);
    assert_path(endpoint, &v6);
    send_rtp_from(&harness, endpoint, &v6, 1);
    assert_int_equal(endpoint->rtp_count, 1);
    harness_finish(&harness);
}

/* Two neighbours on two links may have the same link-local address. */
static void the_same_link_local_address_on_another_link_is_a_stranger(void **state)
{
    struct transport_path here = harness_path_v6(20000), there;
    struct harness harness;
    struct endpoint *endpoint;

    assert_int_equal(net_address_parse("fe80::1", 20000, &here.remote), 0);
    here.remote.u.v6.sin6_scope_id = 2;
    there = here;
    there.remote.u.v6.sin6_scope_id = 3;
    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->path = here;
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_run(&harness, 5);
    send_rtp_from(&harness, endpoint, &there, 1);
    assert_int_equal(endpoint->rtp_count, 0);
    assert_int_equal(transport_mux_drops(harness.mux, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    send_rtp_from(&harness, endpoint, &here, 2);
    assert_int_equal(endpoint->rtp_count, 1);
    harness_finish(&harness);
}

static void a_restart_accepts_both_credentials_until_the_new_ones_are_used(void **state)
{
    struct transport_path other = harness_path(777);
    struct transport_credentials first, second;
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    first = *transport_credentials(endpoint->transport);
    assert_int_equal(transport_restart(endpoint->transport, "again", harness.now_us), 0);
    second = *transport_credentials(endpoint->transport);
    assert_string_not_equal(first.ufrag, second.ufrag);
    assert_string_not_equal(first.pwd, second.pwd);

    harness_check_from(&harness, endpoint, &other, true); /* old ones */
    assert_path(endpoint, &other);

    peer_client_set_remote(endpoint->client, second.ufrag, second.pwd, NULL);
    harness_check_from(&harness, endpoint, &endpoint->path, true);
    assert_path(endpoint, &endpoint->path);
    assert_string_equal(transport_credentials(endpoint->transport)->ufrag, second.ufrag);

    peer_client_set_remote(endpoint->client, first.ufrag, first.pwd, NULL);
    harness_check_from(&harness, endpoint, &other, true);
    assert_path(endpoint, &endpoint->path);
    assert_int_equal(transport_mux_drops(harness.mux, TRANSPORT_DROP_UNKNOWN_PEER), 1);

    /* DTLS and SRTP never noticed. */
    send_rtp_from(&harness, endpoint, &endpoint->path, 9);
    assert_int_equal(endpoint->rtp_count, 1);
    assert_int_equal(endpoint->state_count, 2);
    harness_finish(&harness);
}

static void a_restart_that_never_completes_leaves_the_session_as_it_was(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    for (int i = 0; i < 3; i++)
        assert_int_equal(transport_restart(endpoint->transport, "again", harness.now_us), 0);
    harness_run(&harness, 500);
    assert_path(endpoint, &endpoint->path);
    send_rtp_from(&harness, endpoint, &endpoint->path, 1);
    assert_int_equal(endpoint->rtp_count, 1);
    harness_finish(&harness);
}

static void a_restart_leaves_a_silent_session_time_for_its_checks_once(void **state)
{
    struct transport_path other = harness_path(777);
    struct harness harness;
    struct endpoint *comes, *stays_away;
    const struct transport_credentials *fresh;

    harness_init(&harness, NULL, NULL);
    comes = harness_connect(&harness);
    stays_away = harness_connect(&harness);
    harness_run(&harness, 200);
    harness_skip(&harness, 29 * US_PER_S);
    assert_int_equal(transport_restart(comes->transport, "again", harness.now_us), 0);
    assert_int_equal(transport_restart(stays_away->transport, "again", harness.now_us), 0);
    harness_skip(&harness, 9 * US_PER_S);
    fresh = transport_credentials(comes->transport);
    peer_client_set_remote(comes->client, fresh->ufrag, fresh->pwd, NULL);
    harness_check_from(&harness, comes, &other, true);
    assert_path(comes, &other);

    assert_int_equal(transport_restart(stays_away->transport, "more", harness.now_us), 0);
    harness_skip(&harness, 2 * US_PER_S);
    assert_int_equal(stays_away->reason, TRANSPORT_CLOSE_CONSENT);
    assert_int_equal(transport_get_state(comes->transport), TRANSPORT_CONNECTED);
    harness_finish(&harness);
}

/* Two readings of the clock meet in one turn of a loop: what came in may be newer than the turn. */
static void a_clock_that_is_behind_ends_and_moves_nothing(void **state)
{
    struct transport_path standby = harness_path(777), fresh = harness_path(778);
    struct harness harness;
    struct endpoint *endpoint, *young, *checked;
    uint64_t now_us;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    harness_check_from(&harness, endpoint, &standby, false);
    send_rtp_from(&harness, endpoint, &endpoint->path, 1);
    harness_skip(&harness, US_PER_S);
    send_rtp_from(&harness, endpoint, &endpoint->path, 2);
    send_rtp_from(&harness, endpoint, &standby, 3);
    young = harness_add(&harness);
    checked = harness_add(&harness);
    harness_check_from(&harness, checked, &checked->path, true);

    now_us = harness.now_us;
    harness.now_us -= 500 * US_PER_MS;
    transport_mux_tick(harness.mux, harness.now_us);
    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);
    assert_int_equal(transport_get_state(young->transport), TRANSPORT_NEW);
    assert_int_equal(transport_get_state(checked->transport), TRANSPORT_CHECKED);
    harness_check_from(&harness, endpoint, &fresh, false);
    assert_path(endpoint, &endpoint->path);
    harness_check_from(&harness, young, &endpoint->path, true);
    assert_path(endpoint, &endpoint->path);
    harness.now_us = now_us;
    send_rtp_from(&harness, endpoint, &standby, 4);
    assert_int_equal(endpoint->rtp_count, 4);
    harness_finish(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nomination_moves_a_connected_session_at_once),
        cmocka_unit_test(a_check_repeated_from_a_strangers_address_moves_nothing),
        cmocka_unit_test(a_check_without_nomination_moves_nothing_while_the_old_path_lives),
        cmocka_unit_test(a_check_from_a_new_address_moves_a_session_whose_path_fell_silent),
        cmocka_unit_test(a_standby_path_waits_longer_than_a_consent_check),
        cmocka_unit_test(more_paths_than_a_client_has_do_not_push_out_the_chosen_one),
        cmocka_unit_test(a_session_lives_over_tcp_and_comes_back_on_another_connection),
        cmocka_unit_test(a_closed_connection_falls_back_to_another_valid_path),
        cmocka_unit_test(a_tcp_connection_is_no_other_sessions_while_it_is_heard_from),
        cmocka_unit_test(a_connection_whose_path_is_pushed_out_is_unused),
        cmocka_unit_test(a_session_lives_over_ipv6_and_moves_to_ipv4_and_back),
        cmocka_unit_test(the_same_link_local_address_on_another_link_is_a_stranger),
        cmocka_unit_test(a_restart_accepts_both_credentials_until_the_new_ones_are_used),
        cmocka_unit_test(a_restart_that_never_completes_leaves_the_session_as_it_was),
        cmocka_unit_test(a_restart_leaves_a_silent_session_time_for_its_checks_once),
        cmocka_unit_test(a_clock_that_is_behind_ends_and_moves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
