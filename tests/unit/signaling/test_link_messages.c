#include "signaling/relays/link_messages.h"
#include "signaling/relays/link_proof.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONCE           "0123456789abcdef0123456789abcdef"
#define MAC             NONCE NONCE
#define RELAY_PROOF     "f33ddd5ad9212265c3d688946d53118c805da77eb7cfa6de032564c477a67f5a"
#define SIGNALING_PROOF "b9376e47c6022ccf7d8d9ff9ba0bb567e7a6a40040760b75f6d3cf9a4db1e30d"

static int parse(const char *text, struct link_message *ret_message)
{
    struct json_error error;

    return link_message_parse(text, strlen(text), ret_message, &error);
}

static void a_registration_is_read(void **state)
{
    struct link_message message;

    assert_int_equal(
        parse("{\"type\":\"register\",\"relay\":\"r1\",\"version\":\"0.1\",\"nonce\":\"" NONCE
              "\",\"mac\":\"" MAC "\",\"capacity\":{\"sessions\":7},\"sessions\":[{}],\"new\":1}",
            &message),
        0);
    assert_int_equal(message.type, LINK_REGISTER);
    assert_string_equal(message.registration.relay, "r1");
    assert_int_equal(message.registration.capacity, 7);
    assert_int_equal(json_array_size(message.registration.sessions), 1);
    link_message_finish(&message);
}

static void replies_carry_an_answer_or_an_error(void **state)
{
    struct link_message message;

    assert_int_equal(
        parse("{\"id\":3,\"type\":\"reply\",\"ok\":true,\"answer\":\"v=0\"}", &message), 0);
    assert_true(message.has_id && message.id == 3 && message.reply.ok);
    assert_string_equal(message.reply.answer, "v=0");
    assert_null(message.reply.fragment);
    link_message_finish(&message);
    assert_int_equal(parse("{\"id\":3,\"type\":\"reply\",\"ok\":false,\"error\":{\"status\":422,"
                           "\"code\":\"no_codec\",\"detail\":\"None.\"}}",
                         &message),
        0);
    assert_int_equal(message.reply.status, 422);
    assert_string_equal(message.reply.code, "no_codec");
    link_message_finish(&message);
}

static void unknown_types_are_told_apart_by_their_id(void **state)
{
    struct link_message message;

    assert_int_equal(parse("{\"type\":\"dance\"}", &message), 0);
    assert_true(message.type == LINK_UNKNOWN && !message.has_id);
    link_message_finish(&message);
    assert_int_equal(parse("{\"type\":\"dance\",\"id\":1}", &message), 0);
    assert_true(message.has_id);
    link_message_finish(&message);
}

static void bad_messages_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "1",
        "{}",
        "{\"type\":1}",
        "{\"type\":\"register\"}",
        "{\"type\":\"register\",\"relay\":\"\",\"nonce\":\"" NONCE "\",\"mac\":\"" MAC
        "\",\"capacity\":{\"sessions\":7}}",
        "{\"type\":\"register\",\"relay\":\"r\",\"nonce\":\"short\",\"mac\":\"" MAC
        "\",\"capacity\":{\"sessions\":7}}",
        "{\"type\":\"register\",\"relay\":\"r\",\"nonce\":\"" NONCE "\",\"mac\":\"" NONCE
        "\",\"capacity\":{\"sessions\":7}}",
        "{\"type\":\"register\",\"relay\":\"r\",\"nonce\":\"" NONCE "\",\"mac\":\"" MAC
        "\",\"capacity\":7}",
        "{\"type\":\"register\",\"relay\":\"r\",\"nonce\":\"" NONCE "\",\"mac\":\"" MAC
        "\",\"capacity\":{\"sessions\":-1}}",
        "{\"type\":\"register\",\"relay\":\"r\",\"nonce\":\"" NONCE "\",\"mac\":\"" MAC
        "\",\"capacity\":{\"sessions\":1},\"sessions\":{}}",
        "{\"type\":\"reply\",\"ok\":true}",
        "{\"type\":\"reply\",\"id\":\"1\",\"ok\":true}",
        "{\"type\":\"reply\",\"id\":-1,\"ok\":true}",
        "{\"type\":\"reply\",\"id\":1,\"ok\":true,\"answer\":1}",
        "{\"type\":\"reply\",\"id\":1,\"ok\":false}",
        "{\"type\":\"reply\",\"id\":1,\"ok\":false,\"error\":{\"status\":200}}",
        "{\"type\":\"reply\",\"id\":1,\"ok\":false,\"error\":{\"status\":1000}}",
        "{\"type\":\"session.state\",\"session\":\"../x\",\"state\":\"closed\"}",
        "{\"type\":\"source.state\",\"lesson\":\"a b\",\"source\":\"c\"}",
        "{\"type\":\"load\"}",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct link_message message;

        if (parse(bad[i], &message) != -EBADMSG)
            fail_msg("%s", bad[i]);
    }
}

static void a_record_comes_back_as_it_went(void **state)
{
    struct link_record record = {
        .session = NONCE,
        .kind = LINK_WATCH,
        .lesson = "music",
        .owner = "person-1",
        .login = "0123456789abcdef",
        .etag = NONCE,
        .ufrag = "EsAw",
        .expires_s = 1800000000,
    };
    struct link_record read;
    json_t *json = link_record_to_json(&record);

    assert_int_equal(link_record_from_json(json, &read), 0);
    assert_memory_equal(&read, &record, sizeof(record));
    json_object_del(json, "login");
    memset(record.login, 0, sizeof(record.login));
    assert_int_equal(link_record_from_json(json, &read), 0);
    assert_memory_equal(&read, &record, sizeof(record));
    json_object_set_new(json, "login", json_string("a/b"));
    assert_int_equal(link_record_from_json(json, &read), -EBADMSG);
    json_object_del(json, "login");
    /* A publisher without a source is none. */
    json_object_set_new(json, "kind", json_string("publish"));
    assert_int_equal(link_record_from_json(json, &read), -EBADMSG);
    json_decref(json);
}

static void an_offer_that_is_not_utf8_makes_no_message(void **state)
{
    struct link_record record = {.session = NONCE, .lesson = "m", .source = "s", .owner = "o"};
    json_t *message = link_session_create(&record, NULL, NULL, "v=0");

    assert_non_null(message);
    json_decref(message);
    assert_null(link_session_create(&record, NULL, NULL, "v=0\xff"));
    assert_null(link_session_trickle(NONCE, "\xff"));
    assert_null(link_session_restart(&record, "\xc3"));
}

/* Computed with Python's hmac, so that both programs agree with a third. */
static void the_proofs_are_hmac_sha256_over_label_relay_and_nonces(void **state)
{
    char mac[LINK_PROOF_CHARS + 1];

    link_proof_of_relay("0123456789abcdef", "r1", "aa", "bb", mac);
    assert_string_equal(mac, RELAY_PROOF);
    link_proof_of_signaling("0123456789abcdef", "r1", "bb", "aa", mac);
    assert_string_equal(mac, SIGNALING_PROOF);
    assert_true(link_proof_equals(mac, SIGNALING_PROOF));
    assert_false(link_proof_equals(mac, RELAY_PROOF));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_read),
        cmocka_unit_test(replies_carry_an_answer_or_an_error),
        cmocka_unit_test(unknown_types_are_told_apart_by_their_id),
        cmocka_unit_test(bad_messages_are_refused),
        cmocka_unit_test(a_record_comes_back_as_it_went),
        cmocka_unit_test(an_offer_that_is_not_utf8_makes_no_message),
        cmocka_unit_test(the_proofs_are_hmac_sha256_over_label_relay_and_nonces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
