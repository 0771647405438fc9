/* Which m-line took which slot, as signaling is told: offers that mix kinds and have rejected lines. */
#include "relay/session_slots.h"

#include "tests/unit/relay/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FINGERPRINT                                                                                \
    "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:"   \
    "88:99"

/* One letter per m-line: v, a; n is a video line without a codec that we know, x one that the offer
 * itself rejects, s an audio line that only sends. */
static void write_offer(const char *lines, char *offer, size_t size)
{
    int len = snprintf(offer, size,
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        "a=group:BUNDLE");

    for (size_t i = 0; lines[i] != '\0'; i++) {
        if (lines[i] != 'x')
            len += snprintf(offer + len, size - (size_t)len, " %zu", i);
    }
    for (size_t i = 0; lines[i] != '\0'; i++) {
        bool audio = lines[i] == 'a' || lines[i] == 's';

        len += snprintf(offer + len, size - (size_t)len,
            "\r\nm=%s %d UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:%zu\r\na=%s\r\n"
            "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\na=setup:actpass\r\n"
            "a=fingerprint:sha-256 " FINGERPRINT "\r\na=rtcp-mux\r\na=rtpmap:96 %s",
            audio ? "audio" : "video", lines[i] == 'x' ? 0 : 9, i,
            lines[i] == 's' ? "sendonly" : "recvonly",
            audio             ? "opus/48000/2"
            : lines[i] == 'n' ? "rtx/90000"
                              : "VP8/90000");
    }
    snprintf(offer + len, size - (size_t)len, "\r\n");
}

/* The slots of a viewer of a lesson with such an offer. */
static struct session_slots *slots_of(const char *lines, struct negotiation **ret_negotiation)
{
    char offer[16384];
    struct session_request request = {
        .session = "00112233445566778899aabbccddeeff",
        .kind = SESSION_WATCH,
        .lesson = "demo",
        .offer = offer,
        .video_slots = {"teacher-camera", "teacher-content", ""},
        .video_slot_count = 3,
        .audio_slots = {"teacher-camera", ""},
        .audio_slot_count = 2,
    };
    struct session_slots *slots = NULL;
    struct session_error error = {0};

    write_offer(lines, offer, sizeof(offer));
    if (negotiation_create(&request, ret_negotiation, &error) < 0)
        fail_msg("%s: %s", lines, error.detail);
    assert_int_equal(session_slots_create(*ret_negotiation, &slots), 0);
    return slots;
}

static void assert_slots(const struct session_slots *slots, const char *expected)
{
    json_t *json = session_slots_to_json(slots);
    char *text = json_dumps(json, JSON_COMPACT);

    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void m_lines_take_the_slots_of_their_kind_in_order(void **state)
{
    static const struct {
        const char *lines;
        const char *slots;
    } rows[] = {
        {"vvvaa", "[[0,\"video\",0,\"teacher-camera\",\"empty\"],"
                  "[1,\"video\",1,\"teacher-content\",\"empty\"],[2,\"video\",2,\"\",\"empty\"],"
                  "[3,\"audio\",0,\"teacher-camera\",\"empty\"],[4,\"audio\",1,\"\",\"empty\"]]"},
        {"avavv", "[[0,\"audio\",0,\"teacher-camera\",\"empty\"],"
                  "[1,\"video\",0,\"teacher-camera\",\"empty\"],[2,\"audio\",1,\"\",\"empty\"],"
                  "[3,\"video\",1,\"teacher-content\",\"empty\"],[4,\"video\",2,\"\",\"empty\"]]"},
        /* rejected by the offer, without a codec, or not receiving: no slot, but a place */
        {"xva", "[[1,\"video\",1,\"teacher-content\",\"empty\"],"
                "[2,\"audio\",0,\"teacher-camera\",\"empty\"]]"},
        {"nvv", "[[1,\"video\",1,\"teacher-content\",\"empty\"],[2,\"video\",2,\"\",\"empty\"]]"},
        {"sva", "[[1,\"video\",0,\"teacher-camera\",\"empty\"],[2,\"audio\",1,\"\",\"empty\"]]"},
        /* more than there are slots */
        {"vvvv", "[[0,\"video\",0,\"teacher-camera\",\"empty\"],"
                 "[1,\"video\",1,\"teacher-content\",\"empty\"],[2,\"video\",2,\"\",\"empty\"]]"},
        {"aaav", "[[0,\"audio\",0,\"teacher-camera\",\"empty\"],[1,\"audio\",1,\"\",\"empty\"],"
                 "[3,\"video\",0,\"teacher-camera\",\"empty\"]]"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct negotiation *negotiation = NULL;
        struct session_slots *slots = slots_of(rows[i].lines, &negotiation);

        assert_slots(slots, rows[i].slots);
        session_slots_destroy(slots);
        negotiation_destroy(negotiation);
    }
}

static void sources_and_states_are_those_told_last(void **state)
{
    struct negotiation *negotiation = NULL;
    struct session_slots *slots = slots_of("vxva", &negotiation);

    negotiation_destroy(negotiation);              /* nothing is borrowed from it */
    session_slots_set_state(slots, 1, "no_codec"); /* of the source before */
    session_slots_set_source(slots, 1, "room-1");
    session_slots_set_state(slots, 1, "playing");
    session_slots_set_source(slots, 1, "room-1"); /* the same again plays on */
    session_slots_set_state(slots, 0, "playing");
    session_slots_set_source(slots, 0, "");
    session_slots_set_state(slots, 2, "no_codec");
    session_slots_set_source(slots, 3, "nowhere");
    session_slots_set_state(slots, 3, "nowhere");
    assert_slots(slots, "[[0,\"video\",0,\"\",\"empty\"],[2,\"video\",2,\"room-1\",\"playing\"],"
                        "[3,\"audio\",0,\"teacher-camera\",\"no_codec\"]]");
    session_slots_destroy(slots);
    session_slots_set_source(NULL, 0, "a");
    assert_null(session_slots_to_json(NULL));
}

static void a_wall_of_chromium_gets_eighteen_slots(void **state)
{
    struct session_request request = {
        .session = "00112233445566778899aabbccddeeff",
        .kind = SESSION_WATCH,
        .lesson = "demo",
        .video_slot_count = 16,
        .audio_slot_count = 2,
    };
    char *offer = fixture_read("chromium-wall.sdp");
    struct negotiation *negotiation = NULL;
    struct session_slots *slots = NULL;
    struct session_error error = {0};
    json_t *json;

    for (size_t i = 0; i < 16; i++)
        request.video_slots[i] = "";
    for (size_t i = 0; i < 2; i++)
        request.audio_slots[i] = "";
    request.offer = offer;
    assert_int_equal(negotiation_create(&request, &negotiation, &error), 0);
    assert_int_equal(session_slots_create(negotiation, &slots), 0);
    json = session_slots_to_json(slots);
    assert_int_equal(json_array_size(json), 18);
    json_decref(json);
    session_slots_destroy(slots);
    negotiation_destroy(negotiation);
    free(offer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m_lines_take_the_slots_of_their_kind_in_order),
        cmocka_unit_test(sources_and_states_are_those_told_last),
        cmocka_unit_test(a_wall_of_chromium_gets_eighteen_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
