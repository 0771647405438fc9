/* Placement, replies, time limits and recovery, with relays and a clock played by the test. */
#include "common/clock.h"
#include "signaling/relays/relays.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START_US (UINT64_C(1000) * US_PER_S)

struct fake_link {
    char last[4096];
    unsigned sent;
    bool replaced;
    bool broken;
};

struct outcome {
    unsigned calls;
    bool answered;
    bool timed_out;
};

static bool fake_send(void *context, const char *text, size_t len)
{
    struct fake_link *link = context;

    if (link->broken)
        return false;
    snprintf(link->last, sizeof(link->last), "%.*s", (int)len, text);
    link->sent++;
    return true;
}

static void fake_replaced(void *context)
{
    ((struct fake_link *)context)->replaced = true;
}

static const struct relay_link_ops ops = {.send = fake_send, .replaced = fake_replaced};

static void on_reply(void *user, const struct link_reply *reply, bool timed_out)
{
    struct outcome *outcome = user;

    outcome->calls++;
    outcome->answered = reply != NULL;
    outcome->timed_out = timed_out;
}

static struct relay *connect_relay(
    struct relays *relays, struct fake_link *link, const char *id, const char *records)
{
    json_t *sessions = json_loads(records, 0, NULL);
    const struct link_register registration = {
        .relay = id,
        .version = "test",
        .capacity = 100,
        .sessions = sessions,
    };
    struct relay *relay = relays_connect(relays, link, &registration, START_US);

    assert_non_null(relay);
    json_decref(sessions);
    return relay;
}

static void give(struct relays *relays, struct relay *relay, const char *text)
{
    struct link_message message;
    struct json_error error;

    assert_int_equal(link_message_parse(text, strlen(text), &message, &error), 0);
    relays_receive(relays, relay, &message);
    link_message_finish(&message);
}

static struct link_record make_record(const char *session, const char *lesson)
{
    struct link_record record = {.kind = LINK_PUBLISH, .source = "teacher-camera", .owner = "o"};

    snprintf(record.session, sizeof(record.session), "%s", session);
    snprintf(record.lesson, sizeof(record.lesson), "%s", lesson);
    return record;
}

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void a_reply_reaches_its_request_once_and_only_from_its_relay(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link a = {.sent = 0};
    struct fake_link b = {.sent = 0};
    struct relay *first = connect_relay(relays, &a, "a", "[]");
    struct relay *second = connect_relay(relays, &b, "b", "[]");
    struct outcome outcome = {0};
    uint64_t handle =
        relays_request(relays, "a", link_session_close(ID_A, "x"), on_reply, &outcome, START_US);
    char reply[128];

    assert_true(handle > 0);
    assert_non_null(strstr(a.last, "session.close"));
    snprintf(reply, sizeof(reply), "{\"id\":%llu,\"type\":\"reply\",\"ok\":true}",
        (unsigned long long)handle);
    give(relays, second, reply);
    assert_int_equal(outcome.calls, 0);
    give(relays, first, reply);
    give(relays, first, reply);
    assert_int_equal(outcome.calls, 1);
    assert_true(outcome.answered);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

static void a_request_without_reply_times_out_after_5_s(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link link = {.sent = 0};
    struct outcome late = {0};
    struct outcome cancelled = {0};
    uint64_t handle;

    connect_relay(relays, &link, "a", "[]");
    relays_request(relays, "a", link_session_close(ID_A, "x"), on_reply, &late, START_US);
    handle =
        relays_request(relays, "a", link_session_close(ID_B, "x"), on_reply, &cancelled, START_US);
    relays_cancel(relays, handle);
    relays_tick(relays, START_US + RELAYS_REPLY_LIMIT_US - 1);
    assert_int_equal(late.calls, 0);
    relays_tick(relays, START_US + RELAYS_REPLY_LIMIT_US);
    assert_int_equal(late.calls, 1);
    assert_true(late.timed_out && !late.answered);
    assert_int_equal(cancelled.calls, 0);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

struct canceller {
    struct relays *relays;
    uint64_t other;
    unsigned calls;
};

static void on_reply_that_cancels(void *user, const struct link_reply *reply, bool timed_out)
{
    struct canceller *canceller = user;

    canceller->calls++;
    relays_cancel(canceller->relays, canceller->other);
}

static void what_times_out_in_the_same_moment_can_still_be_cancelled(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link link = {.sent = 0};
    struct canceller first = {.relays = relays};
    struct outcome second = {0};

    connect_relay(relays, &link, "a", "[]");
    /* The one asked last is failed first. */
    first.other =
        relays_request(relays, "a", link_session_close(ID_B, "x"), on_reply, &second, START_US);
    relays_request(
        relays, "a", link_session_close(ID_A, "x"), on_reply_that_cancels, &first, START_US);
    relays_tick(relays, START_US + RELAYS_REPLY_LIMIT_US);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 0);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

static void a_relay_that_goes_fails_what_it_was_asked(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link link = {.sent = 0};
    struct relay *relay = connect_relay(relays, &link, "a", "[]");
    struct outcome outcome = {0};

    relays_request(relays, "a", link_session_close(ID_A, "x"), on_reply, &outcome, START_US);
    relays_disconnect(relays, relay, &link, START_US);
    assert_int_equal(outcome.calls, 1);
    assert_true(!outcome.answered && !outcome.timed_out);
    assert_int_equal(
        relays_request(relays, "a", link_session_close(ID_A, "x"), on_reply, &outcome, START_US),
        0);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

static void lessons_stay_and_new_ones_go_to_the_least_loaded(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link a = {.sent = 0};
    struct fake_link b = {.sent = 0};
    struct relay *first;
    struct link_record record = make_record(ID_A, "music");

    assert_null(relays_place(relays, "music", START_US));
    first = connect_relay(relays, &a, "a", "[]");
    connect_relay(relays, &b, "b", "[]");
    give(relays, first, "{\"type\":\"load\",\"sessions\":10}");
    assert_string_equal(relays_place(relays, "music", START_US), "b");
    media_sessions_add(sessions, &record, "a", MEDIA_SESSION_LIVE);
    assert_string_equal(relays_place(relays, "music", START_US), "a");
    assert_string_equal(relays_place(relays, "art", START_US), "b");
    /* A relay only just gone may be back; after 2 s another takes its lessons. */
    relays_disconnect(relays, first, &a, START_US);
    assert_null(relays_place(relays, "music", START_US + RELAYS_TAKEOVER_AFTER_US - 1));
    assert_string_equal(relays_place(relays, "music", START_US + RELAYS_TAKEOVER_AFTER_US), "b");
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

static void a_relay_that_stays_away_loses_its_sessions(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link link = {.sent = 0};
    struct relay *relay = connect_relay(relays, &link, "a", "[]");
    struct link_record record = make_record(ID_A, "music");

    media_sessions_add(sessions, &record, "a", MEDIA_SESSION_LIVE);
    relays_disconnect(relays, relay, &link, START_US);
    relays_tick(relays, START_US + RELAYS_FORGET_AFTER_US - 1);
    assert_non_null(media_sessions_find(sessions, ID_A));
    relays_tick(relays, START_US + RELAYS_FORGET_AFTER_US);
    assert_null(media_sessions_find(sessions, ID_A));
    assert_int_equal(media_sessions_count(sessions), 0);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

#define RECORD(id)                                                                                 \
    "{\"session\":\"" id "\",\"kind\":\"publish\",\"lesson\":\"music\",\"source\":\"room-1\","     \
    "\"owner\":\"o\",\"etag\":\"" ID_A "\",\"ufrag\":\"u\",\"expires\":1,\"state\":\"new\"}"

static void registering_restores_forgets_and_closes(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link old = {.sent = 0};
    struct fake_link link = {.sent = 0};
    struct relay *relay = connect_relay(relays, &old, "a", "[" RECORD(ID_A) "]");
    struct media_session *session = media_sessions_find(sessions, ID_A);

    assert_non_null(session);
    assert_string_equal(session->record.source, "room-1");
    assert_ptr_equal(media_sessions_publisher(sessions, "music", "room-1"), session);
    /* The same relay again, sooner than its old link ended: it lost A, has B. */
    assert_ptr_equal(connect_relay(relays, &link, "a", "[" RECORD(ID_B) "]"), relay);
    assert_true(old.replaced);
    assert_null(media_sessions_find(sessions, ID_A));
    assert_non_null(media_sessions_find(sessions, ID_B));
    /* The old link's end is none of the new one's business. */
    relays_disconnect(relays, relay, &old, START_US);
    assert_int_equal(relays_connected(relays), 1);
    /* Ended while it could not be told: closed at the next registration. */
    link.broken = true;
    relays_end_session(relays, media_sessions_find(sessions, ID_B), "x", START_US);
    assert_int_equal(media_sessions_find(sessions, ID_B)->state, MEDIA_SESSION_ENDED);
    assert_null(media_sessions_publisher(sessions, "music", "room-1"));
    relays_disconnect(relays, relay, &link, START_US);
    link.broken = false;
    connect_relay(relays, &link, "a", "[" RECORD(ID_B) "]");
    assert_non_null(strstr(link.last, "session.close"));
    assert_null(media_sessions_find(sessions, ID_B));
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

static void the_newest_publisher_of_a_source_counts(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct link_record a = make_record(ID_A, "music");
    struct link_record b = make_record(ID_B, "music");

    media_sessions_add(sessions, &a, "r", MEDIA_SESSION_LIVE);
    media_sessions_add(sessions, &b, "r", MEDIA_SESSION_PENDING);
    assert_string_equal(
        media_sessions_publisher(sessions, "music", "teacher-camera")->record.session, ID_B);
    media_sessions_remove(sessions, ID_B);
    assert_string_equal(
        media_sessions_publisher(sessions, "music", "teacher-camera")->record.session, ID_A);
    assert_null(media_sessions_publisher(sessions, "art", "teacher-camera"));
    media_sessions_destroy(sessions);
}

static void events_of_foreign_sessions_are_ignored(void **state)
{
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct fake_link a = {.sent = 0};
    struct fake_link b = {.sent = 0};
    struct relay *second;

    connect_relay(relays, &a, "a", "[" RECORD(ID_A) "]");
    second = connect_relay(relays, &b, "b", "[]");
    give(relays, second,
        "{\"type\":\"session.state\",\"session\":\"" ID_A
        "\",\"state\":\"closed\",\"reason\":\"peer\"}");
    assert_non_null(media_sessions_find(sessions, ID_A));
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_reaches_its_request_once_and_only_from_its_relay),
        cmocka_unit_test(a_request_without_reply_times_out_after_5_s),
        cmocka_unit_test(what_times_out_in_the_same_moment_can_still_be_cancelled),
        cmocka_unit_test(a_relay_that_goes_fails_what_it_was_asked),
        cmocka_unit_test(lessons_stay_and_new_ones_go_to_the_least_loaded),
        cmocka_unit_test(a_relay_that_stays_away_loses_its_sessions),
        cmocka_unit_test(registering_restores_forgets_and_closes),
        cmocka_unit_test(the_newest_publisher_of_a_source_counts),
        cmocka_unit_test(events_of_foreign_sessions_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
