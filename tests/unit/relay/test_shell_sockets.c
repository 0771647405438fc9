/* Sockets, addresses and candidates of the relay's shell, on loopback. */
#include "relay/candidates.h"
#include "relay/media_sockets.h"
#include "relay/transport/address.h"
#include "relay/udp_receiver.h"
#include "relay/udp_sender.h"

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

struct udp {
    struct media_sockets sockets;
    struct udp_receiver *receiver;
    struct udp_sender *sender;
};

static void open_udp(struct udp *udp, const char *ip)
{
    struct config_error error;

    assert_int_equal(media_sockets_open(ip, 0, false, &udp->sockets, &error), 0);
    assert_int_equal(udp_receiver_create(udp->sockets.udp, &udp->receiver), 0);
    assert_int_equal(udp_sender_create(udp->sockets.udp, udp->sockets.family, &udp->sender), 0);
}

static void close_udp(struct udp *udp)
{
    udp_receiver_destroy(udp->receiver);
    udp_sender_destroy(udp->sender);
    media_sockets_close(&udp->sockets);
}

/* A peer that the relay has heard from, and the way to it. */
static int introduced_peer(struct udp *udp, const char *ip, struct transport_path *ret_path)
{
    int peer = connected_peer(ip, udp->sockets.port);
    struct reply reply = {0};

    assert_int_equal(send(peer, "hello", 5, 0), 5);
    assert_int_equal(udp_receiver_read(udp->receiver, on_datagram, &reply), 1);
    assert_int_equal(reply.len, 5);
    *ret_path = reply.path;
    return peer;
}

static void answers_leave_from_the_address_that_was_asked(void **state)
{
    static const char *const ips[] = {"127.0.0.1", "127.0.0.2", "127.1.2.3"};
    struct udp udp;

    open_udp(&udp, "");
    for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
        struct transport_path path;
        int peer = introduced_peer(&udp, ips[i], &path);
        char data[16];

        assert_int_equal(path.remote.u.base.sa_family, AF_INET);
        assert_int_equal(path.local.u.v4.sin_addr.s_addr, inet_addr(ips[i]));
        assert_int_equal(udp_sender_send(udp.sender, &path, (const uint8_t *)"world!", 6), 0);
        assert_int_equal(recv(peer, data, sizeof(data), MSG_DONTWAIT), 6);
        close(peer);
    }
    close_udp(&udp);
}

static void oversized_datagrams_are_dropped_and_counted(void **state)
{
    struct udp udp;
    struct reply reply = {0};
    char big[TRANSPORT_DATAGRAM_BYTES + 1] = {0};
    int peer;

    open_udp(&udp, "127.0.0.1");
    peer = connected_peer("127.0.0.1", udp.sockets.port);
    assert_int_equal(send(peer, big, sizeof(big), 0), sizeof(big));
    assert_int_equal(udp_receiver_read(udp.receiver, on_datagram, &reply), 1);
    assert_int_equal(reply.len, 0);
    assert_int_equal(udp_receiver_counters(udp.receiver)->oversized, 1);
    close(peer);
    close_udp(&udp);
}

static void gather(struct udp *udp, const struct transport_path *path, size_t len, uint8_t mark)
{
    uint8_t *room = udp_sender_reserve(udp->sender, len);

    assert_non_null(room);
    memset(room, mark, len);
    udp_sender_commit(udp->sender, path, len);
}

static void assert_receives(int peer, size_t len, uint8_t mark)
{
    uint8_t data[2048];

    assert_int_equal(recv(peer, data, sizeof(data), MSG_DONTWAIT), len);
    assert_int_equal(data[0], mark);
    assert_int_equal(data[len - 1], mark);
}

static void runs_of_equal_packets_are_one_message_and_arrive_as_they_were(void **state)
{
    struct udp udp;
    struct transport_path first_path;
    struct transport_path second_path;
    int first;
    int second;

    open_udp(&udp, "");
    first = introduced_peer(&udp, "127.0.0.1", &first_path);
    second = introduced_peer(&udp, "127.0.0.2", &second_path);
    for (uint8_t i = 0; i < 5; i++)
        gather(&udp, &first_path, i < 4 ? 1200 : 700, i);
    gather(&udp, &first_path, 300, 5); /* behind a shorter one a new run begins */
    gather(&udp, &first_path, 900, 6); /* and before a longer one */
    gather(&udp, &second_path, 900, 7);
    assert_int_equal(recv(first, (char[8]){0}, 8, MSG_DONTWAIT), -1);
    assert_int_equal(udp_sender_flush(udp.sender), 0);
    for (uint8_t i = 0; i < 5; i++)
        assert_receives(first, i < 4 ? 1200 : 700, i);
    assert_receives(first, 300, 5);
    assert_receives(first, 900, 6);
    assert_receives(second, 900, 7);
    assert_int_equal(udp_sender_counters(udp.sender)->messages, 4);
    assert_int_equal(udp_sender_counters(udp.sender)->packets, 8);
    assert_int_equal(udp_sender_counters(udp.sender)->calls, 1);
    close(first);
    close(second);
    close_udp(&udp);
}

static void more_than_fits_is_sent_meanwhile(void **state)
{
    struct udp udp;
    struct transport_path path;
    size_t received = 0;
    int peer;

    open_udp(&udp, "127.0.0.1");
    peer = introduced_peer(&udp, "127.0.0.1", &path);
    setsockopt(peer, SOL_SOCKET, SO_RCVBUFFORCE, &(int){8 << 20}, sizeof(int));
    for (int i = 0; i < 1000; i++)
        gather(&udp, &path, 1200, (uint8_t)i);
    assert_int_equal(udp_sender_flush(udp.sender), 0);
    while (recv(peer, (char[1500]){0}, 1500, MSG_DONTWAIT) == 1200)
        received++;
    assert_true(received > 100); /* the peer's own buffer may be small */
    assert_int_equal(udp_sender_counters(udp.sender)->packets, 1000);
    close(peer);
    close_udp(&udp);
}

/* A kernel or a way that refuses to cut: the packets still go. */
static void packets_go_one_by_one_where_cutting_is_refused(void **state)
{
    struct udp udp;
    struct transport_path path;
    int peer;
    int no_checksum = 1;

    open_udp(&udp, "127.0.0.1");
    peer = introduced_peer(&udp, "127.0.0.1", &path);
    /* without a checksum Linux does not cut (EIO) */
    assert_int_equal(
        setsockopt(udp.sockets.udp, SOL_SOCKET, SO_NO_CHECK, &no_checksum, sizeof(no_checksum)), 0);
    for (uint8_t i = 0; i < 3; i++)
        gather(&udp, &path, 1000, i);
    gather(&udp, &path, 1100, 3);
    assert_int_equal(udp_sender_flush(udp.sender), 0);
    for (uint8_t i = 0; i < 3; i++)
        assert_receives(peer, 1000, i);
    assert_receives(peer, 1100, 3);
    assert_int_equal(udp_sender_counters(udp.sender)->gso_refused, 1);
    assert_int_equal(udp_sender_counters(udp.sender)->failed, 0);
    close(peer);
    close_udp(&udp);
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
        cmocka_unit_test(runs_of_equal_packets_are_one_message_and_arrive_as_they_were),
        cmocka_unit_test(more_than_fits_is_sent_meanwhile),
        cmocka_unit_test(packets_go_one_by_one_where_cutting_is_refused),
        cmocka_unit_test(every_udp_candidate_stands_above_every_tcp_one),
        cmocka_unit_test(loopback_is_announced_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
