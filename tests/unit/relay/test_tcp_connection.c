#include "relay/tcp_connection.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGE_BYTES 1200

struct pair {
    struct tcp_connection *connection;
    int peer;
    size_t messages;
    size_t bytes;
    bool keep;
};

static int setup(void **state)
{
    static struct pair pair;
    struct transport_path path = {.connection = 1};
    int fds[2];

    memset(&pair, 0, sizeof(pair));
    pair.keep = true;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(tcp_connection_create(fds[0], &path, 0, &pair.connection), 0);
    pair.peer = fds[1];
    *state = &pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    tcp_connection_destroy(pair->connection);
    close(pair->peer);
    return 0;
}

static bool on_message(void *user, uint8_t *message, size_t len)
{
    struct pair *pair = user;

    pair->messages++;
    pair->bytes += len;
    message[0] = 0;
    return pair->keep;
}

static void frames_come_whole_whatever_the_segments(void **state)
{
    static const uint8_t stream[] = {0, 3, 1, 2, 3, 0, 1, 9, 0, 2, 7};
    struct pair *pair = *state;

    for (size_t i = 0; i < sizeof(stream); i++) {
        assert_int_equal(write(pair->peer, stream + i, 1), 1);
        assert_int_equal(tcp_connection_receive(pair->connection, on_message, pair), 0);
    }
    assert_int_equal(pair->messages, 2);
    assert_int_equal(pair->bytes, 4);
}

static void frame_that_is_too_long_ends_the_connection(void **state)
{
    static const uint8_t stream[] = {0xff, 0xff, 0};
    struct pair *pair = *state;

    assert_int_equal(write(pair->peer, stream, sizeof(stream)), sizeof(stream));
    assert_int_equal(tcp_connection_receive(pair->connection, on_message, pair), -EMSGSIZE);
}

static void end_of_the_peer_is_told(void **state)
{
    struct pair *pair = *state;

    shutdown(pair->peer, SHUT_WR);
    assert_int_equal(tcp_connection_receive(pair->connection, on_message, pair), -EPIPE);
}

static size_t drain(struct pair *pair)
{
    uint8_t data[65536];
    size_t total = 0;
    ssize_t len;

    while ((len = read(pair->peer, data, sizeof(data))) > 0)
        total += (size_t)len;
    return total;
}

static void backlog_is_bounded_and_never_tears_a_frame(void **state)
{
    struct pair *pair = *state;
    uint8_t message[MESSAGE_BYTES] = {0};
    size_t taken = 0;
    size_t received = 0;
    int err = 0;

    while (taken < 10000 &&
           (err = tcp_connection_send(pair->connection, message, sizeof(message))) == 0)
        taken++;
    assert_int_equal(err, -EAGAIN);
    assert_true(tcp_connection_has_backlog(pair->connection));
    /* The socket's own buffer and ours, no more. */
    assert_true(taken * (MESSAGE_BYTES + 2) < TCP_BACKLOG_BYTES + 1024 * 1024);
    while (tcp_connection_has_backlog(pair->connection)) {
        received += drain(pair);
        assert_int_equal(tcp_connection_flush(pair->connection), 0);
    }
    received += drain(pair);
    assert_int_equal(received, taken * (MESSAGE_BYTES + 2));
    assert_int_equal(tcp_connection_send(pair->connection, message, sizeof(message)), 0);
}

/* Reads one whole frame, flushing while it waits; its fill byte, or -1 when nothing is left. */
static int read_frame(struct pair *pair)
{
    uint8_t data[MESSAGE_BYTES + 2];
    size_t have = 0;

    while (have < sizeof(data)) {
        ssize_t len = read(pair->peer, data + have, sizeof(data) - have);

        if (len > 0)
            have += (size_t)len;
        else if (!tcp_connection_has_backlog(pair->connection))
            return -1;
        else
            assert_int_equal(tcp_connection_flush(pair->connection), 0);
    }
    assert_int_equal(data[0] << 8 | data[1], MESSAGE_BYTES);
    assert_int_equal(data[2], data[sizeof(data) - 1]);
    return data[2];
}

static void frames_follow_in_order_after_a_backlog(void **state)
{
    struct pair *pair = *state;
    uint8_t message[MESSAGE_BYTES];
    unsigned next = 0;
    int fill;

    for (unsigned i = 0; i < 400; i++) {
        memset(message, (int)(i & 0xff), sizeof(message));
        assert_int_equal(tcp_connection_send(pair->connection, message, sizeof(message)), 0);
        /* Every other one is read at once, so that the backlog wraps. */
        if (i % 2 == 1)
            assert_int_equal(read_frame(pair), next++ & 0xff);
    }
    while ((fill = read_frame(pair)) >= 0)
        assert_int_equal(fill, next++ & 0xff);
    assert_int_equal(next, 400);
}

static void broken_pipe_is_an_error_and_no_signal(void **state)
{
    struct pair *pair = *state;
    uint8_t message[10] = {0};

    close(pair->peer);
    pair->peer = dup(0);
    assert_int_equal(tcp_connection_send(pair->connection, message, sizeof(message)), -EPIPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_come_whole_whatever_the_segments, setup, teardown),
        cmocka_unit_test_setup_teardown(
            frame_that_is_too_long_ends_the_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(end_of_the_peer_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(
            backlog_is_bounded_and_never_tears_a_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_follow_in_order_after_a_backlog, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_pipe_is_an_error_and_no_signal, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
