/* Sessions as signaling sees them, with a real mux and router but no network: what is sent is
 * swallowed, so nothing ever connects. */
#include "relay/session_table.h"

#include "common/clock.h"
#include "tests/unit/relay/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_SESSIONS 3

struct shell {
    struct transport_identity *identity;
    struct transport_mux *mux;
    struct router *router;
    struct session_table *table;
    struct candidate_list candidates;
    json_t *events;
    char *whip;
    char *whep;
    uint64_t now_us;
    unsigned next_id;
    char id[SESSION_ID_CHARS + 1]; /* of the last request */
};

static int swallow(void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
    return 0;
}

static uint8_t *reserve(void *user, const struct transport_path *path, size_t capacity)
{
    static uint8_t room[2048];

    return room;
}

static void commit(void *user, const struct transport_path *path, size_t len)
{
}

static void on_connection_unused(void *user, uint32_t connection)
{
}

static void on_event(void *user, json_t *event)
{
    struct shell *shell = user;

    json_array_append_new(shell->events, event);
}

static int setup(void **state)
{
    struct shell *shell = calloc(1, sizeof(*shell));
    struct transport_mux_params mux = {.send = swallow,
        .reserve = reserve,
        .commit = commit,
        .on_connection_unused = on_connection_unused};
    struct session_table_params table = {
        .max_sessions = MAX_SESSIONS, .on_event = on_event, .user = shell};
    struct address_list addresses;

    assert_non_null(shell);
    addresses_of_host("127.0.0.1", false, &addresses);
    candidate_list_init(&addresses, 3478, true, &shell->candidates);
    assert_int_equal(transport_identity_create(&shell->identity), 0);
    mux.identity = shell->identity;
    assert_int_equal(transport_mux_create(&mux, &shell->mux), 0);
    assert_int_equal(router_create(NULL, &shell->router), 0);
    table.mux = shell->mux;
    table.router = shell->router;
    table.identity = shell->identity;
    table.candidates = &shell->candidates;
    assert_int_equal(session_table_create(&table, &shell->table), 0);
    shell->events = json_array();
    shell->whip = fixture_read("chromium-whip.sdp");
    shell->whep = fixture_read("chromium-whep.sdp");
    shell->now_us = US_PER_S;
    *state = shell;
    return 0;
}

static int teardown(void **state)
{
    struct shell *shell = *state;

    session_table_destroy(shell->table);
    router_destroy(shell->router);
    transport_mux_destroy(shell->mux);
    transport_identity_destroy(shell->identity);
    json_decref(shell->events);
    free(shell->whip);
    free(shell->whep);
    free(shell);
    return 0;
}

/* Opens a session; 0 and its id in shell->id, or the status of the refusal. */
static int open_session(
    struct shell *shell, enum session_kind kind, const char *source, const char *replace)
{
    struct session_error error = {0};
    json_t *members = NULL;
    json_t *record = json_pack("{s:s, s:i}", "owner", "wang", "n", (int)shell->next_id);
    char id[SESSION_ID_CHARS + 1];
    struct session_request request = {
        .session = id,
        .kind = kind,
        .lesson = "demo",
        .source = source,
        .replace = replace,
        .offer = kind == SESSION_PUBLISH ? shell->whip : shell->whep,
        .record = record,
    };
    int err;

    snprintf(id, sizeof(id), "%032x", ++shell->next_id);
    err = session_table_open(shell->table, &request, shell->now_us, &members, &error);
    json_decref(record);
    if (err < 0) {
        assert_null(members);
        assert_int_not_equal(error.detail[0], '\0');
        return error.status;
    }
    assert_non_null(strstr(json_string_value(json_object_get(members, "answer")), "a=candidate:"));
    json_decref(members);
    memcpy(shell->id, id, sizeof(id));
    return 0;
}

static size_t count_events(const struct shell *shell, const char *id, const char *reason)
{
    size_t count = 0;
    size_t i;
    json_t *event;

    json_array_foreach(shell->events, i, event)
    {
        const char *session = json_string_value(json_object_get(event, "session"));
        const char *why = json_string_value(json_object_get(event, "reason"));

        if (session != NULL && strcmp(session, id) == 0 && why != NULL && strcmp(why, reason) == 0)
            count++;
    }
    return count;
}

static void taken_source_is_refused_and_stays_with_its_publisher(void **state)
{
    struct shell *shell = *state;
    char first[SESSION_ID_CHARS + 1];

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    memcpy(first, shell->id, sizeof(first));
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 409);
    assert_int_equal(
        open_session(shell, SESSION_PUBLISH, "teacher-camera", "ffffffffffffffffffffffffffffffff"),
        409);
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-content", NULL), 0);
    /* A session of another source does not open this one. */
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", shell->id), 409);
    assert_int_equal(session_table_count(shell->table), 2);
    assert_int_equal(count_events(shell, first, "replaced"), 0);
}

static void silent_publisher_is_replaced_at_once_by_its_owner(void **state)
{
    struct shell *shell = *state;
    char first[SESSION_ID_CHARS + 1];

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    memcpy(first, shell->id, sizeof(first));
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", first), 0);
    assert_int_equal(session_table_count(shell->table), 1);
    assert_int_equal(count_events(shell, first, "replaced"), 1);
}

static void broken_offer_replaces_nobody(void **state)
{
    struct shell *shell = *state;
    char first[SESSION_ID_CHARS + 1];

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    memcpy(first, shell->id, sizeof(first));
    shell->whip[0] = 'x';
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", first), 400);
    assert_int_equal(session_table_count(shell->table), 1);
    assert_int_equal(count_events(shell, first, "replaced"), 0);
}

static void full_relay_refuses_with_503(void **state)
{
    struct shell *shell = *state;

    for (size_t i = 0; i < MAX_SESSIONS; i++)
        assert_int_equal(open_session(shell, SESSION_WATCH, "teacher-camera", NULL), 0);
    assert_int_equal(open_session(shell, SESSION_WATCH, "teacher-camera", NULL), 503);
    session_table_close(shell->table, shell->id);
    assert_int_equal(open_session(shell, SESSION_WATCH, "teacher-camera", NULL), 0);
}

static void closing_is_told_once_and_twice_does_no_harm(void **state)
{
    struct shell *shell = *state;

    assert_int_equal(open_session(shell, SESSION_WATCH, "teacher-camera", NULL), 0);
    session_table_close(shell->table, shell->id);
    session_table_close(shell->table, shell->id);
    assert_int_equal(count_events(shell, shell->id, "requested"), 1);
    assert_int_equal(session_table_count(shell->table), 0);
}

static void session_that_never_connects_ends_by_itself(void **state)
{
    struct shell *shell = *state;

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    for (int i = 0; i < 60; i++) {
        shell->now_us += US_PER_S;
        transport_mux_tick(shell->mux, shell->now_us);
        session_table_sweep(shell->table);
    }
    assert_int_equal(session_table_count(shell->table), 0);
    assert_int_equal(json_array_size(shell->events), 1);
    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
}

static void records_come_back_as_they_were_given(void **state)
{
    struct shell *shell = *state;
    json_t *records;
    json_t *record;

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    records = session_table_records(shell->table);
    assert_int_equal(json_array_size(records), 1);
    record = json_array_get(records, 0);
    assert_string_equal(json_string_value(json_object_get(record, "owner")), "wang");
    assert_string_equal(json_string_value(json_object_get(record, "session")), shell->id);
    assert_string_equal(json_string_value(json_object_get(record, "state")), "new");
    json_decref(records);
}

static void restart_gives_new_credentials_and_keeps_the_new_record(void **state)
{
    static const char fragment[] = "a=ice-ufrag:newu\r\na=ice-pwd:newpasswordnewpasswordne\r\n"
                                   "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
    struct shell *shell = *state;
    struct session_error error = {0};
    json_t *record = json_pack("{s:s}", "etag", "2");
    json_t *members = NULL;
    json_t *records;
    const char *answer;

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    assert_int_equal(session_table_restart(shell->table, shell->id, fragment, record, shell->now_us,
                         &members, &error),
        0);
    answer = json_string_value(json_object_get(members, "fragment"));
    assert_non_null(strstr(answer, "a=ice-ufrag:"));
    assert_null(strstr(answer, "newu"));
    assert_int_equal(text_count_lines(answer, "a=candidate:"), 2);
    records = session_table_records(shell->table);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(records, 0), "etag")), "2");
    json_decref(records);
    json_decref(members);
    json_decref(record);
}

static void trickle_of_another_session_is_refused(void **state)
{
    struct shell *shell = *state;
    struct session_error error = {0};

    assert_int_equal(open_session(shell, SESSION_PUBLISH, "teacher-camera", NULL), 0);
    assert_int_equal(session_table_trickle(shell->table, shell->id,
                         "a=ice-ufrag:3KyL\r\na=ice-pwd:FCsMyla80q2mK4SCp2HbU+i3\r\n", &error),
        0);
    assert_true(session_table_trickle(shell->table, shell->id,
                    "a=ice-ufrag:other\r\na=ice-pwd:FCsMyla80q2mK4SCp2HbU+i3\r\n", &error) < 0);
    assert_int_equal(error.status, 400);
    assert_true(session_table_trickle(shell->table, "00000000000000000000000000000000",
                    "a=ice-ufrag:3KyL\r\na=ice-pwd:FCsMyla80q2mK4SCp2HbU+i3\r\n", &error) < 0);
    assert_int_equal(error.status, 404);
}

/* What `register` would say that a slot shows; valid until the next call. */
static const char *registered_source(const struct shell *shell, size_t slot)
{
    static char source[MEDIA_NAME_CHARS + 1];
    json_t *records = session_table_records(shell->table);
    json_t *slots = json_object_get(json_array_get(records, 0), "slots");
    json_t *name = json_array_get(json_array_get(slots, slot), 3);

    snprintf(source, sizeof(source), "%s", json_string_value(name));
    json_decref(records);
    return source;
}

static void slots_are_counted_by_m_line(void **state)
{
    struct shell *shell = *state;
    struct session_error error = {0};

    assert_int_equal(open_session(shell, SESSION_WATCH, "teacher-camera", NULL), 0);
    assert_int_equal(
        session_table_set_slot(shell->table, shell->id, 0, "room-3", shell->now_us, &error), 0);
    assert_string_equal(registered_source(shell, 0), "room-3");
    assert_string_equal(registered_source(shell, 1), "teacher-camera");
    assert_true(
        session_table_set_slot(shell->table, shell->id, 7, "room-3", shell->now_us, &error) < 0);
    assert_int_equal(error.status, 400);
}

int main(void)
{
#define WITH_SHELL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_SHELL(taken_source_is_refused_and_stays_with_its_publisher),
        WITH_SHELL(silent_publisher_is_replaced_at_once_by_its_owner),
        WITH_SHELL(broken_offer_replaces_nobody),
        WITH_SHELL(full_relay_refuses_with_503),
        WITH_SHELL(closing_is_told_once_and_twice_does_no_harm),
        WITH_SHELL(session_that_never_connects_ends_by_itself),
        WITH_SHELL(records_come_back_as_they_were_given),
        WITH_SHELL(restart_gives_new_credentials_and_keeps_the_new_record),
        WITH_SHELL(trickle_of_another_session_is_refused),
        WITH_SHELL(slots_are_counted_by_m_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
