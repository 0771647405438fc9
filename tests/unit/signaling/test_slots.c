/* Slots as the relay tells them, as viewers ask for them, and who sees the stage. */
#include "signaling/http/slots_request.h"
#include "signaling/lessons/stage.h"
#include "signaling/relays/relays.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID       "0123456789abcdef0123456789abcdef"
#define START_US UINT64_C(1000000)

static int read_slots(
    const char *text, struct link_slot ret_slots[LINK_MAX_SLOTS], size_t *ret_count)
{
    json_t *json = json_loads(text, 0, NULL);
    int r = link_slots_from_json(json, ret_slots, ret_count);

    json_decref(json);
    return r;
}

static void slots_are_read_with_line_kind_place_source_and_state(void **state)
{
    struct link_slot slots[LINK_MAX_SLOTS];
    size_t count = 0;

    assert_int_equal(read_slots("[[1, \"video\", 0, \"teacher-camera\", \"playing\"],"
                                " [4, \"audio\", 2, \"\", \"no_codec\"]]",
                         slots, &count),
        0);
    assert_int_equal(count, 2);
    assert_true(slots[0].is_video && slots[0].line == 1 && slots[0].place == 0);
    assert_string_equal(slots[0].source, "teacher-camera");
    assert_int_equal(slots[0].state, LINK_SLOT_PLAYING);
    assert_true(!slots[1].is_video && slots[1].line == 4 && slots[1].place == 2);
    assert_string_equal(slots[1].source, "");
    assert_int_equal(slots[1].state, LINK_SLOT_NO_CODEC);
    assert_int_equal(read_slots("[]", slots, &count), 0);
    assert_int_equal(count, 0);
}

static void slots_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[1]",
        "[[]]",
        "[[0, \"video\", 0, \"a\"]]",
        "[[0.0, \"video\", 0, \"a\", \"empty\"]]",
        "[[-1, \"video\", 0, \"a\", \"empty\"]]",
        "[[24, \"video\", 0, \"a\", \"empty\"]]",
        "[[0, \"video\", 24, \"a\", \"empty\"]]",
        "[[0, \"smell\", 0, \"a\", \"empty\"]]",
        "[[0, \"video\", 0, \"a b\", \"empty\"]]",
        "[[0, \"video\", 0, 1, \"empty\"]]",
        "[[0, \"video\", 0, \"a\", \"asleep\"]]",
        "[[1, \"video\", 0, \"a\", \"empty\"], [1, \"video\", 1, \"a\", \"empty\"]]",
        "[[2, \"video\", 0, \"a\", \"empty\"], [1, \"video\", 1, \"a\", \"empty\"]]",
    };
    struct link_slot slots[LINK_MAX_SLOTS];
    char many[2048] = "[";
    size_t count = 99;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (read_slots(bad[i], slots, &count) != -EBADMSG)
            fail_msg("%s", bad[i]);
    }
    for (unsigned i = 0; i <= LINK_MAX_SLOTS; i++)
        sprintf(
            many + strlen(many), "%s[%u, \"video\", 0, \"a\", \"empty\"]", i ? "," : "", i % 24);
    strcat(many, "]");
    assert_int_equal(read_slots(many, slots, &count), -EBADMSG);
    assert_int_equal(link_slots_from_json(NULL, slots, &count), -EBADMSG);
    assert_int_equal(count, 99);
}

static void a_slot_event_names_a_slot_and_a_known_state(void **state)
{
    static const struct {
        const char *slot;
        const char *name;
        int result;
    } rows[] = {
        {"0", "playing", 0},
        {"23", "no_codec", 0},
        {"1", "paused", 0},
        {"24", "playing", -EBADMSG},
        {"-1", "playing", -EBADMSG},
        {"\"0\"", "playing", -EBADMSG},
        {"0", "asleep", -EBADMSG},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct link_message message;
        struct json_error error;
        char text[256];

        snprintf(text, sizeof(text),
            "{\"type\":\"slot.state\",\"session\":\"" ID "\",\"slot\":%s,\"state\":\"%s\"}",
            rows[i].slot, rows[i].name);
        assert_int_equal(link_message_parse(text, strlen(text), &message, &error), rows[i].result);
        if (rows[i].result == 0)
            link_message_finish(&message);
    }
}

static void a_viewers_record_keeps_view_room_and_what_it_may_watch(void **state)
{
    struct link_record record = {
        .session = ID,
        .kind = LINK_WATCH,
        .lesson = "music",
        .owner = "device-1",
        .etag = ID,
        .view = LINK_VIEW_LESSON,
        .room = "room-1",
    };
    struct link_record read;
    json_t *json;

    assert_int_equal(token_sources_parse("teacher-camera,*", &record.watch), 0);
    json = link_record_to_json(&record);
    assert_int_equal(link_record_from_json(json, &read), 0);
    assert_memory_equal(&read, &record, sizeof(record));
    json_object_set_new(json, "room", json_string("a b"));
    assert_int_equal(link_record_from_json(json, &read), -EBADMSG);
    json_object_set_new(json, "room", json_string(""));
    json_object_set_new(json, "watch", json_string("*"));
    assert_int_equal(link_record_from_json(json, &read), -EBADMSG);
    json_object_del(json, "watch");
    json_object_set_new(json, "view", json_string("dance"));
    assert_int_equal(link_record_from_json(json, &read), -EBADMSG);
    /* A relay that was fed by an older signaling. */
    json_object_del(json, "view");
    assert_int_equal(link_record_from_json(json, &read), 0);
    assert_int_equal(read.view, LINK_VIEW_SOURCE);
    json_decref(json);
}

static void a_choice_of_slots_is_read(void **state)
{
    static const char text[] =
        "{\"slots\":[{\"slot\":17,\"source\":\"room-1\"},{\"slot\":0,\"source\":\"\"}]}";
    struct slots_request request;

    assert_int_equal(slots_request_parse(text, strlen(text), &request), 0);
    assert_int_equal(request.count, 2);
    assert_int_equal(request.changes[0].line, 17);
    assert_string_equal(request.changes[0].source, "room-1");
    assert_string_equal(request.changes[1].source, "");
    assert_int_equal(slots_request_parse(NULL, 0, &request), -EBADMSG);
}

static void who_sees_a_stage(void **state)
{
    static const struct {
        const char *watch, *room, *owner, *stage, *publisher, *seen;
    } rows[] = {
        {"*", "", "viewer", "room-1", "box-1", "room-1"},
        {"*", "", "viewer", "", "", ""},
        {"*", "", "viewer", "room-1", "", "room-1"},             /* nobody publishes yet */
        {"*", "room-1", "viewer", "room-1", "", ""},             /* sits there by its token */
        {"*", "room-2", "viewer", "room-1", "box-1", "room-1"},  /* sits elsewhere */
        {"*", "", "box-1", "room-1", "box-1", ""},               /* by its subject */
        {"*", "room-2", "box-1", "room-1", "box-1", ""},         /* a box moved */
        {"teacher-camera", "", "viewer", "room-1", "box-1", ""}, /* may not */
        {"teacher-camera,room-1", "", "viewer", "room-1", "", "room-1"}, /* may watch this room */
        {"teacher-camera,room-2", "", "viewer", "room-1", "", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct link_record viewer = {.view = LINK_VIEW_LESSON};

        assert_int_equal(token_sources_parse(rows[i].watch, &viewer.watch), 0);
        strcpy(viewer.room, rows[i].room);
        strcpy(viewer.owner, rows[i].owner);
        if (strcmp(stage_seen_by(&viewer, rows[i].stage, rows[i].publisher), rows[i].seen) != 0)
            fail_msg("row %zu", i);
    }
}

static void a_token_that_names_one_room_to_publish_sits_in_it(void **state)
{
    static const char *const rows[][2] = {
        {"room-1", "room-1"},
        {"teacher-camera,room-7", "room-7"},
        {"room-1,room-2", ""},
        {"teacher-camera", ""},
        {"*", ""},
        {"roommate", ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct token_sources publish = {.count = 0};

        assert_int_equal(token_sources_parse(rows[i][0], &publish), 0);
        assert_string_equal(token_sources_room(&publish), rows[i][1]);
    }
}

static bool keep_last(void *link, const char *text, size_t len)
{
    snprintf(link, 256, "%.*s", (int)len, text);
    return true;
}

static void a_slot_that_was_asked_for_is_noted_and_one_that_could_not_be_is_not(void **state)
{
    static const struct relay_link_ops ops = {.send = keep_last};
    const struct link_register registration = {.relay = "r", .version = "1", .capacity = 9};
    const struct link_record record = {.session = ID, .kind = LINK_WATCH, .lesson = "m"};
    struct media_sessions *sessions = media_sessions_create();
    struct relays *relays = relays_create(sessions, &ops);
    struct media_session *session;
    struct relay *relay;
    json_t *slots = json_loads("[[3, \"video\", 0, \"a-long-name\", \"no_codec\"]]", 0, NULL);
    char last[256] = "";

    relay = relays_connect(relays, last, &registration, START_US);
    session = media_sessions_add(sessions, &record, "r", MEDIA_SESSION_LIVE);
    assert_int_equal(media_session_take_slots(session, slots), 0);
    assert_int_equal(media_session_take_slots(session, NULL), 0);
    assert_null(media_session_slot(session, 0));
    assert_true(relays_set_slot(
        relays, session, media_session_slot(session, 3), "b", NULL, NULL, START_US));
    assert_string_equal(session->slots[0].source, "b");
    assert_int_equal(session->slots[0].state, LINK_SLOT_EMPTY);
    assert_non_null(strstr(last, "\"slot\":3"));
    assert_non_null(strstr(last, "\"source\":\"b\""));
    relays_disconnect(relays, relay, last, START_US);
    assert_false(relays_set_slot(
        relays, session, media_session_slot(session, 3), "c", NULL, NULL, START_US));
    assert_string_equal(session->slots[0].source, "b");
    json_decref(slots);
    relays_destroy(relays);
    media_sessions_destroy(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_read_with_line_kind_place_source_and_state),
        cmocka_unit_test(slots_that_make_no_sense_are_refused),
        cmocka_unit_test(a_slot_event_names_a_slot_and_a_known_state),
        cmocka_unit_test(a_viewers_record_keeps_view_room_and_what_it_may_watch),
        cmocka_unit_test(a_choice_of_slots_is_read),
        cmocka_unit_test(who_sees_a_stage),
        cmocka_unit_test(a_token_that_names_one_room_to_publish_sits_in_it),
        cmocka_unit_test(a_slot_that_was_asked_for_is_noted_and_one_that_could_not_be_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
