#include "relay/wire/sdpfrag.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

#define CREDENTIALS "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
#define AUDIO       "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"

static struct sdpfrag parse(const char *text)
{
    struct sdp_error error = {0};
    struct sdpfrag fragment = {0};

    if (sdpfrag_parse(text, strlen(text), &fragment, &error) < 0)
        fail_msg("%s", error.text);
    return fragment;
}

static void candidates_and_their_end_stand_beside_the_credentials(void **state)
{
    struct sdpfrag fragment = parse(CREDENTIALS AUDIO
        "a=mid:0\r\n"
        "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
        "a=candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"
        "a=candidate:1 1 udp 2122260223 192.0.2.1 61765 typ host\r\na=end-of-candidates\r\n");

    assert_string_equal(fragment.ice_ufrag, "EsAw");
    assert_string_equal(fragment.ice_pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
}

static void credentials_under_m_lines_count_and_may_repeat(void **state)
{
    struct sdpfrag fragment = parse(AUDIO "a=mid:0\n" CREDENTIALS AUDIO "a=mid:1\n" CREDENTIALS);

    assert_string_equal(fragment.ice_ufrag, "EsAw");
    fragment = parse("a=end-of-candidates");
    assert_string_equal(fragment.ice_ufrag, "");
}

static void malformed_fragments_are_named(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "empty fragment"},
        {"hello", "line 1: expected a letter"},
        {"a=ice-ufrag:abc\r\n", "line 1: a=ice-ufrag"},
        {"a=ice-pwd:short\r\n", "line 1: a=ice-pwd"},
        {"a=ice-ufrag:abcd\r\n", "belong together"},
        {CREDENTIALS "a=ice-ufrag:Other\r\n", "line 3: more than one"},
        {"a=mid:0\r\n", "line 1: a=mid"},
        {AUDIO "a=mid:a b\r\n", "line 2: a=mid"},
        {"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", "line 1: a=candidate"},
        {"a=x\x01\r\n", "line 1: control character"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sdp_error error = {0};
        struct sdpfrag fragment;
        assert_int_equal(
            sdpfrag_parse(cases[i].text, strlen(cases[i].text), &fragment, &error), -EBADMSG);
        if (!strstr(error.text, cases[i].message))
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.text, cases[i].message);
    }
}

static void limits_are_kept(void **state)
{
    char text[SDPFRAG_MAX_BYTES + 1];
    struct sdp_error error;
    struct sdpfrag fragment;
    size_t len = 0;

    memset(text, 'a', sizeof(text));
    assert_int_equal(sdpfrag_parse(text, sizeof(text), &fragment, &error), -E2BIG);
    for (size_t i = 0; i < SDPFRAG_MAX_MEDIA; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", AUDIO);
    assert_int_equal(sdpfrag_parse(text, len, &fragment, &error), 0);
    len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", AUDIO);
    assert_int_equal(sdpfrag_parse(text, len, &fragment, &error), -E2BIG);
}

static void an_answer_reads_back(void **state)
{
    static const char *const candidates[] = {
        "candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host",
        "2 1 tcp 1671430143 198.51.100.1 39132 typ host tcptype passive",
    };
    const struct sdpfrag_answer answer = {
        .ice_ufrag = "289b31b7",
        .ice_pwd = "0b66f472495ef0ccac7bda65",
        .kind = "audio",
        .mid = "0",
        .candidates = candidates,
        .candidate_count = 2,
    };
    struct sdp_writer writer;
    char text[1024];

    sdp_writer_init(&writer, text, sizeof(text));
    sdpfrag_write_answer(&writer, &answer);
    assert_false(writer.failed);
    assert_non_null(strstr(text, "a=ice-lite\r\n"));
    assert_non_null(strstr(text, "\r\na=mid:0\r\n"));
    assert_non_null(strstr(text, "\r\na=candidate:1 1 udp"));
    assert_non_null(strstr(text, "\r\na=candidate:2 1 tcp"));
    assert_non_null(strstr(text, "\r\na=end-of-candidates\r\n"));
    assert_null(strstr(text, "candidate:candidate:"));
    struct sdpfrag fragment = parse(text);
    assert_string_equal(fragment.ice_ufrag, answer.ice_ufrag);
    assert_string_equal(fragment.ice_pwd, answer.ice_pwd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_and_their_end_stand_beside_the_credentials),
        cmocka_unit_test(credentials_under_m_lines_count_and_may_repeat),
        cmocka_unit_test(malformed_fragments_are_named),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(an_answer_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
