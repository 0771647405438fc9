/* Offers that no session can come of: which status, which code, which sentence. */
#include "relay/negotiation.h"
#include "tests/unit/relay/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct refusal_case {
    const char *what;
    const char *fixture;
    enum session_kind kind;
    const char *from;
    const char *to;
    int status;
    const char *code;
    const char *detail; /* part of the sentence */
};

static const struct refusal_case refusals[] = {
    {"no bundle", "chromium-whip.sdp", SESSION_PUBLISH, "a=group:BUNDLE 0 1\r\n", "", 422,
        "unsupported_sdp", "BUNDLE"},
    {"an m-line outside of the bundle", "chromium-whip.sdp", SESSION_PUBLISH, "BUNDLE 0 1",
        "BUNDLE 0", 422, "unsupported_sdp", "BUNDLE"},
    {"no rtcp-mux", "chromium-whip.sdp", SESSION_PUBLISH, "a=rtcp-mux\r\n", "", 422,
        "unsupported_sdp", "rtcp-mux"},
    {"no fingerprint", "chromium-whip.sdp", SESSION_PUBLISH, "a=fingerprint:sha-256 ",
        "a=x-none:", 422, "unsupported_sdp", "fingerprint"},
    {"a fingerprint by sha-1", "chromium-whip.sdp", SESSION_PUBLISH, "a=fingerprint:sha-256 ",
        "a=fingerprint:sha-1 ", 422, "unsupported_sdp", "sha-256"},
    {"no ICE password", "chromium-whip.sdp", SESSION_PUBLISH, "a=ice-pwd:FCsMyla80q2mK4SCp2HbU+i3",
        "a=x-none:1", 422, "unsupported_sdp", "ice-pwd"},
    {"a passive publisher", "chromium-whip.sdp", SESSION_PUBLISH, "a=setup:actpass",
        "a=setup:passive", 422, "unsupported_sdp", "actpass"},
    {"ICE-lite on both sides", "chromium-whip.sdp", SESSION_PUBLISH, "t=0 0\r\n",
        "t=0 0\r\na=ice-lite\r\n", 422, "unsupported_sdp", "ice-lite"},
    {"unencrypted media", "chromium-whip.sdp", SESSION_PUBLISH, "UDP/TLS/RTP/SAVPF", "RTP/AVPF",
        422, "unsupported_sdp", "SAVPF"},
    {"two audio tracks", "chromium-whip.sdp", SESSION_PUBLISH, "m=video 33035", "m=audio 33035",
        422, "too_many_tracks", "second audio"},
    {"a publisher that only receives", "chromium-whip.sdp", SESSION_PUBLISH, "a=sendrecv",
        "a=recvonly", 422, "unsupported_sdp", "sends nothing"},
    {"unknown codecs only", "gstreamer-whip.sdp", SESSION_PUBLISH, "H264/90000", "red/90000", 422,
        "no_codec", "H264 or VP8"},
    {"a data channel", "chromium-datachannel.sdp", SESSION_PUBLISH, "m=application",
        "m=application", 422, "unsupported_sdp", "data channel"},
    {"a data channel of a viewer", "chromium-datachannel.sdp", SESSION_WATCH, "m=application",
        "m=application", 422, "unsupported_sdp", "data channel"},
    {"a viewer that only sends", "chromium-whep.sdp", SESSION_WATCH, "a=recvonly", "a=sendonly",
        422, "unsupported_sdp", "receives"},
    {"a viewer without codecs", "gstreamer-whep.sdp", SESSION_WATCH, "/90000", "/90000", 0, NULL,
        NULL},
    {"no v= line", "chromium-whip.sdp", SESSION_PUBLISH, "v=0\r\n", "", 400, "bad_sdp", "line"},
    {"a broken m-line", "chromium-whip.sdp", SESSION_PUBLISH, "m=video 33035 UDP",
        "m=video xyz UDP", 400, "bad_sdp", "line"},
    {"a broken rtpmap", "chromium-whip.sdp", SESSION_PUBLISH, "a=rtpmap:96 VP8/90000",
        "a=rtpmap:96 VP8/zero", 400, "bad_sdp", "line"},
};

static void broken_offers_are_refused_with_status_code_and_a_sentence(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal_case *at = &refusals[i];
        char *fixture = fixture_read(at->fixture);
        char *offer = text_replace(fixture, at->from, at->to);
        struct session_request request =
            at->kind == SESSION_PUBLISH ? request_publish(offer) : request_watch(offer);
        struct negotiation *negotiation = NULL;
        struct session_error error = {0};
        int err = negotiation_create(&request, &negotiation, &error);

        if (at->status == 0) {
            assert_int_equal(err, 0);
        } else if (err >= 0 || error.status != at->status || strcmp(error.code, at->code) != 0 ||
                   strstr(error.detail, at->detail) == NULL) {
            fail_msg("%s: %d %d %s \"%s\"", at->what, err, error.status, error.code, error.detail);
        }
        negotiation_destroy(negotiation);
        free(offer);
        free(fixture);
    }
}

static void text_that_is_no_sdp_is_a_400(void **state)
{
    static const char *const texts[] = {"", "hello", "v=0", "{\"sdp\":1}", "\r\n\r\n"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct session_request request = request_publish(texts[i]);
        struct negotiation *negotiation = NULL;
        struct session_error error = {0};

        assert_true(negotiation_create(&request, &negotiation, &error) < 0);
        assert_true(error.status == 400 || error.status == 422);
        assert_int_not_equal(error.detail[0], '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_offers_are_refused_with_status_code_and_a_sentence),
        cmocka_unit_test(text_that_is_no_sdp_is_a_400),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
