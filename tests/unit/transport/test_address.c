#include "relay/transport/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct text_case {
    const char *text;
    uint16_t port;
    int error;
    const char *expected;
};

static void addresses_are_read_and_written(void **state)
{
    static const struct text_case cases[] = {
        {"192.0.2.1", 5000, 0, "192.0.2.1:5000"},
        {"0.0.0.0", 0, 0, "0.0.0.0:0"},
        {"2001:db8::1", 65535, 0, "[2001:db8::1]:65535"},
        {"::1", 1, 0, "[::1]:1"},
        {"::ffff:192.0.2.7", 9, 0, "192.0.2.7:9"},
        {"", 1, -EINVAL, NULL},
        {"localhost", 1, -EINVAL, NULL},
        {"[::1]", 1, -EINVAL, NULL},
        {"1.2.3", 1, -EINVAL, NULL},
        {"1.2.3.4:5", 1, -EINVAL, NULL},
    };
    char text[NET_ADDRESS_CHARS];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_address address;

        assert_int_equal(net_address_parse(cases[i].text, cases[i].port, &address), cases[i].error);
        if (cases[i].error == 0)
            assert_string_equal(net_address_format(&address, text), cases[i].expected);
    }
}

static void an_unknown_address_is_written_as_a_dash(void **state)
{
    struct net_address address = {0};
    char text[NET_ADDRESS_CHARS];

    assert_string_equal(net_address_format(&address, text), "-");
    assert_int_equal(net_address_len(&address), 0);
    assert_int_equal(net_address_port(&address), 0);
}

static void scopes_of_link_local_addresses_are_kept(void **state)
{
    struct net_address a, b;
    char text[NET_ADDRESS_CHARS];

    assert_int_equal(net_address_parse("fe80::1", 7, &a), 0);
    b = a;
    b.u.v6.sin6_scope_id = 3;
    assert_false(net_address_equal(&a, &b));
    assert_string_equal(net_address_format(&b, text), "[fe80::1%3]:7");
}

static void a_mapped_address_is_the_same_peer_as_the_plain_one(void **state)
{
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(77)};
    struct net_address plain, from_socket;

    assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr), 1);
    assert_int_equal(
        net_address_from_sockaddr((struct sockaddr *)&mapped, sizeof(mapped), &from_socket), 0);
    assert_int_equal(net_address_parse("192.0.2.1", 77, &plain), 0);
    assert_true(net_address_equal(&plain, &from_socket));
    assert_int_equal(net_address_hash(&plain, 5), net_address_hash(&from_socket, 5));
    assert_int_equal(net_address_len(&from_socket), sizeof(struct sockaddr_in));
}

static void addresses_of_other_families_and_short_ones_are_refused(void **state)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct net_address address;

    assert_int_equal(net_address_from_sockaddr((struct sockaddr *)&v4, 4, &address), -EINVAL);
    assert_int_equal(net_address_from_sockaddr(&other, sizeof(other), &address), -EAFNOSUPPORT);
}

static void paths_differ_by_both_ends_and_tcp_ones_by_connection(void **state)
{
    struct transport_path a = {0}, b, c, d;

    net_address_parse("192.0.2.1", 1, &a.remote);
    net_address_parse("192.0.2.9", 1, &a.local);
    b = a;
    assert_true(transport_path_equal(&a, &b));
    net_address_parse("192.0.2.8", 1, &b.local);
    assert_false(transport_path_equal(&a, &b));
    c = a;
    c.connection = 4;
    assert_false(transport_path_equal(&a, &c));
    d = (struct transport_path){.connection = 4};
    assert_true(transport_path_equal(&c, &d));
    assert_int_equal(transport_path_hash(&c, 1), transport_path_hash(&d, 1));
    assert_int_not_equal(transport_path_hash(&a, 1), transport_path_hash(&b, 1));
    assert_int_not_equal(transport_path_hash(&a, 1), transport_path_hash(&a, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(an_unknown_address_is_written_as_a_dash),
        cmocka_unit_test(scopes_of_link_local_addresses_are_kept),
        cmocka_unit_test(a_mapped_address_is_the_same_peer_as_the_plain_one),
        cmocka_unit_test(addresses_of_other_families_and_short_ones_are_refused),
        cmocka_unit_test(paths_differ_by_both_ends_and_tcp_ones_by_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
