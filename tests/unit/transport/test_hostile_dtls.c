/* Forged DTLS records, and more handshakes than there is time for: no session ends, none waits for long. */
#include "tests/unit/transport/harness.h"

#include "common/bytes.h"
#include "common/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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
    assert_true(harness_drops(&harness, TRANSPORT_DROP_DTLS_RECORD) > 100);
    harness_assert_media_flows(&harness, endpoint);
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
    harness_assert_media_flows(&harness, endpoint);
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
    harness_assert_media_flows(&harness, endpoint);
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
    harness_assert_media_flows(&harness, endpoint);
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
    assert_in_range(harness_drops(&harness, TRANSPORT_DROP_HANDSHAKES), FLOOD / 2, FLOOD - 1);
    for (int i = 1; i < JOINS; i++)
        receive_last(&harness, endpoints[i]);
    assert_true(harness_drops(&harness, TRANSPORT_DROP_HANDSHAKES) < FLOOD);

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
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_HALF_OPEN), 2);

    harness.loss_percent = 0;

    /* When those before give up there is room again. */
    for (int i = 0; i < 3; i++) {
        transport_destroy(endpoints[i]->transport);
        endpoints[i]->transport = NULL;
    }
    harness_inject(
        &harness, &endpoints[4]->path, endpoints[4]->last_sent, endpoints[4]->last_sent_len);
    assert_int_equal(harness_drops(&harness, TRANSPORT_DROP_HALF_OPEN), 2);
    harness_finish(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_records_never_end_a_connected_session),
        cmocka_unit_test(short_records_never_end_a_handshake),
        cmocka_unit_test(a_forged_hello_does_not_spoil_the_true_one),
        cmocka_unit_test(a_forged_record_number_does_not_make_the_clients_old),
        cmocka_unit_test(handshakes_take_turns),
        cmocka_unit_test(handshakes_in_progress_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
