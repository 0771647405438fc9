#include "signaling/http/http1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static ssize_t parse(const char *text, struct http1_head *ret_head, enum http1_error *ret_error)
{
    *ret_error = HTTP1_OK;
    return http1_parse_head(text, strlen(text), ret_head, ret_error);
}

static void a_request_is_read_with_method_path_and_headers(void **state)
{
    static const char text[] = "POST /whip/music/teacher-camera?x=1 HTTP/1.1\r\n"
                               "Host: a\r\nContent-Length:  12 \r\nX-Empty:\r\n\r\nbody";
    struct http1_head head;
    enum http1_error error;

    assert_int_equal(parse(text, &head, &error), sizeof(text) - 1 - 4);
    assert_true(http1_is(head.method, "POST"));
    assert_string_equal(head.path, "/whip/music/teacher-camera");
    assert_int_equal(head.header_count, 3);
    assert_true(http1_is(head.headers[0].name, "host"));
    assert_true(http1_is(head.headers[0].value, "a"));
    assert_int_equal(head.headers[2].value.len, 0);
    assert_true(head.has_length);
    assert_int_equal(head.content_length, 12);
    assert_true(head.keep_alive);
}

static void every_prefix_of_a_good_head_asks_for_more(void **state)
{
    static const char text[] = "\r\nGET /%e4%b8%8a HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n";
    struct http1_head head;
    enum http1_error error;

    for (size_t len = 0; len < sizeof(text) - 1; len++)
        assert_int_equal(http1_parse_head(text, len, &head, &error), 0);
    assert_int_equal(http1_parse_head(text, sizeof(text) - 1, &head, &error), sizeof(text) - 1);
    assert_string_equal(head.path, "/\xe4\xb8\x8a");
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum http1_error error;
    } rows[] = {
        {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\n: a\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\nno colon\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/1.1\r\nX: \x01\r\n\r\n", HTTP1_MALFORMED},
        {"GET  / HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /a b HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET / \r\n\r\n", HTTP1_MALFORMED},
        {"GET /\r\n\r\n", HTTP1_MALFORMED},
        {"G(T / HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET index.html HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET * HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /%2e%2e%2fx HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /%00 HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /%0a HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /%4 HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /%zz HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET /a\\b HTTP/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"GET / HTTP/2.0\r\n\r\n", HTTP1_VERSION},
        {"GET / http/1.1\r\n\r\n", HTTP1_MALFORMED},
        {"\x16\x03\x01\x02", HTTP1_MALFORMED},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_LENGTH_REQUIRED},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n",
            HTTP1_LENGTH_REQUIRED},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", HTTP1_BAD_LENGTH},
        {"POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", HTTP1_BAD_LENGTH},
        {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", HTTP1_BAD_LENGTH},
        {"POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n", HTTP1_BAD_LENGTH},
        {"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", HTTP1_BAD_LENGTH},
        {"POST / HTTP/1.1\r\nContent-Length: 1234567890123456\r\n\r\n", HTTP1_BAD_LENGTH},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http1_head head;
        enum http1_error error;

        if (parse(rows[i].text, &head, &error) != -1 || error != rows[i].error)
            fail_msg("%s: error %d", rows[i].text, error);
    }
}

static void connection_and_version_decide_about_keep_alive(void **state)
{
    static const struct {
        const char *text;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: Upgrade, Close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http1_head head;
        enum http1_error error;

        assert_true(parse(rows[i].text, &head, &error) > 0);
        assert_int_equal(head.keep_alive, rows[i].keep_alive);
    }
}

static void an_absolute_target_means_its_path(void **state)
{
    struct http1_head head;
    enum http1_error error;

    assert_true(parse("GET http://host:1/a/b?c HTTP/1.1\r\n\r\n", &head, &error) > 0);
    assert_string_equal(head.path, "/a/b");
}

static void values_of_the_query_are_decoded(void **state)
{
    static const struct {
        const char *query, *name, *value; /* NULL: not there, "!": refused */
    } rows[] = {
        {"", "a", NULL},
        {"?a=1", "a", "1"},
        {"?a", "a", ""},
        {"?a=", "a", ""},
        {"?b=1&a=2", "a", "2"},
        {"?ab=1&b=3", "b", "3"},
        {"?a=1&a=2", "a", "1"},
        {"?a=%E7%8E%8B+%20x", "a", "\xe7\x8e\x8b  x"},
        {"?a=b=c", "a", "b=c"},
        {"?a=%00", "a", "!"},
        {"?a=%0a", "a", "!"},
        {"?a=%4", "a", "!"},
        {"?a=%zz", "a", "!"},
        {"?a=0123456789012345", "a", "!"},
        {"?&&&=&a=7", "a", "7"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http1_head head;
        enum http1_error error;
        char text[128], value[16] = "";
        int r;

        snprintf(text, sizeof(text), "GET /x%s HTTP/1.1\r\n\r\n", rows[i].query);
        assert_true(parse(text, &head, &error) > 0);
        assert_string_equal(head.path, "/x");
        r = http1_query_value(head.query, rows[i].name, value, sizeof(value));
        assert_int_equal(r, !rows[i].value ? 0 : rows[i].value[0] == '!' ? -1 : 1);
        if (r == 1)
            assert_string_equal(value, rows[i].value);
    }
}

static void sizes_are_limited(void **state)
{
    static char text[4 * HTTP1_MAX_HEAD_BYTES];
    struct http1_head head;
    enum http1_error error;
    size_t len;

    len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nX: ");
    memset(text + len, 'a', sizeof(text) - len);
    assert_int_equal(http1_parse_head(text, sizeof(text), &head, &error), -1);
    assert_int_equal(error, HTTP1_TOO_LARGE);

    len = (size_t)snprintf(text, sizeof(text), "GET /");
    memset(text + len, 'a', HTTP1_MAX_PATH_CHARS);
    strcpy(text + len + HTTP1_MAX_PATH_CHARS, " HTTP/1.1\r\n\r\n");
    assert_int_equal(parse(text, &head, &error), -1);
    assert_int_equal(error, HTTP1_URI_TOO_LONG);

    len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n");
    for (int i = 0; i <= HTTP1_MAX_HEADERS; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "X: y\r\n");
    snprintf(text + len, sizeof(text) - len, "\r\n");
    assert_int_equal(parse(text, &head, &error), -1);
    assert_int_equal(error, HTTP1_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_with_method_path_and_headers),
        cmocka_unit_test(every_prefix_of_a_good_head_asks_for_more),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(connection_and_version_decide_about_keep_alive),
        cmocka_unit_test(an_absolute_target_means_its_path),
        cmocka_unit_test(values_of_the_query_are_decoded),
        cmocka_unit_test(sizes_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
