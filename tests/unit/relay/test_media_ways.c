/* A peer on real sockets: ICE, DTLS and SRTP over UDP and TCP, IPv4 and IPv6, on loopback. */
#include "common/bytes.h"
#include "common/clock.h"
#include "common/log.h"
#include "relay/media_sockets.h"
#include "relay/tcp_connections.h"
#include "relay/transport/address.h"
#include "relay/udp_receiver.h"
#include "relay/udp_sender.h"
#include "tests/support/peer_client.h"
#include "tests/support/peer_socket.h"
#include "tests/support/rtp_pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#define LISTENER_TAG   (UINT64_C(1) << 32)
#define CONNECTION_TAG (UINT64_C(2) << 32)
#define LIMIT_US       (5 * US_PER_S)
#define PACKET_BYTES   (32 + TRANSPORT_TRAILER_BYTES)

struct ends {
    struct media_sockets sockets;
    int epoll;
    struct udp_receiver *receiver;
    struct udp_sender *sender;
    uint8_t framed[2048];
    struct tcp_connections *tcp;
    struct transport_identity *identity;
    struct transport_mux *mux;
    struct transport *transport;
    struct peer_context *context;
    struct peer_client *client;
    struct peer_socket socket;
    size_t rtp_count;
};

/* ---- the relay's end ---- */

static int relay_sends(
    void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
    struct ends *ends = user;

    if (path->connection != 0)
        return tcp_connections_send(ends->tcp, path->connection, data, len);
    return udp_sender_send(ends->sender, path, data, len);
}

static uint8_t *relay_reserves(void *user, const struct transport_path *path, size_t capacity)
{
    struct ends *ends = user;

    return path->connection != 0 ? ends->framed : udp_sender_reserve(ends->sender, capacity);
}

static void relay_commits(void *user, const struct transport_path *path, size_t len)
{
    struct ends *ends = user;

    if (path->connection != 0)
        tcp_connections_send(ends->tcp, path->connection, ends->framed, len);
    else
        udp_sender_commit(ends->sender, path, len);
}

static void on_unused(void *user, uint32_t connection)
{
    struct ends *ends = user;

    tcp_connections_close(ends->tcp, connection);
}

static void on_message(void *user, const struct transport_path *path, uint8_t *data, size_t len)
{
    struct ends *ends = user;

    transport_mux_receive(ends->mux, path, data, len, clock_now_us());
}

static void on_closed(void *user, uint32_t connection)
{
    struct ends *ends = user;

    transport_mux_connection_closed(ends->mux, connection);
}

static void on_rtp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    struct ends *ends = user;

    ends->rtp_count++;
}

static void on_rtcp(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
}

static void on_state(
    void *user, enum transport_state state, enum transport_close_reason reason, uint64_t now_us)
{
}

static void open_relay(struct ends *ends)
{
    struct transport_mux_params mux = {
        .send = relay_sends,
        .reserve = relay_reserves,
        .commit = relay_commits,
        .on_connection_unused = on_unused,
        .user = ends,
    };
    struct tcp_connections_params tcp = {
        .max_connections = 4,
        .listener_tag = LISTENER_TAG,
        .connection_tag = CONNECTION_TAG,
        .on_message = on_message,
        .on_closed = on_closed,
        .user = ends,
    };
    struct config_error error;

    assert_int_equal(media_sockets_open("", 0, true, &ends->sockets, &error), 0);
    ends->epoll = epoll_create1(EPOLL_CLOEXEC);
    assert_true(ends->epoll >= 0);
    tcp.listener = ends->sockets.tcp;
    tcp.epoll = ends->epoll;
    assert_int_equal(tcp_connections_create(&tcp, &ends->tcp), 0);
    assert_int_equal(udp_receiver_create(ends->sockets.udp, &ends->receiver), 0);
    assert_int_equal(udp_sender_create(ends->sockets.udp, ends->sockets.family, &ends->sender), 0);
    assert_int_equal(transport_identity_create(&ends->identity), 0);
    mux.identity = ends->identity;
    assert_int_equal(transport_mux_create(&mux, &ends->mux), 0);
}

/* ---- the peer's end ---- */

static void client_sends(void *user, const uint8_t *data, size_t len)
{
    struct ends *ends = user;

    peer_socket_send(&ends->socket, data, len);
}

static void client_receives(void *user, uint8_t *data, size_t len)
{
    struct ends *ends = user;

    peer_client_receive(ends->client, data, len, clock_now_us());
}

static void open_peer(struct ends *ends, const char *ip, bool tcp)
{
    const struct peer_context_params context = {0};
    struct peer_client_params client = {.send = client_sends, .user = ends};
    struct transport_params transport = {
        .on_rtp = on_rtp, .on_rtcp = on_rtcp, .on_state = on_state, .user = ends};
    const struct transport_credentials *credentials;
    struct net_address address;

    assert_int_equal(net_address_parse(ip, ends->sockets.port, &address), 0);
    assert_int_equal(peer_socket_open(&ends->socket, &address, tcp), 0);
    assert_int_equal(peer_context_create(&context, &ends->context), 0);
    client.context = ends->context;
    assert_int_equal(peer_client_create(&client, &ends->client), 0);
    transport.remote_fingerprint = peer_context_fingerprint(ends->context);
    assert_int_equal(transport_create(ends->mux, &transport, clock_now_us(), &ends->transport), 0);
    credentials = transport_credentials(ends->transport);
    assert_int_equal(peer_client_set_remote(ends->client, credentials->ufrag, credentials->pwd,
                         transport_identity_fingerprint(ends->identity)),
        0);
}

/* ---- both ---- */

static void turn(struct ends *ends)
{
    struct epoll_event events[8];
    int count = epoll_wait(ends->epoll, events, 8, 0);
    uint64_t now_us = clock_now_us();

    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == LISTENER_TAG)
            tcp_connections_accept(ends->tcp, now_us);
        else
            tcp_connections_event(ends->tcp, (uint32_t)events[i].data.u64, events[i].events);
    }
    udp_receiver_read(ends->receiver, on_message, ends);
    udp_sender_flush(ends->sender);
    peer_socket_receive(&ends->socket, 32, client_receives, ends);
    peer_client_tick(ends->client, now_us);
    transport_mux_tick(ends->mux, now_us);
    tcp_connections_tick(ends->tcp, now_us);
    usleep(1000);
}

static bool connected(const struct ends *ends)
{
    return transport_get_state(ends->transport) == TRANSPORT_CONNECTED &&
           peer_client_state(ends->client) == PEER_CONNECTED;
}

static size_t write_rtp(uint8_t packet[static PACKET_BYTES])
{
    memset(packet, 0, 32);
    packet[0] = 0x80;
    packet[1] = 96;
    bytes_put_u32(packet + 8, 7);
    return 32;
}

static void close_ends(struct ends *ends)
{
    transport_destroy(ends->transport);
    transport_mux_destroy(ends->mux);
    transport_identity_destroy(ends->identity);
    tcp_connections_destroy(ends->tcp);
    udp_receiver_destroy(ends->receiver);
    udp_sender_destroy(ends->sender);
    media_sockets_close(&ends->sockets);
    close(ends->epoll);
    peer_client_destroy(ends->client);
    peer_context_destroy(ends->context);
    peer_socket_close(&ends->socket);
}

static void check_way(const char *ip, sa_family_t family, bool tcp)
{
    struct ends ends = {.socket.fd = -1};
    uint8_t packet[PACKET_BYTES];
    struct rtp_pieces pieces;
    const struct transport_path *path;
    uint64_t limit_us = clock_now_us() + LIMIT_US;

    open_relay(&ends);
    if (family == AF_INET6 && ends.sockets.family != AF_INET6) {
        close_ends(&ends);
        skip(); /* a machine without IPv6 */
    }
    open_peer(&ends, ip, tcp);
    while (!connected(&ends) && clock_now_us() < limit_us)
        turn(&ends);
    assert_true(connected(&ends));
    path = transport_get_path(ends.transport);
    assert_int_equal(path->remote.u.base.sa_family, family);
    assert_int_equal(path->connection != 0, tcp);

    assert_int_equal(peer_client_send_rtp(ends.client, packet, write_rtp(packet)), 0);
    pieces = rtp_pieces_of(packet, write_rtp(packet));
    assert_int_equal(transport_send_rtp(ends.transport, &pieces), 0);
    while ((ends.rtp_count == 0 || peer_client_counters(ends.client)->rtp_received == 0) &&
           clock_now_us() < limit_us)
        turn(&ends);
    assert_int_equal(ends.rtp_count, 1);
    assert_int_equal(peer_client_counters(ends.client)->rtp_received, 1);

    /* The goodbye arrives, over TCP in front of the end of the connection. */
    transport_destroy(ends.transport);
    ends.transport = NULL;
    while (peer_client_state(ends.client) != PEER_CLOSED && clock_now_us() < limit_us)
        turn(&ends);
    assert_int_equal(peer_client_state(ends.client), PEER_CLOSED);
    assert_int_equal(tcp_connections_count(ends.tcp), 0);
    close_ends(&ends);
}

static void media_flows_over_udp_and_ipv4(void **state)
{
    check_way("127.0.0.1", AF_INET, false);
}

static void media_flows_over_udp_and_ipv6(void **state)
{
    check_way("::1", AF_INET6, false);
}

static void media_flows_over_tcp_and_ipv4(void **state)
{
    check_way("127.0.0.1", AF_INET, true);
}

static void media_flows_over_tcp_and_ipv6(void **state)
{
    check_way("::1", AF_INET6, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_flows_over_udp_and_ipv4),
        cmocka_unit_test(media_flows_over_udp_and_ipv6),
        cmocka_unit_test(media_flows_over_tcp_and_ipv4),
        cmocka_unit_test(media_flows_over_tcp_and_ipv6),
    };

    log_set_levels("error");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
