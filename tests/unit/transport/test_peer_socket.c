/* The sockets of the test peer: messages keep their borders over UDP and over framed TCP. */
#include "tests/support/peer_socket.h"

#include "relay/transport/address.h"

#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct inbox {
    char text[64];
    size_t count;
};

static void on_message(void *user, uint8_t *data, size_t len)
{
    struct inbox *inbox = user;

    assert_in_range(len, 1, sizeof(inbox->text) - 1);
    memcpy(inbox->text, data, len);
    inbox->text[len] = '\0';
    inbox->count++;
}

static int open_server(int type, struct net_address *ret_address)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(any);
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    assert_int_equal(net_address_from_sockaddr((struct sockaddr *)&any, len, ret_address), 0);
    return fd;
}

static void await_messages(struct peer_socket *peer, struct inbox *inbox, size_t count)
{
    struct pollfd wait = {.fd = peer->fd, .events = POLLIN};

    while (inbox->count < count && poll(&wait, 1, 2000) > 0)
        assert_int_equal(peer_socket_receive(peer, 10, on_message, inbox), 0);
    assert_int_equal(inbox->count, count);
}

static void datagrams_go_and_come_over_udp(void **state)
{
    struct net_address address, from;
    socklen_t from_len = sizeof(from);
    struct peer_socket peer;
    struct inbox inbox = {0};
    char data[16];
    int server = open_server(SOCK_DGRAM, &address);

    assert_int_equal(peer_socket_open(&peer, &address, false), 0);
    assert_int_equal(peer_socket_send(&peer, (const uint8_t *)"abc", 3), 0);
    assert_int_equal(recvfrom(server, data, sizeof(data), 0, &from.u.base, &from_len), 3);
    assert_int_equal(sendto(server, "de", 2, 0, &from.u.base, from_len), 2);
    assert_int_equal(sendto(server, "fgh", 3, 0, &from.u.base, from_len), 3);
    await_messages(&peer, &inbox, 2);
    assert_string_equal(inbox.text, "fgh");
    peer_socket_close(&peer);
    close(server);
}

static void messages_go_and_come_framed_over_tcp(void **state)
{
    static const uint8_t expected[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd'};
    struct net_address address;
    struct peer_socket peer;
    struct inbox inbox = {0};
    uint8_t data[sizeof(expected)];
    int server = open_server(SOCK_STREAM, &address);
    int accepted;

    assert_int_equal(listen(server, 1), 0);
    assert_int_equal(peer_socket_open(&peer, &address, true), 0);
    assert_int_equal(peer_socket_send(&peer, (const uint8_t *)"abc", 3), 0);
    accepted = accept(server, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(peer_socket_send(&peer, (const uint8_t *)"d", 1), 0);
    peer_socket_flush(&peer);
    assert_int_equal(recv(accepted, data, sizeof(data), MSG_WAITALL), sizeof(expected));
    assert_memory_equal(data, expected, sizeof(expected));
    assert_int_equal(send(accepted, "\0\2ef\0\1g", 7, 0), 7);
    await_messages(&peer, &inbox, 2);
    assert_string_equal(inbox.text, "g");

    close(accepted);
    poll(&(struct pollfd){.fd = peer.fd, .events = POLLIN}, 1, 2000);
    assert_true(peer_socket_receive(&peer, 10, on_message, &inbox) < 0);
    assert_true(peer.broken);
    peer_socket_close(&peer);
    close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_go_and_come_over_udp),
        cmocka_unit_test(messages_go_and_come_framed_over_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
