/* Against a server of libsoup on loopback that answers what each test tells it to. */
#include "media/sdp_exchange.h"

#include <libsoup/soup.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ANSWER "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define OFFER  "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

/* What the server says to the next POST. */
struct script {
    guint status;
    const char *location;
    const char *type;
    const char *body;
    gsize body_len; /* 0: that of the text */
    const char *retry_after;
    const char *link;
};

/* What the server saw. */
struct log {
    unsigned posts;
    unsigned deletes;
    char deleted[200];
    char authorization[200];
    char delete_authorization[200];
    char content_type[80];
    char body[400];
};

struct result {
    unsigned calls;
    char *answer;
    GError *error;
};

static SoupServer *server;
static char *base; /* "http://127.0.0.1:port" */
static struct script script;
static struct log seen;
static struct result result;

static void copy_header(SoupServerMessage *message, const char *name, char *to, size_t size)
{
    const char *value =
        soup_message_headers_get_one(soup_server_message_get_request_headers(message), name);
    g_strlcpy(to, value ? value : "", size);
}

static void answer_post(SoupServerMessage *message)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    seen.posts++;
    copy_header(message, "Authorization", seen.authorization, sizeof seen.authorization);
    copy_header(message, "Content-Type", seen.content_type, sizeof seen.content_type);
    g_strlcpy(seen.body, body->data ? body->data : "", sizeof seen.body);
    if (script.location)
        soup_message_headers_append(headers, "Location", script.location);
    if (script.retry_after)
        soup_message_headers_append(headers, "Retry-After", script.retry_after);
    if (script.link)
        soup_message_headers_append(headers, "Link", script.link);
    soup_server_message_set_status(message, script.status, NULL);
    if (script.body)
        soup_server_message_set_response(message, script.type, SOUP_MEMORY_COPY, script.body,
            script.body_len ? script.body_len : strlen(script.body));
}

static void on_request(SoupServer *soup, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer user)
{
    const char *method = soup_server_message_get_method(message);
    if (strcmp(method, SOUP_METHOD_DELETE) == 0) {
        seen.deletes++;
        g_strlcpy(seen.deleted, path, sizeof seen.deleted);
        copy_header(
            message, "Authorization", seen.delete_authorization, sizeof seen.delete_authorization);
        soup_server_message_set_status(message, SOUP_STATUS_OK, NULL);
    } else if (strcmp(path, "/moved") == 0) {
        script.status = SOUP_STATUS_CREATED;
        script.location = "/session/moved";
        answer_post(message);
    } else {
        answer_post(message);
    }
}

static void on_answer(void *user, const char *answer_sdp, const GError *error)
{
    result.calls++;
    result.answer = g_strdup(answer_sdp);
    result.error = error ? g_error_copy(error) : NULL;
}

static int setup(void **state)
{
    g_autoptr(GError) error = NULL;
    script = (struct script){
        .status = 201,
        .location = "/session/1",
        .type = "application/sdp",
        .body = ANSWER,
    };
    memset(&seen, 0, sizeof seen);
    memset(&result, 0, sizeof result);
    server = soup_server_new(NULL, NULL);
    soup_server_add_handler(server, NULL, on_request, NULL, NULL);
    if (!soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
        return -1;
    GSList *uris = soup_server_get_uris(server);
    base = g_strdup_printf("http://127.0.0.1:%d", g_uri_get_port(uris->data));
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    return 0;
}

static int teardown(void **state)
{
    soup_server_disconnect(server);
    g_clear_object(&server);
    g_clear_pointer(&base, g_free);
    g_clear_pointer(&result.answer, g_free);
    g_clear_error(&result.error);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    return 0;
}

static struct sdp_exchange *new_exchange(const char *path, const char *token)
{
    g_autofree char *url = g_strconcat(base, path, NULL);
    g_autoptr(GError) error = NULL;
    struct sdp_exchange_params params = {.url = url, .token = token};
    struct sdp_exchange *exchange = sdp_exchange_new(&params, &error);
    assert_non_null(exchange);
    return exchange;
}

static void run_until_called(void)
{
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (result.calls == 0 && g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(result.calls, 1);
}

/* The server runs in this thread, too: a close that waits would wait for itself. */
static void close_and_run(struct sdp_exchange *exchange)
{
    sdp_exchange_close(exchange, 0);
    gint64 end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
    while (seen.deletes == 0 && g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
}

static struct sdp_exchange *exchange_once(const char *path, const char *token)
{
    struct sdp_exchange *exchange = new_exchange(path, token);
    sdp_exchange_offer(exchange, OFFER, on_answer, NULL);
    run_until_called();
    return exchange;
}

static void offer_goes_out_and_the_answer_comes_back(void **state)
{
    struct sdp_exchange *exchange = exchange_once("/whip/demo/teacher-camera", "secret.token");
    assert_null(result.error);
    assert_string_equal(result.answer, ANSWER);
    assert_string_equal(seen.authorization, "Bearer secret.token");
    assert_string_equal(seen.content_type, "application/sdp");
    assert_string_equal(seen.body, OFFER);
    sdp_exchange_free(exchange);
}

static void without_a_token_none_is_sent(void **state)
{
    struct sdp_exchange *exchange = exchange_once("/whip", "");
    assert_string_equal(seen.authorization, "");
    sdp_exchange_free(exchange);
}

static void session_is_deleted_wherever_location_points(void **state)
{
    g_autofree char *absolute = g_strconcat(base, "/session/absolute", NULL);
    const struct {
        const char *location;
        const char *deleted;
    } rows[] = {
        {"/session/rooted", "/session/rooted"},
        {"relative", "/whip/demo/relative"},
        {"../up", "/whip/up"},
        {absolute, "/session/absolute"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        teardown(NULL);
        setup(NULL);
        g_autofree char *here = i == 3 ? g_strconcat(base, "/session/absolute", NULL) : NULL;
        script.location = here ? here : rows[i].location;
        struct sdp_exchange *exchange = exchange_once("/whip/demo/camera", "t");
        close_and_run(exchange);
        assert_int_equal(seen.deletes, 1);
        assert_string_equal(seen.deleted, rows[i].deleted);
        assert_string_equal(seen.delete_authorization, "Bearer t");
        sdp_exchange_close(exchange, 0); /* once is enough */
        sdp_exchange_free(exchange);
    }
}

static void refusals_say_what_can_be_done(void **state)
{
    static const struct {
        guint status;
        int code;
        const char *says;
    } rows[] = {
        {401, SDP_EXCHANGE_UNAUTHORISED, "token"},
        {403, SDP_EXCHANGE_UNAUTHORISED, "token"},
        {404, SDP_EXCHANGE_REFUSED, "no such lesson"},
        {409, SDP_EXCHANGE_TAKEN, "already publishes"},
        {415, SDP_EXCHANGE_REFUSED, "415"},
        {429, SDP_EXCHANGE_UNAVAILABLE, "429"},
        {500, SDP_EXCHANGE_UNAVAILABLE, "500"},
        {503, SDP_EXCHANGE_UNAVAILABLE, "503"},
        {302, SDP_EXCHANGE_BROKEN, "302"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        teardown(NULL);
        setup(NULL);
        script = (struct script){.status = rows[i].status,
            .type = "application/problem+json",
            .body = "{\"title\":\"no\",\"detail\":\"The lesson says no.\"}"};
        struct sdp_exchange *exchange = exchange_once("/whip", "t");
        assert_null(result.answer);
        assert_non_null(result.error);
        assert_int_equal(result.error->code, rows[i].code);
        assert_non_null(strstr(result.error->message, rows[i].says));
        assert_non_null(strstr(result.error->message, "The lesson says no."));
        assert_null(strstr(result.error->message, "Bearer"));
        sdp_exchange_free(exchange);
    }
}

static void a_missing_token_is_told_from_a_wrong_one(void **state)
{
    script = (struct script){.status = 401};
    struct sdp_exchange *exchange = exchange_once("/whip", NULL);
    assert_non_null(strstr(result.error->message, "--token"));
    sdp_exchange_free(exchange);
}

static void retry_after_is_understood_and_limited(void **state)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) soon = g_date_time_add_seconds(now, 30);
    g_autofree char *date = soup_date_time_to_string(soon, SOUP_DATE_HTTP);
    const struct {
        const char *header;
        guint least, most;
    } rows[] = {
        {NULL, 0, 0},
        {"7", 7, 7},
        {date, 25, 30},
        {"99999999", 3600, 3600},
        {"soon", 0, 0},
        {"-5", 0, 0},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        teardown(NULL);
        setup(NULL);
        script = (struct script){.status = 503, .retry_after = rows[i].header};
        struct sdp_exchange *exchange = exchange_once("/whip", "t");
        assert_in_range(sdp_exchange_retry_after_s(exchange), rows[i].least, rows[i].most);
        sdp_exchange_free(exchange);
    }
}

static void answers_that_are_none_are_broken(void **state)
{
    g_autofree char *long_body = g_strnfill(300 * 1024, 'v');
    const struct script rows[] = {
        {.status = 201, .location = "/s", .type = "text/html", .body = "<html>login</html>"},
        {.status = 201, .location = "/s", .type = "application/sdp", .body = "not sdp"},
        {.status = 201, .location = "/s", .type = "application/sdp", .body = ""},
        {.status = 201, .location = "/s"},
        {.status = 201, .location = "/s", .type = "application/sdp", .body = long_body},
        {.status = 201,
            .location = "/s",
            .type = "application/sdp",
            .body = "v=0\0hidden",
            .body_len = 10},
        {.status = 307, .location = "ftp://127.0.0.1/x"},
        {.status = 307},
        {.status = 307, .location = "/round"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        teardown(NULL);
        setup(NULL);
        script = rows[i];
        struct sdp_exchange *exchange = exchange_once("/whip", "t");
        assert_null(result.answer);
        assert_int_equal(result.error->code, SDP_EXCHANGE_BROKEN);
        sdp_exchange_free(exchange);
    }
}

static void redirects_are_followed_with_the_offer(void **state)
{
    script.status = 307;
    script.location = "/moved";
    struct sdp_exchange *exchange = exchange_once("/whip", "t");
    assert_null(result.error);
    assert_int_equal(seen.posts, 2);
    assert_string_equal(seen.body, OFFER);
    assert_string_equal(seen.authorization, "Bearer t");
    close_and_run(exchange);
    assert_string_equal(seen.deleted, "/session/moved");
    sdp_exchange_free(exchange);
}

static void ice_servers_of_the_answer_are_listed(void **state)
{
    script.link = "<stun:stun.example.net>; rel=\"ice-server\"";
    struct sdp_exchange *exchange = exchange_once("/whip", "t");
    const char *const *servers = sdp_exchange_ice_servers(exchange);
    assert_string_equal(servers[0], "stun://stun.example.net");
    assert_null(servers[1]);
    sdp_exchange_free(exchange);
}

static void nobody_there_is_unreachable(void **state)
{
    soup_server_disconnect(server);
    struct sdp_exchange *exchange = exchange_once("/whip", "t");
    assert_int_equal(result.error->code, SDP_EXCHANGE_UNREACHABLE);
    assert_non_null(strstr(result.error->message, "does not answer"));
    sdp_exchange_free(exchange);
}

static void freeing_it_in_the_middle_calls_nobody(void **state)
{
    struct sdp_exchange *exchange = new_exchange("/whip", "t");
    sdp_exchange_offer(exchange, OFFER, on_answer, NULL);
    for (int i = 0; i < 3; i++)
        g_main_context_iteration(NULL, FALSE);
    sdp_exchange_free(exchange);
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 2;
    while (g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(result.calls, 0);
}

static void free_exchange(void *user, const char *answer_sdp, const GError *error)
{
    on_answer(NULL, answer_sdp, error);
    sdp_exchange_free(user);
}

static void it_may_be_freed_from_its_own_callback(void **state)
{
    struct sdp_exchange *exchange = new_exchange("/whip", "t");
    sdp_exchange_offer(exchange, OFFER, free_exchange, exchange);
    run_until_called();
}

static void what_is_no_address_is_said_at_once(void **state)
{
    static const char *const urls[] = {
        "", "server/whip", "ftp://server/whip", "http://", "http:///x", "::", "ws://a/b"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        g_autoptr(GError) error = NULL;
        struct sdp_exchange_params params = {.url = urls[i]};
        assert_null(sdp_exchange_new(&params, &error));
        assert_non_null(error);
    }
    g_autoptr(GError) error = NULL;
    struct sdp_exchange_params params = {.url = "https://a/b", .ca_file = "/nonexistent.pem"};
    assert_null(sdp_exchange_new(&params, &error));
    assert_non_null(strstr(error->message, "/nonexistent.pem"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(offer_goes_out_and_the_answer_comes_back),
        CASE(without_a_token_none_is_sent),
        CASE(session_is_deleted_wherever_location_points),
        CASE(refusals_say_what_can_be_done),
        CASE(a_missing_token_is_told_from_a_wrong_one),
        CASE(retry_after_is_understood_and_limited),
        CASE(answers_that_are_none_are_broken),
        CASE(redirects_are_followed_with_the_offer),
        CASE(ice_servers_of_the_answer_are_listed),
        CASE(nobody_there_is_unreachable),
        CASE(freeing_it_in_the_middle_calls_nobody),
        CASE(it_may_be_freed_from_its_own_callback),
        CASE(what_is_no_address_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
