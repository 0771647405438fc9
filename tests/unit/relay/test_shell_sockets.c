/* Sockets, addresses and candidates of the relay's shell, on loopback. */
#include "relay/candidates.h"
#include "relay/media_sockets.h"
#include "relay/transport/address.h"
#include "relay/udp_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void udp_and_tcp_share_one_free_port(void **state)
{
    struct media_sockets sockets;
    struct config_error error;
    struct sockaddr_storage storage = {0};
    struct net_address address;
    socklen_t len = sizeof(storage);

    assert_int_equal(media_sockets_open("127.0.0.1", 0, true, &sockets, &error), 0);
    assert_int_not_equal(sockets.port, 0);
    assert_int_equal(getsockname(sockets.tcp, (struct sockaddr *)&storage, &len), 0);
    assert_int_equal(net_address_from_sockaddr((struct sockaddr *)&storage, len, &address), 0);
    assert_int_equal(net_address_port(&address), sockets.port);
    media_sockets_close(&sockets);
}

static void taken_port_is_an_error_that_names_the_setting(void **state)
{
    struct media_sockets first;
    struct media_sockets second;
    struct config_error error = {0};
    char expected[160];

    assert_int_equal(media_sockets_open("127.0.0.1", 0, false, &first, &error), 0);
    assert_int_equal(
        media_sockets_open("127.0.0.1", first.port, true, &second, &error), -EADDRINUSE);
    snprintf(expected, sizeof(expected),
        "media.port: UDP port %u is already in use; stop the other program or choose another with "
        "--set media.port=…",
        first.port);
    assert_string_equal(error.text, expected);
    media_sockets_close(&first);
}

static void foreign_address_is_an_error_that_names_the_setting(void **state)
{
    struct media_sockets sockets;
    struct config_error error = {0};

    assert_int_equal(media_sockets_open("203.0.113.77", 0, true, &sockets, &error), -EADDRNOTAVAIL);
    assert_non_null(strstr(error.text, "media.listen: 203.0.113.77"));
}

struct reply {
    struct transport_path path;
    size_t len;
};

static void on_datagram(void *user, const struct transport_path *path, uint8_t *data, size_t len)
{
    struct reply *reply = user;

    reply->path = *path;
    reply->len = len;
    data[0] = 0;
}

static int connected_peer(const char *ip, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, ip, &to.sin_addr);
    /* Connected: the kernel drops answers that come from another address. */
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void answers_leave_from_the_address_that_was_asked(void **state)
{
    static const char *const ips[] = {"127.0.0.1", "127.0.0.2", "127.1.2.3"};
    struct media_sockets sockets;
    struct config_error error;
    struct udp_io *io;

    assert_int_equal(media_sockets_open("", 0, false, &sockets, &error), 0);
    assert_int_equal(udp_io_create(sockets.udp, sockets.family, &io), 0);
    for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
        int peer = connected_peer(ips[i], sockets.port);
        struct reply reply = {0};
        char data[16];

        assert_int_equal(send(peer, "hello", 5, 0), 5);
        assert_int_equal(udp_io_receive(io, on_datagram, &reply), 1);
        assert_int_equal(reply.len, 5);
        assert_int_equal(reply.path.remote.u.base.sa_family, AF_INET);
        assert_int_equal(reply.path.local.u.v4.sin_addr.s_addr, inet_addr(ips[i]));
        assert_int_equal(udp_io_send(io, &reply.path, (const uint8_t *)"world!", 6), 0);
        assert_int_equal(recv(peer, data, sizeof(data), MSG_DONTWAIT), 6);
        close(peer);
    }
    udp_io_destroy(io);
    media_sockets_close(&sockets);
}

static void oversized_datagrams_are_dropped_and_counted(void **state)
{
    struct media_sockets sockets;
    struct config_error error;
    struct udp_io *io;
    struct reply reply = {0};
    char big[TRANSPORT_DATAGRAM_BYTES + 1] = {0};
    int peer;

    assert_int_equal(media_sockets_open("127.0.0.1", 0, false, &sockets, &error), 0);
    assert_int_equal(udp_io_create(sockets.udp, sockets.family, &io), 0);
    peer = connected_peer("127.0.0.1", sockets.port);
    assert_int_equal(send(peer, big, sizeof(big), 0), sizeof(big));
    assert_int_equal(udp_io_receive(io, on_datagram, &reply), 1);
    assert_int_equal(reply.len, 0);
    assert_int_equal(udp_io_counters(io)->oversized, 1);
    close(peer);
    udp_io_destroy(io);
    media_sockets_close(&sockets);
}

static void every_udp_candidate_stands_above_every_tcp_one(void **state)
{
    struct address_list addresses = {.count = 2};
    struct candidate_list list;
    uint32_t priorities[4];

    assert_int_equal(net_address_parse("192.0.2.1", 0, &addresses.items[0]), 0);
    assert_int_equal(net_address_parse("2001:db8::1", 0, &addresses.items[1]), 0);
    candidate_list_init(&addresses, 3478, true, &list);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.items[0], "candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host");
    assert_non_null(strstr(list.items[1], " udp "));
    assert_non_null(strstr(list.items[1], " 2001:db8::1 3478 typ host"));
    assert_non_null(strstr(list.items[3], " tcp "));
    assert_non_null(strstr(list.items[3], " typ host tcptype passive"));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sscanf(list.items[i], "candidate:%*s 1 %*s %u", &priorities[i]), 1);
    for (size_t i = 1; i < 4; i++)
        assert_true(priorities[i] < priorities[i - 1]);
    candidate_list_init(&addresses, 3478, false, &list);
    assert_int_equal(list.count, 2);
}

static void loopback_is_announced_last(void **state)
{
    struct address_list list;

    addresses_of_host("", true, &list);
    assert_true(list.count > 0);
    assert_true(address_is_loopback(&list.items[list.count - 1]));
    for (size_t i = 1; i < list.count; i++)
        assert_true(
            !address_is_loopback(&list.items[i - 1]) || address_is_loopback(&list.items[i]));
    addresses_of_host("192.0.2.9", true, &list);
    assert_int_equal(list.count, 1);
    addresses_of_host("0.0.0.0", false, &list);
    assert_true(list.count > 0);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.items[i].u.base.sa_family, AF_INET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_and_tcp_share_one_free_port),
        cmocka_unit_test(taken_port_is_an_error_that_names_the_setting),
        cmocka_unit_test(foreign_address_is_an_error_that_names_the_setting),
        cmocka_unit_test(answers_leave_from_the_address_that_was_asked),
        cmocka_unit_test(oversized_datagrams_are_dropped_and_counted),
        cmocka_unit_test(every_udp_candidate_stands_above_every_tcp_one),
        cmocka_unit_test(loopback_is_announced_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
