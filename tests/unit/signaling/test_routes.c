/* The table itself: nothing is reachable by accident. */
#include "signaling/http/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void only_these_routes_are_open_without_credentials(void **state)
{
    static const char *const open[] = {"/healthz", "/api/v1/login", "/api/v1/tickets/redeem",
        "/api/v1/first", "/api/v1/devices", "/api/v1/devices/<>/challenge",
        "/api/v1/devices/<>/session", "/calendar/<>.ics"};

    for (size_t i = 0; i < http_routes_count; i++) {
        bool expected = false;

        /* the list of devices is not open, enrolling one is */
        for (size_t j = 0; j < sizeof(open) / sizeof(open[0]) &&
                           !(http_routes[i].method == HTTP_GET &&
                               strcmp(http_routes[i].pattern, "/api/v1/devices") == 0);
             j++)
            expected = expected || strcmp(http_routes[i].pattern, open[j]) == 0;
        if ((http_routes[i].access == HTTP_ACCESS_OPEN) != expected)
            fail_msg("%s %s", http_method_name(http_routes[i].method), http_routes[i].pattern);
    }
}

/* JSON and CSV: a form of another site can send neither, and its scripts would have to ask first. */
static void what_heeds_a_cookie_is_closed_to_other_sites_and_takes_no_forms(void **state)
{
    for (size_t i = 0; i < http_routes_count; i++) {
        const struct http_route *route = &http_routes[i];
        bool cookie = route->access == HTTP_ACCESS_PERSON ||
                      route->access == HTTP_ACCESS_OVERVIEW || route->access == HTTP_ACCESS_SETUP ||
                      route->access == HTTP_ACCESS_SCHEDULE ||
                      route->access == HTTP_ACCESS_EITHER || route->access == HTTP_ACCESS_SELF ||
                      route->access == HTTP_ACCESS_ACCOUNTS || route->access == HTTP_ACCESS_AUDIT ||
                      route->access == HTTP_ACCESS_SOCKET || route->access == HTTP_ACCESS_SYSTEM;
        bool changes = route->method != HTTP_GET;

        if (!cookie && strncmp(route->pattern, "/api/", 5) != 0)
            continue;
        assert_false(route->cross_origin);
        if (changes)
            assert_string_equal(route->body_type,
                strncmp(route->pattern, "/api/v1/imports/", 16) == 0 ? "text/csv"
                                                                     : "application/json");
    }
}

static void a_token_past_its_time_can_only_end_sessions(void **state)
{
    for (size_t i = 0; i < http_routes_count; i++) {
        if (http_routes[i].access == HTTP_ACCESS_DEPARTED)
            assert_int_equal(http_routes[i].method, HTTP_DELETE);
    }
}

static void each_body_has_a_type_and_a_limit_and_no_row_is_there_twice(void **state)
{
    for (size_t i = 0; i < http_routes_count; i++) {
        const struct http_route *route = &http_routes[i];

        assert_non_null(route->handle);
        assert_true((route->body_type != NULL) == (route->max_body_bytes > 0));
        assert_true(route->max_body_bytes <= HTTP_MAX_DRAIN_BYTES);
        for (size_t j = 0; j < i; j++)
            assert_false(route->method == http_routes[j].method &&
                         strcmp(route->pattern, http_routes[j].pattern) == 0);
    }
}

static void patterns_match_whole_paths_of_plain_segments(void **state)
{
    static const struct {
        const char *pattern;
        const char *path;
        bool matches;
    } rows[] = {
        {"/whip/<>/<>", "/whip/music/teacher-camera", true},
        {"/whip/<>/<>", "/whip/music", false},
        {"/whip/<>/<>", "/whip/music/", false},
        {"/whip/<>/<>", "/whip/music/a/b", false},
        {"/whip/<>/<>", "/whip/mu.sic/a", false},
        {"/whip/<>/<>", "/whip//a", false},
        {"/whip/<>/<>", "/whip/\xe4\xb8\x8a/a", false},
        {"/whep/<>", "/whep/music", true},
        {"/healthz", "/healthz", true},
        {"/healthz", "/healthz/", false},
        {"/healthz", "/health", false},
    };
    char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (http_route_matches(rows[i].pattern, rows[i].path, params) != rows[i].matches)
            fail_msg("%s %s", rows[i].pattern, rows[i].path);
    }
    assert_true(http_route_matches("/whip/<>/<>", "/whip/music/teacher-camera", params));
    assert_string_equal(params[0], "music");
    assert_string_equal(params[1], "teacher-camera");
}

static void a_name_longer_than_64_matches_nothing(void **state)
{
    char params[HTTP_MAX_PARAMS][HTTP_MAX_PARAM_CHARS + 1];
    char path[128] = "/whep/";

    memset(path + 6, 'a', HTTP_MAX_PARAM_CHARS);
    assert_true(http_route_matches("/whep/<>", path, params));
    path[6 + HTTP_MAX_PARAM_CHARS] = 'a';
    assert_false(http_route_matches("/whep/<>", path, params));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_these_routes_are_open_without_credentials),
        cmocka_unit_test(what_heeds_a_cookie_is_closed_to_other_sites_and_takes_no_forms),
        cmocka_unit_test(a_token_past_its_time_can_only_end_sessions),
        cmocka_unit_test(each_body_has_a_type_and_a_limit_and_no_row_is_there_twice),
        cmocka_unit_test(patterns_match_whole_paths_of_plain_segments),
        cmocka_unit_test(a_name_longer_than_64_matches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
