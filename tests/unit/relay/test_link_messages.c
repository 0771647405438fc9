#include "relay/link_messages.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define EXPECTED_MAC "99ce0ae1f5ac5d71bdc0b5eb0cca9f6f7cc574cba0a39a37f29eef43cc5e6174"
#define SESSION      "00112233445566778899aabbccddeeff"

static void proof_is_the_hmac_of_the_protocol(void **state)
{
    char mac[LINK_MAC_CHARS + 1];

    /* printf 'relay\0r1\0aaaa\0bbbb' | openssl dgst -sha256 -hmac 0123456789abcdef */
    assert_int_equal(link_mac("0123456789abcdef", "relay", "r1", "aaaa", "bbbb", mac), 0);
    assert_string_equal(mac, EXPECTED_MAC);
    assert_true(link_mac_equal(mac, EXPECTED_MAC));
    mac[10] ^= 1;
    assert_false(link_mac_equal(mac, EXPECTED_MAC));
    assert_false(link_mac_equal("", ""));
}

static int parse(const char *text, struct link_message *message, struct link_refusal *refusal)
{
    memset(refusal, 0, sizeof(*refusal));
    return link_message_parse(text, strlen(text), message, refusal);
}

static void whole_request_is_read(void **state)
{
    struct link_message message;
    struct link_refusal refusal;

    assert_int_equal(
        parse(
            "{\"id\":7,\"type\":\"session.create\",\"session\":\"" SESSION "\",\"kind\":\"watch\","
            "\"lesson\":\"demo\",\"slots\":{\"video\":[\"teacher-camera\",\"\"],\"audio\":[\"\"]},"
            "\"offer\":\"v=0\",\"record\":{\"etag\":\"1\"},\"future\":true}",
            &message, &refusal),
        0);
    assert_int_equal(message.type, LINK_SESSION_CREATE);
    assert_int_equal(message.id, 7);
    assert_string_equal(message.create.session, SESSION);
    assert_int_equal(message.create.kind, SESSION_WATCH);
    assert_null(message.create.source);
    assert_null(message.create.replace);
    assert_int_equal(message.create.video_slot_count, 2);
    assert_string_equal(message.create.video_slots[0], "teacher-camera");
    assert_int_equal(message.create.audio_slot_count, 1);
    assert_string_equal(json_string_value(json_object_get(message.create.record, "etag")), "1");
    link_message_finish(&message);
}

static const char *const broken[] = {
    "",
    "[]",
    "{}",
    "nonsense",
    "{\"type\":7}",
    "{\"type\":\"hello\"}",
    "{\"type\":\"hello\",\"nonce\":\"short\"}",
    "{\"type\":\"hello\",\"nonce\":\"00112233445566778899AABBCCDDEEFF\"}",
    "{\"type\":\"welcome\",\"mac\":\"00\"}",
    "{\"type\":\"stats.get\"}",
    "{\"id\":1,\"type\":\"stats.get\",\"detail\":true}",
    "{\"id\":1,\"type\":\"stats.get\",\"detail\":true,\"lesson\":\"a b\"}",
    "{\"type\":\"unheard.of\",\"id\":1}",
    "{\"id\":1,\"type\":\"session.close\",\"session\":\"../../etc\"}",
    "{\"id\":1,\"type\":\"session.create\",\"session\":\"" SESSION "\",\"kind\":\"steal\"}",
    "{\"id\":1,\"type\":\"session.create\",\"session\":\"" SESSION
    "\",\"kind\":\"publish\",\"lesson\":\"d\",\"source\":\"\",\"offer\":\"v=0\"}",
    "{\"id\":1,\"type\":\"session.create\",\"session\":\"" SESSION
    "\",\"kind\":\"publish\",\"lesson\":\"a\\nb\",\"source\":\"s\",\"offer\":\"v=0\"}",
    "{\"id\":1,\"type\":\"session.create\",\"session\":\"" SESSION
    "\",\"kind\":\"watch\",\"lesson\":\"d\",\"slots\":{\"video\":[1]},\"offer\":\"v=0\"}",
    "{\"id\":1,\"type\":\"session.create\",\"session\":\"" SESSION
    "\",\"kind\":\"watch\",\"lesson\":\"d\",\"source\":\"s\"}",
    "{\"id\":1,\"type\":\"slots.set\",\"session\":\"" SESSION "\",\"slot\":-1,\"source\":\"\"}",
    "{\"id\":1,\"type\":\"slots.set\",\"session\":\"" SESSION "\",\"slot\":24,\"source\":\"\"}",
};

static void broken_messages_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct link_message message;
        struct link_refusal refusal;

        if (parse(broken[i], &message, &refusal) != -EBADMSG)
            fail_msg("taken: %s", broken[i]);
        assert_int_not_equal(refusal.text[0], '\0');
        assert_int_equal(refusal.has_id, strstr(broken[i], "\"id\":1") != NULL);
    }
}

static void replies_carry_the_id_and_the_error(void **state)
{
    struct session_error error = {.status = 422, .code = "no_codec", .detail = "offer H264"};
    json_t *ok = link_reply(7, json_pack("{s:s}", "answer", "v=0"));
    json_t *refused = link_reply_error(8, &error);
    const json_t *detail = json_object_get(refused, "error");

    assert_int_equal(json_integer_value(json_object_get(ok, "id")), 7);
    assert_true(json_is_true(json_object_get(ok, "ok")));
    assert_string_equal(json_string_value(json_object_get(ok, "answer")), "v=0");
    assert_true(json_is_false(json_object_get(refused, "ok")));
    assert_int_equal(json_integer_value(json_object_get(detail, "status")), 422);
    assert_string_equal(json_string_value(json_object_get(detail, "code")), "no_codec");
    json_decref(ok);
    json_decref(refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proof_is_the_hmac_of_the_protocol),
        cmocka_unit_test(whole_request_is_read),
        cmocka_unit_test(broken_messages_are_refused),
        cmocka_unit_test(replies_carry_the_id_and_the_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
