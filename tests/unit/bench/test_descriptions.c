#include "tests/bench/load/descriptions.h"

#include "relay/transport/address.h"
#include "relay/wire/sdp.h"
#include "tests/unit/bench/bench_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FINGERPRINT                                                                                \
    "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:"   \
    "AA:AA"

static struct sdp *parse_offer(bool publish)
{
    const struct offer_params params = {
        .ufrag = "abcd",
        .pwd = "0123456789012345678901",
        .fingerprint = FINGERPRINT,
        .publish = publish,
        .video_ssrc = 11,
        .audio_ssrc = 12,
    };
    char offer[DESCRIPTIONS_OFFER_BYTES];
    struct sdp_error error;
    struct sdp *sdp;

    assert_int_equal(descriptions_write_offer(&params, offer), 0);
    assert_int_equal(sdp_parse(offer, strlen(offer), &sdp_limits_whip, &sdp, &error), 0);
    assert_int_equal(sdp->media_count, 2);
    return sdp;
}

static void a_viewer_offers_what_a_browser_does(void **state)
{
    struct sdp *sdp = parse_offer(false);
    const struct sdp_media *video = sdp_find_media(sdp, "0"), *audio = sdp_find_media(sdp, "1");
    const struct sdp_codec *codec = sdp_find_codec(video, DESCRIPTIONS_VIDEO_TYPE);

    assert_true(video->bundled && audio->bundled && video->rtcp_mux);
    assert_int_equal(video->direction, SDP_RECVONLY);
    assert_int_equal(codec->feedback & SDP_FEEDBACK_NACK, SDP_FEEDBACK_NACK);
    assert_int_equal(codec->feedback & SDP_FEEDBACK_NACK_PLI, SDP_FEEDBACK_NACK_PLI);
    assert_int_equal(codec->feedback & SDP_FEEDBACK_TRANSPORT_CC, SDP_FEEDBACK_TRANSPORT_CC);
    assert_int_equal(
        sdp_find_rtx(video, DESCRIPTIONS_VIDEO_TYPE)->payload_type, DESCRIPTIONS_RTX_TYPE);
    assert_non_null(sdp_find_codec(audio, DESCRIPTIONS_AUDIO_TYPE));
    assert_string_equal(video->fingerprint, FINGERPRINT);
    sdp_destroy(sdp);
}

static void a_publisher_names_its_sources(void **state)
{
    struct sdp *sdp = parse_offer(true);
    const struct sdp_media *video = sdp_find_media(sdp, "0");

    assert_int_equal(video->direction, SDP_SENDONLY);
    assert_int_equal(video->ssrcs[0].ssrc, 11);
    assert_int_equal(sdp_find_media(sdp, "1")->ssrcs[0].ssrc, 12);
    assert_null(sdp_find_rtx(video, DESCRIPTIONS_VIDEO_TYPE));
    sdp_destroy(sdp);
}

#define HEAD_WITH(setup)                                                                           \
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"                        \
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtpmap:96 H264/90000\r\n"  \
    "a=ice-ufrag:relay\r\na=ice-pwd:password0123456789abcd\r\na=setup:" setup "\r\n"
#define HEAD  HEAD_WITH("passive")
#define PRINT "a=fingerprint:sha-256 " FINGERPRINT "\r\n"

static void the_best_udp_candidate_of_an_answer_counts(void **state)
{
    static const char answer[] =
        HEAD PRINT "a=candidate:1 1 tcp 2130706433 192.0.2.9 9 typ host tcptype passive\r\n"
                   "a=candidate:2 1 udp 100 192.0.2.1 5000 typ host\r\n"
                   "a=candidate:3 1 UDP 200 192.0.2.2 5001 typ host generation 0\r\n"
                   "a=candidate:4 2 udp 300 192.0.2.3 5002 typ host\r\n"
                   "a=candidate:5 1 udp 400 name.invalid 5003 typ host\r\n"
                   "a=candidate:6 1 udp 500 192.0.2.4 70000 typ host\r\n"
                   "a=candidate:7 1 udp 150 2001:db8::1 5004 typ host\r\n";
    char text[NET_ADDRESS_CHARS];
    struct remote_end remote;

    assert_int_equal(descriptions_read_answer(answer, &remote), 0);
    assert_string_equal(net_address_format(&remote.address, text), "192.0.2.2:5001");
    assert_false(remote.dtls_client);
    assert_string_equal(remote.ufrag, "relay");
    assert_string_equal(remote.pwd, "password0123456789abcd");
    assert_string_equal(remote.fingerprint, FINGERPRINT);
}

static void an_active_answer_makes_us_the_dtls_server(void **state)
{
    static const char answer[] =
        HEAD_WITH("active") PRINT "a=candidate:1 1 udp 100 192.0.2.1 5000 typ host\r\n";
    struct remote_end remote;

    assert_int_equal(descriptions_read_answer(answer, &remote), 0);
    assert_true(remote.dtls_client);
}

static void what_cannot_be_used_is_refused(void **state)
{
    static const struct {
        const char *answer;
        int err;
    } cases[] = {
        {"", -EBADMSG},
        {"<html>no</html>", -EBADMSG},
        {"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", -EBADMSG},
        {HEAD "a=candidate:2 1 udp 100 192.0.2.1 5000 typ host\r\n", -EBADMSG},
        {HEAD "a=fingerprint:sha-256 AA:BB\r\n"
              "a=candidate:2 1 udp 100 192.0.2.1 5000 typ host\r\n",
            -EBADMSG},
        {HEAD PRINT, -EADDRNOTAVAIL},
        {HEAD PRINT "a=candidate:2 1 tcp 100 192.0.2.1 5000 typ host\r\n", -EADDRNOTAVAIL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct remote_end remote;

        assert_int_equal(descriptions_read_answer(cases[i].answer, &remote), cases[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_viewer_offers_what_a_browser_does),
        cmocka_unit_test(a_publisher_names_its_sources),
        cmocka_unit_test(the_best_udp_candidate_of_an_answer_counts),
        cmocka_unit_test(an_active_answer_makes_us_the_dtls_server),
        cmocka_unit_test(what_cannot_be_used_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
