/* Against a server of libsoup on loopback that has a fault in each test. */
#include "media/device_client.h"
#include "media/device_enrolment.h"
#include "media/json_call.h"
#include "tests/unit/media/dripping.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PROBLEM   "application/problem+json"
#define CHALLENGE "Y2hhbGxlbmdl"

/* What the server says to one kind of request; status 0: 200. */
struct saying {
    guint status;
    const char *type; /* NULL: JSON */
    const char *body;
};

static SoupServer *server;
static struct device_identity identity;
static struct device_client *client;
static char *folder;

static struct {
    struct saying challenge, session, day, token, enrol;
    unsigned days_refused; /* so many questions for the day get a 401 first, tokens alike */
    unsigned tokens_refused;
    bool drips_challenge;
} script;

static struct {
    unsigned challenges, sessions, days, healths, tokens, enrolments, drips;
    bool signature_is_good;
    char token_session[64];
} seen;

static struct {
    enum device_link link;
    char text[300];
    unsigned days, answers, offlines;
    char token[64], error[300];
} told;

static void say(SoupServerMessage *message, const struct saying *saying, const char *usual)
{
    const char *body = saying->body ? saying->body : usual;

    soup_server_message_set_status(message, saying->status ? saying->status : 200, NULL);
    soup_server_message_set_response(message, saying->type ? saying->type : "application/json",
        SOUP_MEMORY_COPY, body, strlen(body));
}

static void check_signature(SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    json_t *json = json_loadb(body->data, (size_t)body->length, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "signature"));
    const char *signed_text = "duet-device-session:7:" CHALLENGE;
    uint8_t signature[crypto_sign_BYTES];
    size_t len = 0;

    seen.signature_is_good = text &&
                             sodium_base642bin(signature, sizeof(signature), text, strlen(text),
                                 NULL, &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
                             crypto_sign_verify_detached(signature, (const uint8_t *)signed_text,
                                 strlen(signed_text), identity.public_key) == 0;
    json_decref(json);
}

static const struct saying refused = {
    .status = 401, .type = PROBLEM, .body = "{\"detail\":\"The session is over.\"}"};

static void on_token_request(SoupServerMessage *message)
{
    const char *session = soup_message_headers_get_one(
        soup_server_message_get_request_headers(message), "Authorization");

    g_strlcpy(seen.token_session, session ? session : "", sizeof(seen.token_session));
    if (seen.tokens++ < script.tokens_refused)
        say(message, &refused, "");
    else
        say(message, &script.token, "{\"token\":\"secret\"}");
}

static void on_request(SoupServer *soup, SoupServerMessage *message, const char *path,
    GHashTable *query, gpointer user)
{
    char session[64];

    (void)soup, (void)query, (void)user;
    if (g_str_has_suffix(path, "/drip") ||
        (script.drips_challenge && g_str_has_suffix(path, "/challenge"))) {
        dripping_answer(message, &seen.drips);
    } else if (g_str_has_suffix(path, "/devices/7/challenge")) {
        seen.challenges++;
        say(message, &script.challenge, "{\"challenge\":\"" CHALLENGE "\"}");
    } else if (g_str_has_suffix(path, "/devices/7/session")) {
        check_signature(message);
        g_snprintf(session, sizeof(session), "{\"session\":\"session-%u\"}", ++seen.sessions);
        say(message, &script.session, session);
    } else if (g_str_has_suffix(path, "/device/day")) {
        say(message, seen.days++ < script.days_refused ? &refused : &script.day, "{}");
    } else if (g_str_has_suffix(path, "/device/health")) {
        seen.healths++;
        say(message, &(struct saying){0}, "{}");
    } else if (g_str_has_suffix(path, "/device/lessons/e1/media-token")) {
        on_token_request(message);
    } else {
        seen.enrolments++;
        say(message, &script.enrol,
            "{\"device\":7,\"room\":{\"name\":\"R\"},\"school\":{\"name\":\"S\"}}");
    }
}

/* ---- what the client tells ---- */

static void on_day(void *user, const char *text, size_t len, uint64_t at_us)
{
    (void)user, (void)text, (void)len, (void)at_us;
    told.days++;
}

static void on_link(void *user, enum device_link link, const char *text)
{
    (void)user;
    told.link = link;
    told.offlines += link == DEVICE_LINK_OFFLINE;
    g_strlcpy(told.text, text ? text : "", sizeof(told.text));
}

static void on_token(void *user, const char *token, const char *error)
{
    (void)user;
    told.answers++;
    g_strlcpy(told.token, token ? token : "", sizeof(told.token));
    g_strlcpy(told.error, error ? error : "", sizeof(told.error));
}

static gboolean on_time_up(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

static void run_ms(guint ms)
{
    bool up = false;

    g_timeout_add(ms, on_time_up, &up);
    while (!up)
        g_main_context_iteration(NULL, TRUE);
}

/* Until the count is reached, ten seconds at most. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        for (unsigned tries = 0; !(condition); tries++) {                                          \
            assert_true(tries < 500);                                                              \
            run_ms(20);                                                                            \
        }                                                                                          \
    } while (0)

static void begin(void)
{
    struct device_client_params params = {
        .identity = &identity, .on_day = on_day, .on_link = on_link};

    client = device_client_new(&params, NULL);
    assert_non_null(client);
}

static int setup(void **state)
{
    g_autofree char *base = NULL;
    GSList *uris;

    (void)state;
    memset(&script, 0, sizeof(script));
    memset(&seen, 0, sizeof(seen));
    memset(&told, 0, sizeof(told));
    server = soup_server_new(NULL, NULL);
    soup_server_add_handler(server, NULL, on_request, NULL, NULL);
    if (sodium_init() < 0 ||
        !soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL))
        return -1;
    uris = soup_server_get_uris(server);
    base = g_strdup_printf("http://127.0.0.1:%d", g_uri_get_port(uris->data));
    g_slist_free_full(uris, (GDestroyNotify)g_uri_unref);
    device_identity_init(&identity, base, "");
    identity.id = 7;
    folder = g_dir_make_tmp("duet-client-XXXXXX", NULL);
    return 0;
}

static int teardown(void **state)
{
    g_autofree char *path = g_build_filename(folder, "device.json", NULL);

    (void)state;
    g_clear_pointer(&client, device_client_free);
    soup_server_disconnect(server);
    g_clear_object(&server);
    run_ms(10); /* what was cancelled comes to its end */
    device_identity_finish(&identity);
    g_unlink(path);
    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

static void it_proves_itself_and_gets_the_day_and_a_token(void **state)
{
    (void)state;
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    RUN_UNTIL(told.answers && seen.healths);
    assert_true(seen.signature_is_good);
    assert_int_equal(told.link, DEVICE_LINK_ONLINE);
    assert_int_equal(told.days, 1);
    assert_int_equal(told.answers, 1);
    assert_string_equal(told.token, "secret");
    assert_string_equal(seen.token_session, "Bearer session-1");
}

static void a_session_that_is_over_is_followed_by_a_new_one(void **state)
{
    (void)state;
    script.days_refused = script.tokens_refused = 1;
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    RUN_UNTIL(told.answers && told.days);
    run_ms(300);
    assert_int_equal(told.answers, 1);
    assert_string_equal(told.token, "secret");
    assert_string_not_equal(seen.token_session, "Bearer session-1");
    assert_int_equal(told.link, DEVICE_LINK_ONLINE);
    assert_true(seen.sessions <= 3);
}

static void a_server_that_refuses_each_new_session_is_not_hammered(void **state)
{
    (void)state;
    script.days_refused = UINT_MAX;
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    run_ms(1400); /* attempts at 0, 0 and 300 ms; the next is at 1500 */
    assert_in_range(seen.days, 2, 4);
    assert_int_equal(told.link, DEVICE_LINK_OFFLINE);
    assert_non_null(strstr(told.text, "The session is over."));
}

static void a_token_is_asked_for_again_with_a_new_session_but_once(void **state)
{
    (void)state;
    script.tokens_refused = UINT_MAX;
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    run_ms(1000);
    assert_int_equal(seen.tokens, 2);
    assert_int_equal(told.answers, 1);
    assert_non_null(strstr(told.error, "The session is over."));
}

static void a_device_that_the_server_does_not_know_is_revoked(void **state)
{
    (void)state;
    script.session = (struct saying){403, PROBLEM, "{\"detail\":\"It is not enrolled here.\"}"};
    begin();
    RUN_UNTIL(told.link == DEVICE_LINK_REVOKED);
    assert_non_null(strstr(told.text, "It is not enrolled here."));
    run_ms(500);
    assert_int_equal(seen.challenges, 1);
}

static void a_portal_on_the_way_revokes_nothing(void **state)
{
    (void)state;
    script.challenge = (struct saying){403, "text/html", "<h1>Log in</h1>"};
    begin();
    RUN_UNTIL(seen.challenges >= 2);
    assert_int_equal(told.link, DEVICE_LINK_OFFLINE);
    script.challenge = (struct saying){0};
    RUN_UNTIL(told.link == DEVICE_LINK_ONLINE);
}

static void answers_that_are_none_of_duets_are_asked_for_again(void **state)
{
    static const char *const bodies[] = {"", "no JSON", "[]", "{\"challenge\":7}"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        memset(&seen, 0, sizeof(seen));
        memset(&told, 0, sizeof(told));
        script.challenge = (struct saying){.body = bodies[i]};
        begin();
        RUN_UNTIL(seen.challenges >= 2);
        assert_int_equal(told.link, DEVICE_LINK_OFFLINE);
        assert_true(*told.text);
        assert_int_equal(seen.sessions, 0);
        g_clear_pointer(&client, device_client_free);
    }
}

static void a_server_that_was_away_is_found_again(void **state)
{
    (void)state;
    script.day = (struct saying){503, PROBLEM, "{\"detail\":\"The database is busy.\"}"};
    begin();
    RUN_UNTIL(told.link == DEVICE_LINK_OFFLINE);
    assert_non_null(strstr(told.text, "The database is busy."));
    script.day = (struct saying){0};
    RUN_UNTIL(told.link == DEVICE_LINK_ONLINE);
    assert_int_equal(seen.sessions, 1);
}

static void a_token_that_is_refused_is_told(void **state)
{
    (void)state;
    script.token = (struct saying){403, PROBLEM, "{\"detail\":\"No part in this lesson.\"}"};
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    RUN_UNTIL(told.answers);
    assert_string_equal(told.token, "");
    assert_non_null(strstr(told.error, "No part in this lesson."));
    run_ms(100);
    assert_int_equal(told.answers, 1);
    assert_int_equal(told.link, DEVICE_LINK_ONLINE); /* the lesson refused it, not the server */
}

static void a_client_that_is_gone_hears_nothing(void **state)
{
    (void)state;
    begin();
    device_client_ask_token(client, "e1", on_token, NULL);
    RUN_UNTIL(seen.sessions == 1);
    g_clear_pointer(&client, device_client_free);
    memset(&told, 0, sizeof(told));
    run_ms(200);
    assert_int_equal(told.days + told.answers, 0);
}

/* ---- enrolling ---- */

static void a_code_is_not_sent_when_the_identity_could_not_be_kept(void **state)
{
    g_autofree char *file = g_build_filename(folder, "device.json", NULL);
    g_autofree char *below = g_build_filename(file, "below", NULL);
    g_autoptr(GError) error = NULL;
    char *place = NULL;

    (void)state;
    assert_true(g_file_set_contents(file, "x", 1, NULL));
    assert_false(device_enrolment_run(identity.server, "", "123456", below, &place, &error));
    assert_non_null(strstr(error->message, below));
    run_ms(50);
    assert_int_equal(seen.enrolments, 0);
}

static void what_is_no_address_is_not_asked(void **state)
{
    static const char *const servers[] = {"", "school", "file:///etc", "https://"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(servers); i++) {
        g_autoptr(GError) error = NULL;
        char *place = NULL;

        assert_false(device_enrolment_run(servers[i], "", "123456", folder, &place, &error));
        assert_non_null(error);
        assert_null(place);
        assert_false(device_identity_is_there(folder));
    }
}

static void what_people_give_is_a_code_or_the_link_of_the_picture(void **state)
{
    static const struct {
        const char *text, *server, *code;
    } good[] = {
        {"027833", NULL, "027833"},
        {" 027 833\n", NULL, "027833"},
        {"027-833", NULL, "027833"},
        {"duet-enrol:https://duet.example.cn#027833", "https://duet.example.cn", "027833"},
        {"duet-enrol:http://[::1]:8080/x#000000", "http://[::1]:8080/x", "000000"},
    };
    static const char *const bad[] = {"", "12345", "1234567", "12345x",
        "duet-enrol:", "duet-enrol:#123456", "duet-enrol:https://x", "duet-enrol:https://x#12345",
        "duet-enrol:file:///etc#123456", "https://x#123456", "duet-enrol:https://#123456"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        char code[DEVICE_CODE_DIGITS + 1];
        g_autofree char *address = NULL;

        assert_true(device_enrolment_parse(good[i].text, &address, code));
        assert_string_equal(code, good[i].code);
        assert_int_equal(g_strcmp0(address, good[i].server), 0);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        char code[DEVICE_CODE_DIGITS + 1];
        char *address = NULL;

        assert_false(device_enrolment_parse(bad[i], &address, code));
    }
}

static void a_server_is_the_same_by_scheme_host_and_port(void **state)
{
    (void)state;
    assert_true(device_enrolment_same_server("https://A.cn", "https://a.cn:443/"));
    assert_false(device_enrolment_same_server("https://a.cn", "http://a.cn"));
    assert_false(device_enrolment_same_server("https://a.cn", "https://a.cn:8443"));
    assert_false(device_enrolment_same_server("https://a.cn", "https://a.cn.evil.cn"));
    assert_false(device_enrolment_same_server("https://a.cn", "https://a.cn@evil.cn"));
    assert_false(device_enrolment_same_server("https://a.cn", ""));
    assert_false(device_enrolment_same_server("https://a.cn", "https:a.cn"));
}

/* ---- a server that drips ---- */

struct dripped {
    char *said; /* NULL: nothing yet */
};

static void on_dripped(void *user, const struct json_call_answer *answer)
{
    struct dripped *dripped = user;

    dripped->said = g_strdup(answer->error ? answer->error : "answered");
}

static void a_server_that_drips_is_given_up_in_the_end(void **state)
{
    g_autoptr(SoupSession) soup = soup_session_new();
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autofree char *url = g_strconcat(identity.server, "/drip", NULL);
    struct dripped dripped = {.said = NULL};
    gint64 begin_us = g_get_monotonic_time();

    (void)state;
    soup_session_set_timeout(soup, 1); /* of silence, of which there is none */
    json_call_within(1500, soup, url, NULL, NULL, cancellable, on_dripped, &dripped);
    RUN_UNTIL(dripped.said);
    assert_non_null(strstr(dripped.said, "did not finish its answer within 1.5 s"));
    assert_in_range(g_get_monotonic_time() - begin_us, 1400000, 10000000);
    assert_true(seen.drips >= 5);
    g_clear_pointer(&dripped.said, g_free);
    json_call_within(1500, soup, url, NULL, NULL, cancellable, on_dripped, &dripped);
    run_ms(300);
    g_cancellable_cancel(cancellable);
    run_ms(1600);
    assert_null(dripped.said); /* who has gone away hears nothing, at the limit neither */
}

static void a_server_that_drips_makes_the_device_offline(void **state)
{
    (void)state;
    script.drips_challenge = true;
    begin();
    run_ms(JSON_CALL_LIMIT_MS * 4 / 5);
    assert_int_equal(told.link, DEVICE_LINK_CONNECTING);
    script.drips_challenge = false; /* the next one answers */
    RUN_UNTIL(told.offlines == 1);
    RUN_UNTIL(told.link == DEVICE_LINK_ONLINE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_proves_itself_and_gets_the_day_and_a_token),
        TEST(a_session_that_is_over_is_followed_by_a_new_one),
        TEST(a_server_that_refuses_each_new_session_is_not_hammered),
        TEST(a_token_is_asked_for_again_with_a_new_session_but_once),
        TEST(a_device_that_the_server_does_not_know_is_revoked),
        TEST(a_portal_on_the_way_revokes_nothing),
        TEST(answers_that_are_none_of_duets_are_asked_for_again),
        TEST(a_server_that_was_away_is_found_again),
        TEST(a_token_that_is_refused_is_told),
        TEST(a_client_that_is_gone_hears_nothing),
        TEST(a_code_is_not_sent_when_the_identity_could_not_be_kept),
        TEST(what_is_no_address_is_not_asked),
        TEST(what_people_give_is_a_code_or_the_link_of_the_picture),
        TEST(a_server_is_the_same_by_scheme_host_and_port),
        TEST(a_server_that_drips_is_given_up_in_the_end),
        TEST(a_server_that_drips_makes_the_device_offline),
    };

    return cmocka_run_group_tests_name("device_client", tests, NULL, NULL);
}
