/* Trusted proxies, host names and ICE servers of the settings. */
#include "signaling/http/ice_servers.h"
#include "signaling/http/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void networks_hold_their_addresses_and_no_others(void **state)
{
    static const struct {
        const char *network;
        const char *address;
        bool inside;
    } rows[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"192.0.2.128/25", "192.0.2.129", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "::1", false},
        {"fd00::/8", "fd12::1", true},
        {"fd00::/8", "fe80::1", false},
        {"10.0.0.0/8", "unknown", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *item = (char *)rows[i].network;
        struct config_list list = {.items = &item, .count = 1};

        if (origin_is_trusted(&list, rows[i].address) != rows[i].inside)
            fail_msg("%s %s", rows[i].network, rows[i].address);
    }
}

static void wrong_networks_are_found_at_start(void **state)
{
    static const char *const bad[] = {
        "", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "::/129", "host"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *items[] = {(char *)"127.0.0.1", (char *)bad[i]};
        struct config_list list = {.items = items, .count = 2};
        size_t index = 0;

        assert_false(origin_check_proxies(&list, &index));
        assert_int_equal(index, 1);
    }
}

static void host_headers_have_no_other_characters(void **state)
{
    assert_true(origin_is_host("school.example:8080"));
    assert_true(origin_is_host("[::1]:80"));
    assert_false(origin_is_host(""));
    assert_false(origin_is_host("a/b"));
    assert_false(origin_is_host("a b"));
    assert_false(origin_is_host("user@host"));
    assert_false(origin_is_host("a\"b"));
}

static void ice_servers_become_links(void **state)
{
    char *items[] = {
        (char *)"stun:stun.example.net", (char *)"turns:turn.example.net?transport=tcp user pass"};
    struct config_list list = {.items = items, .count = 2};
    struct http_response response;
    size_t index;

    assert_true(ice_servers_check(&list, &index));
    http_response_init(&response, 201);
    ice_servers_add_links(&list, &response);
    assert_string_equal(response.headers.data,
        "Link: <stun:stun.example.net>; rel=\"ice-server\"\r\n"
        "Link: <turns:turn.example.net?transport=tcp>; rel=\"ice-server\"; username=\"user\"; "
        "credential=\"pass\"; credential-type=\"password\"\r\n");
    http_response_finish(&response);
}

static void wrong_ice_servers_are_found_at_start(void **state)
{
    static const char *const bad[] = {"", "http://x", "stun:", "stun:x user pass", "turn:x",
        "turn:x user", "turn:x user pa\"ss", "turn:x user pass more", "stun:a>b", "stun:a;b"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *item = (char *)bad[i];
        struct config_list list = {.items = &item, .count = 1};
        size_t index;

        if (ice_servers_check(&list, &index))
            fail_msg("%s", bad[i]);
    }
}

static void a_header_with_a_line_break_never_reaches_the_wire(void **state)
{
    struct http_response response;
    struct text wire = {0};

    http_response_init(&response, 200);
    http_response_header(&response, "Location", "http://a\r\nX-Evil: %d", 1);
    assert_int_equal(http_response_serialise(&response, false, 0, &wire), 0);
    assert_non_null(strstr(wire.data, "HTTP/1.1 500 "));
    assert_null(strstr(wire.data, "X-Evil"));
    text_finish(&wire);
    http_response_finish(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_hold_their_addresses_and_no_others),
        cmocka_unit_test(wrong_networks_are_found_at_start),
        cmocka_unit_test(host_headers_have_no_other_characters),
        cmocka_unit_test(ice_servers_become_links),
        cmocka_unit_test(wrong_ice_servers_are_found_at_start),
        cmocka_unit_test(a_header_with_a_line_break_never_reaches_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
