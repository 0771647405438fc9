#include "tests/unit/transport/harness.h"

#include "tests/support/rtp_pieces.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define START_US UINT64_C(1000000000)

struct packet {
    struct packet *next;
    struct endpoint *endpoint;
    struct transport_path path;
    bool to_relay;
    uint64_t due_us;
    size_t len;
    uint8_t data[TRANSPORT_DATAGRAM_BYTES];
};

uint32_t harness_random(struct harness *harness, uint32_t bound)
{
    harness->random = harness->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(harness->random >> 33) % bound;
}

static void enqueue(struct harness *harness, struct endpoint *endpoint, bool to_relay,
    const uint8_t *data, size_t len)
{
    struct packet **link = &harness->first;
    struct packet *packet;

    assert_in_range(len, 1, TRANSPORT_DATAGRAM_BYTES);
    if (harness_random(harness, 100) < harness->loss_percent)
        return;
    packet = calloc(1, sizeof(*packet));
    assert_non_null(packet);
    packet->endpoint = endpoint;
    packet->path = endpoint->path;
    packet->to_relay = to_relay;
    packet->due_us = harness->now_us;
    if (harness_random(harness, 100) < harness->reorder_percent)
        packet->due_us += harness_random(harness, 20000);
    packet->len = len;
    memcpy(packet->data, data, len);
    while (*link != NULL && (*link)->due_us <= packet->due_us)
        link = &(*link)->next;
    packet->next = *link;
    *link = packet;
}

/* ---- callbacks ---- */

static int relay_sends(
    void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct harness *harness = user;

    if (harness->send_error < 0)
        return harness->send_error;
    for (size_t i = 0; i < harness->endpoint_count; i++) {
        struct endpoint *endpoint = harness->endpoints[i];

        if (transport_path_equal(&endpoint->path, path)) {
            enqueue(harness, endpoint, false, data, len);
            return 0;
        }
    }
    harness->strays++;
    return 0;
}

static uint8_t *relay_reserves(void *user, const struct transport_path *path, size_t capacity)
{
    struct harness *harness = user;

    assert_in_range(capacity, 1, sizeof(harness->outgoing));
    return harness->send_error < 0 ? NULL : harness->outgoing;
}

static void relay_commits(void *user, const struct transport_path *path, size_t len)
{
    struct harness *harness = user;

    relay_sends(harness, path, harness->outgoing, len);
}

static void connection_unused(void *user, uint32_t connection)
{
    struct harness *harness = user;

    harness->unused_connection = connection;
}

static void client_sends(void *user, const uint8_t *data, size_t len)
{
    struct endpoint *endpoint = user;

    if (endpoint->keep_last) {
        memcpy(endpoint->last_sent, data, len);
        endpoint->last_sent_len = len;
    }
    enqueue(endpoint->harness, endpoint, true, data, len);
}

static void destroy_transport(struct endpoint *endpoint)
{
    transport_destroy(endpoint->transport);
    endpoint->transport = NULL;
}

static void on_rtp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    struct endpoint *endpoint = user;

    endpoint->rtp_count++;
    memcpy(endpoint->last_rtp, data, len);
    endpoint->last_rtp_len = len;
    if (endpoint->destroy_in_rtp)
        destroy_transport(endpoint);
}

static void on_rtcp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    struct endpoint *endpoint = user;

    endpoint->rtcp_count++;
}

static void on_state(
    void *user, enum transport_state state, enum transport_close_reason reason, uint64_t now_us)
{
    struct endpoint *endpoint = user;

    assert_in_range(endpoint->state_count, 0, HARNESS_MAX_STATES - 1);
    endpoint->states[endpoint->state_count++] = state;
    endpoint->reason = reason;
    if (endpoint->destroy_in_state == state && state != TRANSPORT_NEW)
        destroy_transport(endpoint);
}

/* ---- life ---- */

void harness_init(struct harness *harness, const struct peer_context_params *context,
    const struct transport_mux_params *mux)
{
    const struct peer_context_params usual = {0};
    struct transport_mux_params params = {0};

    log_set_levels("error");
    memset(harness, 0, sizeof(*harness));
    harness->now_us = START_US;
    harness->random = 42;
    assert_int_equal(transport_identity_create(&harness->identity), 0);
    if (mux != NULL)
        params = *mux;
    params.identity = harness->identity;
    params.send = relay_sends;
    params.reserve = relay_reserves;
    params.commit = relay_commits;
    params.on_connection_unused = connection_unused;
    params.user = harness;
    assert_int_equal(transport_mux_create(&params, &harness->mux), 0);
    assert_int_equal(peer_context_create(context != NULL ? context : &usual, &harness->context), 0);
}

void harness_finish(struct harness *harness)
{
    for (size_t i = 0; i < harness->endpoint_count; i++) {
        destroy_transport(harness->endpoints[i]);
        peer_client_destroy(harness->endpoints[i]->client);
    }
    transport_mux_destroy(harness->mux);
    for (size_t i = 0; i < harness->endpoint_count; i++)
        free(harness->endpoints[i]);
    free(harness->endpoints);
    while (harness->first != NULL) {
        struct packet *next = harness->first->next;

        free(harness->first);
        harness->first = next;
    }
    peer_context_destroy(harness->context);
    transport_identity_destroy(harness->identity);
}

struct transport_path harness_path(uint16_t port)
{
    struct transport_path path = {0};

    assert_int_equal(net_address_parse("192.0.2.1", port, &path.remote), 0);
    assert_int_equal(net_address_parse("198.51.100.1", 3478, &path.local), 0);
    return path;
}

struct transport_path harness_path_v6(uint16_t port)
{
    struct transport_path path = {0};

    assert_int_equal(net_address_parse("2001:db8::1", port, &path.remote), 0);
    assert_int_equal(net_address_parse("2001:db8:1::1", 3478, &path.local), 0);
    return path;
}

struct endpoint *harness_add_expecting(struct harness *harness, const char *fingerprint)
{
    struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
    struct transport_params params = {
        .remote_fingerprint = fingerprint,
        .remote_ufrag = "remote",
        .on_rtp = on_rtp,
        .on_rtcp = on_rtcp,
        .on_state = on_state,
        .user = endpoint,
    };
    struct peer_client_params client = {
        .context = harness->context,
        .check_interval_us = 100 * US_PER_MS,
        .no_nomination = harness->no_nomination,
        .send = client_sends,
        .user = endpoint,
    };
    const struct transport_credentials *credentials;

    assert_non_null(endpoint);
    endpoint->harness = harness;
    endpoint->path = harness_path((uint16_t)(10000 + harness->endpoint_count));
    assert_int_equal(
        transport_create(harness->mux, &params, harness->now_us, &endpoint->transport), 0);
    assert_int_equal(peer_client_create(&client, &endpoint->client), 0);
    credentials = transport_credentials(endpoint->transport);
    assert_int_equal(peer_client_set_remote(endpoint->client, credentials->ufrag, credentials->pwd,
                         transport_identity_fingerprint(harness->identity)),
        0);
    harness->endpoints =
        realloc(harness->endpoints, (harness->endpoint_count + 1) * sizeof(*harness->endpoints));
    harness->endpoints[harness->endpoint_count++] = endpoint;
    return endpoint;
}

struct endpoint *harness_add(struct harness *harness)
{
    return harness_add_expecting(harness, peer_context_fingerprint(harness->context));
}

/* ---- time ---- */

static bool deliver(void *user, uint8_t *data, size_t len)
{
    struct packet *packet = user;
    struct endpoint *endpoint = packet->endpoint;
    struct harness *harness = endpoint->harness;

    if (packet->to_relay) {
        transport_mux_receive(harness->mux, &packet->path, data, len, harness->now_us);
    } else {
        endpoint->received++;
        peer_client_receive(endpoint->client, data, len, harness->now_us);
    }
    return true;
}

static void deliver_framed(struct packet *packet)
{
    struct endpoint *endpoint = packet->endpoint;
    struct tcp_deframer *deframer = packet->to_relay ? &endpoint->to_relay : &endpoint->to_client;
    uint8_t frame[TCP_FRAME_HEADER_BYTES + TRANSPORT_DATAGRAM_BYTES];
    size_t len = TCP_FRAME_HEADER_BYTES + packet->len;

    assert_int_equal(tcp_frame_header(packet->len, frame), 0);
    memcpy(frame + TCP_FRAME_HEADER_BYTES, packet->data, packet->len);
    for (size_t at = 0; at < len;) {
        size_t piece = 1 + harness_random(endpoint->harness, (uint32_t)(len - at));

        assert_int_equal(tcp_deframer_feed(deframer, frame + at, piece, deliver, packet), 0);
        at += piece;
    }
}

/* As a worker's loop: at once again while handshakes wait. */
static void turn(struct harness *harness)
{
    do
        transport_mux_tick(harness->mux, harness->now_us);
    while (transport_mux_has_work(harness->mux));
}

static void deliver_due(struct harness *harness)
{
    while (harness->first != NULL && harness->first->due_us <= harness->now_us) {
        struct packet *packet = harness->first;

        harness->first = packet->next;
        if (packet->path.connection != 0)
            deliver_framed(packet);
        else
            deliver(packet, packet->data, packet->len);
        free(packet);
    }
    turn(harness);
}

static void step(struct harness *harness)
{
    for (size_t i = 0; i < harness->endpoint_count; i++)
        peer_client_tick(harness->endpoints[i]->client, harness->now_us);
    deliver_due(harness);
    harness->now_us += US_PER_MS;
    if (harness->real_time)
        usleep(1000);
}

void harness_run(struct harness *harness, unsigned ms)
{
    for (unsigned i = 0; i < ms; i++)
        step(harness);
}

bool harness_run_until(
    struct harness *harness, struct endpoint *endpoint, enum transport_state state, unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        if (endpoint->transport == NULL || transport_get_state(endpoint->transport) == state)
            break;
        step(harness);
    }
    return endpoint->transport != NULL && transport_get_state(endpoint->transport) == state;
}

void harness_skip(struct harness *harness, uint64_t us)
{
    harness->now_us += us;
    turn(harness);
}

struct endpoint *harness_connect(struct harness *harness)
{
    struct endpoint *endpoint = harness_add(harness);

    assert_true(harness_run_until(harness, endpoint, TRANSPORT_CONNECTED, 3000));
    harness_run(harness, 5);
    assert_int_equal(peer_client_state(endpoint->client), PEER_CONNECTED);
    return endpoint;
}

void harness_inject(
    struct harness *harness, const struct transport_path *path, const void *data, size_t len)
{
    uint8_t copy[TRANSPORT_DATAGRAM_BYTES + 1];

    assert_in_range(len, 0, sizeof(copy));
    memcpy(copy, data, len);
    transport_mux_receive(harness->mux, path, copy, len, harness->now_us);
    turn(harness);
}

void harness_check_from(struct harness *harness, struct endpoint *endpoint,
    const struct transport_path *path, bool use_candidate)
{
    unsigned loss = harness->loss_percent;

    endpoint->keep_last = true;
    harness->loss_percent = 100;
    peer_client_send_check(endpoint->client, NULL, use_candidate, true);
    harness_inject(harness, path, endpoint->last_sent, endpoint->last_sent_len);
    harness->loss_percent = loss;
}

/* ---- packets ---- */

size_t harness_rtp(uint8_t *packet, uint32_t ssrc, uint16_t sequence_number)
{
    memset(packet, 0xab, 32);
    packet[0] = 0x80;
    packet[1] = 96;
    bytes_put_u16(packet + 2, sequence_number);
    bytes_put_u32(packet + 4, sequence_number * 3000u);
    bytes_put_u32(packet + 8, ssrc);
    return 32;
}

size_t harness_rtcp(uint8_t *packet, uint32_t ssrc)
{
    packet[0] = 0x80; /* receiver report without blocks */
    packet[1] = 201;
    bytes_put_u16(packet + 2, 1);
    bytes_put_u32(packet + 4, ssrc);
    return 8;
}

int harness_send_rtp(struct endpoint *endpoint, const uint8_t *packet, size_t len)
{
    struct rtp_pieces pieces = rtp_pieces_of(packet, len);

    return transport_send_rtp(endpoint->transport, &pieces);
}

uint64_t harness_drops(const struct harness *harness, enum transport_drop reason)
{
    return transport_mux_drops(harness->mux, reason);
}

void harness_assert_media_flows(struct harness *harness, struct endpoint *endpoint)
{
    size_t before = endpoint->rtp_count;
    uint64_t received = peer_client_counters(endpoint->client)->rtp_received;
    static uint16_t sequence_number = 1000;
    uint8_t packet[128];

    assert_int_equal(transport_get_state(endpoint->transport), TRANSPORT_CONNECTED);
    sequence_number++;
    peer_client_send_rtp(endpoint->client, packet, harness_rtp(packet, 0x77, sequence_number));
    harness_send_rtp(endpoint, packet, harness_rtp(packet, 0x78, sequence_number));
    harness_run(harness, 5);
    assert_int_equal(endpoint->rtp_count, before + 1);
    assert_int_equal(peer_client_counters(endpoint->client)->rtp_received, received + 1);
}
