#include "media/ice_links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void servers_become_the_uris_that_webrtcbin_takes(void **state)
{
    static const struct {
        const char *header;
        const char *uris[3];
    } rows[] = {
        {"<stun:stun.example.net>; rel=\"ice-server\"", {"stun://stun.example.net"}},
        {"<stun:stun.example.net:3478>;rel=ice-server", {"stun://stun.example.net:3478"}},
        {"<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; username=\"user\"; "
         "credential=\"myPassword\"; credential-type=\"password\"",
            {"turn://user:myPassword@turn.example.net?transport=udp"}},
        {"<turns:turn.example.net?transport=tcp>; rel=\"ice-server\"; username=\"u:1\"; "
         "credential=\"p@s/s\"",
            {"turns://u%3A1:p%40s%2Fs@turn.example.net?transport=tcp"}},
        {"<stun:a.example>; rel=\"ice-server\", <stun:b.example>; rel=\"ice-server\"",
            {"stun://a.example", "stun://b.example"}},
        /* What is something else, or half of it. */
        {"<https://example.net/next>; rel=\"next\"", {NULL}},
        {"<stun:stun.example.net>; rel=\"next\"", {NULL}},
        {"<stun:stun.example.net>", {NULL}},
        {"<turn:turn.example.net>; rel=\"ice-server\"", {NULL}},
        {"<turn:turn.example.net>; rel=\"ice-server\"; username=\"u\"", {NULL}},
        {"<http:stun.example.net>; rel=\"ice-server\"", {NULL}},
        {"<stun:evil@stun.example.net>; rel=\"ice-server\"", {NULL}},
        {"<stun://stun.example.net>; rel=\"ice-server\"", {NULL}},
        {"<stun:a b>; rel=\"ice-server\"", {NULL}},
        {"stun:stun.example.net; rel=\"ice-server\"", {NULL}},
        {"<stun:stun.example.net; rel=\"ice-server\"", {NULL}},
        {"<>; rel=\"ice-server\"", {NULL}},
        {"", {NULL}},
        {",,;;<><>", {NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        g_autoptr(GPtrArray) uris = g_ptr_array_new_with_free_func(g_free);
        ice_links_parse(rows[i].header, uris);
        guint expected = 0;
        while (rows[i].uris[expected])
            expected++;
        assert_int_equal(uris->len, expected);
        for (guint n = 0; n < expected; n++)
            assert_string_equal(g_ptr_array_index(uris, n), rows[i].uris[n]);
    }
}

static void a_flood_of_servers_is_cut(void **state)
{
    g_autoptr(GString) header = g_string_new(NULL);
    g_autoptr(GPtrArray) uris = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < 1000; i++)
        g_string_append_printf(header, "<stun:s%u.example>; rel=\"ice-server\",", i);
    ice_links_parse(header->str, uris);
    assert_int_equal(uris->len, ICE_LINKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_become_the_uris_that_webrtcbin_takes),
        cmocka_unit_test(a_flood_of_servers_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
