/* What strangers and broken peers send: counted, dropped, and no session suffers. */
#include "tests/unit/transport/harness.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/random.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_BYTES 128

static uint64_t drops(const struct harness *harness, enum transport_drop reason)
{
    return transport_mux_drops(harness->mux, reason);
}

/* DUET_TEST_LONG makes the counts those of docs and targets. */
static unsigned scaled(unsigned usual, unsigned long_run)
{
    return getenv("DUET_TEST_LONG") != NULL ? long_run : usual;
}

static void assert_media_still_flows(struct harness *harness, struct endpoint *endpoint)
{
    size_t before = endpoint->rtp_count;
    uint64_t received = peer_client_counters(endpoint->client)->rtp_received;
    static uint16_t sequence_number = 1000;
    uint8_t packet[PACKET_BYTES];

    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);
    sequence_number++;
    peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x77, sequence_number));
    harness_send_rtp(endpoint, packet, harness_rtp(packet, 0x78, sequence_number));
    harness_run(harness, 5);
    assert_int_equal(endpoint->rtp_count, before + 1);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, received + 1);
}

/* ---- before authentication ---- */

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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_EARLY_DTLS), 1000);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_STUN_INTEGRITY), 1);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    assert_media_still_flows(&harness, endpoint);
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
    assert_media_still_flows(&harness, endpoint);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 1);
    assert_media_still_flows(&harness, victim);

    /* Nor between two consent checks of a client that sends nothing else. */
    harness_skip(&harness, 6 * US_PER_S);
    harness_check_from(&harness, thief, &victim->path, true);
    assert_int_equal(drops(&harness, TRANSPORT_DROP_UNKNOWN_PEER), 2);
    assert_media_still_flows(&harness, victim);

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
    assert_true(drops(&harness, TRANSPORT_DROP_MALFORMED) > 500);
    assert_media_still_flows(&harness, endpoint);
    harness_finish(&harness);
}

/* ---- DTLS records ---- */

/* Records as somebody would forge them: right and wrong lengths, all types and both epochs. */
static void inject_short_records(struct harness *harness, const struct transport_path *path)
{
    uint8_t data[64];

    for (unsigned type = 20; type < 64; type++) {
        for (size_t len = 13; len <= 60; len++) {
            random_bytes(data, sizeof(data));
            data[0] = (uint8_t)type;
            bytes_put_u16(data + 1, 0xfefd);
            bytes_put_u16(data + 3, (uint16_t)(len & 1));
            bytes_put_u16(data + 11, (uint16_t)(len % 5 == 0 ? len : len - 13));
            /* An alert that would close the session if it were believed. */
            data[13] = 2;
            data[14] = 40;
            harness_inject(harness, path, data, len);
        }
    }
}

static void short_records_never_end_a_connected_session(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    endpoint = harness_connect(&harness);
    inject_short_records(&harness, &endpoint->path);
    assert_true(drops(&harness, TRANSPORT_DROP_DTLS_RECORD) > 100);
    assert_media_still_flows(&harness, endpoint);
    /* and what the client itself says is still understood */
    peer_client_close(endpoint->client);
    harness_run(&harness, 5);
    assert_int_equal(endpoint->reason, TRANSPORT_CLOSE_PEER);
    harness_finish(&harness);
}

static void short_records_never_end_a_handshake(void **state)
{
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    harness.reorder_percent = 100;
    endpoint = harness_add(&harness);
    harness.real_time = true;
    for (int i = 0; i < 2000 && endpoint->transport != NULL; i++) {
        if (transport_get_state(endpoint->transport) == TRANSPORT_CHECKED)
            inject_short_records(&harness, &endpoint->path);
        if (harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1))
            break;
    }
    harness.reorder_percent = 0;
    harness_run(&harness, 50);
    assert_media_still_flows(&harness, endpoint);
    harness_finish(&harness);
}

/* A hello that OpenSSL refuses: the next one, the client's own, must find a fresh server. */
static void a_forged_hello_does_not_spoil_the_true_one(void **state)
{
    uint8_t hello[13 + 12 + 30] = {22, 0xfe, 0xfd};
    struct harness harness;
    struct endpoint *endpoint;

    bytes_put_u16(hello + 11, 12 + 30);
    hello[13] = 1;
    bytes_put_u24(hello + 14, 30);
    bytes_put_u24(hello + 22, 30);
    harness_init(&harness, NULL, NULL);
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    peer_client_send_check(endpoint->client, NULL, true, true);
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    for (int i = 0; i < 8; i++)
        harness_inject(&harness, &endpoint->path, hello, sizeof(hello));
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 1000));
    harness_run(&harness, 5);
    assert_media_still_flows(&harness, endpoint);
    harness_finish(&harness);
}

/* Epoch 0 is not authenticated: a record from its far end must not make all of the client's look old. */
static void a_forged_record_number_does_not_make_the_clients_old(void **state)
{
    static const uint8_t forged[] = {
        20, 0xfe, 0xfd, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 1};
    struct harness harness;
    struct endpoint *endpoint;

    harness_init(&harness, NULL, NULL);
    harness.real_time = true;
    endpoint = harness_add(&harness);
    endpoint->keep_last = true;
    harness_check_from(&harness, endpoint, &endpoint->path, true);
    harness.loss_percent = 100;
    peer_client_start_dtls(endpoint->client);
    harness.loss_percent = 0;
    harness_inject(&harness, &endpoint->path, endpoint->last_sent, endpoint->last_sent_len);
    harness_inject(&harness, &endpoint->path, forged, sizeof(forged));
    assert_true(harness_run_until(&harness, endpoint, TRANSPORT_CONNECTED, 2000));
    harness_run(&harness, 5);
    assert_media_still_flows(&harness, endpoint);
    harness_finish(&harness);
}

/* As harness_inject(), with the turn of the loop still to come. */
static void receive_last(struct harness *harness, struct endpoint *endpoint)
{
    uint8_t copy[TRANSPORT_DATAGRAM_BYTES];

    memcpy(copy, endpoint->last_sent, endpoint->last_sent_len);
    transport_mux_receive(
        harness->mux, &endpoint->path, copy, endpoint->last_sent_len, harness->now_us);
}

/* A whole school at the bell, and one client that floods: the turns of the loop stay short, and the flood
 * takes no one's place. */
static void handshakes_take_turns(void **state)
{
    enum { JOINS = 40, FLOOD = 100 };
    struct harness harness;
    struct endpoint *endpoints[JOINS];
    unsigned ticks = 0;

    harness_init(&harness, NULL, NULL);
    for (int i = 0; i < JOINS; i++) {
        endpoints[i] = harness_add(&harness);
        endpoints[i]->keep_last = true;
        harness_check_from(&harness, endpoints[i], &endpoints[i]->path, true);
        harness.loss_percent = 100;
        peer_client_start_dtls(endpoints[i]->client);
        harness.loss_percent = 0;
    }
    for (int i = 0; i < FLOOD; i++)
        receive_last(&harness, endpoints[0]);
    assert_in_range(drops(&harness, TRANSPORT_DROP_HANDSHAKES), FLOOD / 2, FLOOD - 1);
    for (int i = 1; i < JOINS; i++)
        receive_last(&harness, endpoints[i]);
    assert_true(drops(&harness, TRANSPORT_DROP_HANDSHAKES) < FLOOD);

    transport_mux_tick(harness.mux, harness.now_us);
    for (; transport_mux_has_work(harness.mux); ticks++)
        transport_mux_tick(harness.mux, harness.now_us);
    assert_true(ticks >= 5);
    for (int i = 0; i < JOINS; i++)
        assert_true(harness_run_until(&harness, endpoints[i], TRANSPORT_CONNECTED, 3000));
    harness_finish(&harness);
}

static void handshakes_in_progress_are_capped(void **state)
{
    struct transport_mux_params mux = {.max_half_open = 3};
    struct harness harness;
    struct endpoint *endpoints[5];

    harness_init(&harness, NULL, &mux);
    for (int i = 0; i < 5; i++) {
        endpoints[i] = harness_add(&harness);
        /* The check and the hello arrive, the answers do not. */
        endpoints[i]->keep_last = true;
        harness.loss_percent = 100;
        peer_client_send_check(endpoints[i]->client, NULL, true, true);
        harness_inject(
            &harness, &endpoints[i]->path, endpoints[i]->last_sent, endpoints[i]->last_sent_len);
        peer_client_start_dtls(endpoints[i]->client);
        harness_inject(
            &harness, &endpoints[i]->path, endpoints[i]->last_sent, endpoints[i]->last_sent_len);
    }
    assert_int_equal(drops(&harness, TRANSPORT_DROP_HALF_OPEN), 2);

    harness.loss_percent = 0;

    /* When those before give up there is room again. */
    for (int i = 0; i < 3; i++) {
        transport_destroy(endpoints[i]->transport);
        endpoints[i]->transport = NULL;
    }
    harness_inject(
        &harness, &endpoints[4]->path, endpoints[4]->last_sent, endpoints[4]->last_sent_len);
    assert_int_equal(drops(&harness, TRANSPORT_DROP_HALF_OPEN), 2);
    harness_finish(&harness);
}

/* ---- SRTP ---- */

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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_SRTP_REPLAY), 50);
    assert_media_still_flows(&harness, endpoint);
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
    assert_media_still_flows(&harness, endpoint);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_SRTP_AUTH), count);
    assert_int_equal(endpoint->rtp_count, 0);
    assert_media_still_flows(&harness, endpoint);
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
    assert_int_equal(drops(&harness, TRANSPORT_DROP_SSRC_LIMIT), 100 - endpoint->rtp_count);

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
        cmocka_unit_test(dtls_before_an_authenticated_check_is_dropped),
        cmocka_unit_test(a_check_with_the_wrong_password_makes_no_path),
        cmocka_unit_test(a_check_for_an_unknown_user_is_dropped),
        cmocka_unit_test(a_controlled_client_is_told_of_the_role_conflict),
        cmocka_unit_test(media_from_an_unauthenticated_address_is_dropped),
        cmocka_unit_test(spraying_an_address_with_media_and_forged_checks_moves_nothing),
        cmocka_unit_test(another_sessions_address_cannot_be_claimed_while_it_is_heard_from),
        cmocka_unit_test(garbage_of_every_first_byte_harms_nobody),
        cmocka_unit_test(short_records_never_end_a_connected_session),
        cmocka_unit_test(short_records_never_end_a_handshake),
        cmocka_unit_test(a_forged_hello_does_not_spoil_the_true_one),
        cmocka_unit_test(a_forged_record_number_does_not_make_the_clients_old),
        cmocka_unit_test(handshakes_take_turns),
        cmocka_unit_test(handshakes_in_progress_are_capped),
        cmocka_unit_test(a_replayed_packet_is_not_forwarded),
        cmocka_unit_test(late_packets_within_the_window_are_taken_once_and_older_ones_never),
        cmocka_unit_test(bad_tags_are_counted_and_end_nothing),
        cmocka_unit_test(many_senders_in_one_session_do_not_grow_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
