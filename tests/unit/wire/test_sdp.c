#include "relay/wire/sdp.h"

#include "tests/unit/wire/wire_test.h"

#include <errno.h>

#define HEAD  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"

static const struct sdp_limits limits = {.max_bytes = 4096, .max_lines = 100, .max_media = 3};

static struct sdp *parse(const char *text)
{
    struct sdp_error error = {0};
    struct sdp *sdp = NULL;

    if (sdp_parse(text, strlen(text), &limits, &sdp, &error) < 0)
        fail_msg("%s", error.text);
    return sdp;
}

static const struct {
    const char *text;
    const char *message;
} malformed[] = {
    {"", "empty description"},
    {"\r\n\n", "empty description"},
    {"o=- 1 2 IN IP4 127.0.0.1\r\n", "line 1: expected v=0"},
    {"v=1\r\n", "line 1: expected v=0"},
    {HEAD "v=0\r\n", "line 5: expected v=0"},
    {HEAD "hello\r\n", "line 5: expected a letter"},
    {HEAD "a=x\001y\r\n", "line 5: control character"},
    {HEAD "m=video\r\n", "line 5: m=: expected a kind"},
    {HEAD "m=video x UDP/TLS/RTP/SAVPF 96\r\n", "line 5: m=: expected a kind"},
    {HEAD "m=video 65536 UDP/TLS/RTP/SAVPF 96\r\n", "line 5: m=: expected a kind"},
    {HEAD "m=video 9 UDP/TLS/RTP/SAVPF\r\n", "line 5: m=: expected a kind"},
    {HEAD "m=video 9 UDP/TLS/RTP/SAVPF 128\r\n", "line 5: m=: payload types"},
    {HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96 x\r\n", "line 5: m=: payload types"},
    {HEAD "m=video 9 UDP/TLS/RTP/SAVPF 99999999999\r\n", "line 5: m=: payload types"},
    {HEAD VIDEO "a=rtpmap:96\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:x H264/90000\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:96 H264\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:96 H264/0\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:96 H264/90000/\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:96 /90000\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=rtpmap:96 abcdefghijklmnopqrstuvwxyz/90000\r\n", "line 6: a=rtpmap"},
    {HEAD VIDEO "a=fmtp:x a=1\r\n", "line 6: a=fmtp"},
    {HEAD VIDEO "a=rtcp-fb:x nack\r\n", "line 6: a=rtcp-fb"},
    {HEAD VIDEO "a=extmap:0 urn:x\r\n", "line 6: a=extmap"},
    {HEAD VIDEO "a=extmap:256 urn:x\r\n", "line 6: a=extmap"},
    {HEAD VIDEO "a=extmap:1\r\n", "line 6: a=extmap"},
    {HEAD VIDEO "a=extmap:1/both urn:x\r\n", "line 6: a=extmap"},
    {HEAD VIDEO "a=rid:h sendrecv\r\n", "line 6: a=rid"},
    {HEAD VIDEO "a=rid:h; send\r\n", "line 6: a=rid"},
    {HEAD VIDEO "a=rid:12345678901234567 send\r\n", "line 6: a=rid"},
    {HEAD VIDEO "a=simulcast:both h\r\n", "line 6: a=simulcast"},
    {HEAD VIDEO "a=simulcast:send\r\n", "line 6: a=simulcast"},
    {HEAD VIDEO "a=simulcast:send h;;l\r\n", "line 6: a=simulcast"},
    {HEAD VIDEO "a=ssrc:4294967296 cname:x\r\n", "line 6: a=ssrc"},
    {HEAD VIDEO "a=ssrc-group:FID 1 x\r\n", "line 6: a=ssrc-group"},
    {HEAD VIDEO "a=ssrc-group:SIM 1 2 3 4 5 6 7 8 9\r\n", "line 6: a=ssrc-group"},
    {HEAD VIDEO "a=mid:\r\n", "line 6: a=mid"},
    {HEAD VIDEO "a=mid:a b\r\n", "line 6: a=mid"},
    {HEAD VIDEO "a=ice-ufrag:abc\r\n", "line 6: a=ice-ufrag"},
    {HEAD VIDEO "a=ice-pwd:tooshort\r\n", "line 6: a=ice-pwd"},
    {HEAD VIDEO "a=fingerprint:sha-256\r\n", "line 6: a=fingerprint"},
    {HEAD VIDEO "a=fingerprint:sha-256 AB:C\r\n", "line 6: a=fingerprint"},
    {HEAD VIDEO "a=fingerprint:sha-256 AB:CD:\r\n", "line 6: a=fingerprint"},
    {HEAD VIDEO "a=setup:maybe\r\n", "line 6: a=setup"},
    {HEAD VIDEO "a=mid:1\r\n" VIDEO "a=mid:1\r\n", "line 7: the mid"},
};

static void malformed_lines_are_named(void **state)
{
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        struct sdp_error error = {0};
        struct sdp *sdp = NULL;
        assert_int_equal(
            sdp_parse(malformed[i].text, strlen(malformed[i].text), &limits, &sdp, &error),
            -EBADMSG);
        assert_null(sdp);
        if (!strstr(error.text, malformed[i].message))
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.text, malformed[i].message);
    }
}

static void limits_are_kept_and_named(void **state)
{
    char text[8192];
    struct sdp_error error;
    struct sdp *sdp;
    size_t len;

    memset(text, 'a', sizeof(text));
    assert_int_equal(sdp_parse(text, 4097, &limits, &sdp, &error), -E2BIG);
    assert_string_equal(error.text, "more than 4096 bytes");

    len = (size_t)snprintf(text, sizeof(text), "%s", HEAD);
    for (size_t i = 0; i < 100; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "a=x\n");
    assert_int_equal(sdp_parse(text, len, &limits, &sdp, &error), -E2BIG);
    assert_string_equal(error.text, "more than 100 lines");

    const char *four = HEAD VIDEO VIDEO VIDEO VIDEO;
    assert_int_equal(sdp_parse(four, strlen(four), &limits, &sdp, &error), -E2BIG);
    assert_string_equal(error.text, "line 8: more than 3 m-lines");

    static const struct {
        const char *format;
        size_t max;
    } lists[] = {
        {"a=extmap:1 urn:%zu\n", SDP_MAX_EXTMAPS},
        {"a=ssrc:%zu cname:x\n", SDP_MAX_SSRCS},
        {"a=ssrc-group:FID %zu 1\n", SDP_MAX_SSRC_GROUPS},
        {"a=rid:%zu send\n", SDP_MAX_RIDS},
        {"a=simulcast:send %zu\n", SDP_MAX_LAYERS},
    };
    for (size_t list = 0; list < COUNT_OF(lists); list++) {
        len = (size_t)snprintf(text, sizeof(text), "%s", HEAD VIDEO);
        for (size_t i = 0; i <= lists[list].max; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            len += (size_t)snprintf(text + len, sizeof(text) - len, lists[list].format, i);
#pragma GCC diagnostic pop
            int r = sdp_parse(text, len, &limits, &sdp, &error);
            assert_int_equal(r, i < lists[list].max ? 0 : -E2BIG);
            if (r == 0)
                sdp_destroy(sdp);
        }
    }
}

static void session_attributes_are_inherited_unless_overridden(void **state)
{
    struct sdp *sdp = parse(HEAD
        "a=ice-ufrag:sess\r\na=ice-pwd:sessionsessionsession01\r\n"
        "a=fingerprint:SHA-256 AA:BB\r\na=setup:actpass\r\na=recvonly\r\na=extmap:7 urn:seven\r\n"
        "a=ice-lite\r\n" VIDEO VIDEO "a=ice-ufrag:mine\r\na=ice-pwd:minemineminemineminemine\r\n"
        "a=fingerprint:sha-512 CC\r\na=fingerprint:sha-256 DD:EE\r\na=fingerprint:sha-1 FF\r\n"
        "a=setup:active\r\na=sendonly\r\na=extmap:8/recvonly urn:eight\r\n");
    const struct sdp_media *first = &sdp->media[0];
    const struct sdp_media *second = &sdp->media[1];

    assert_true(sdp->ice_lite);
    assert_string_equal(first->ice_ufrag, "sess");
    assert_string_equal(first->ice_pwd, "sessionsessionsession01");
    assert_string_equal(first->fingerprint_hash, "sha-256");
    assert_string_equal(first->fingerprint, "AA:BB");
    assert_int_equal(first->setup, SDP_SETUP_ACTPASS);
    assert_int_equal(first->direction, SDP_RECVONLY);
    assert_int_equal(first->extmap_count, 1);
    assert_int_equal(first->extmaps[0].id, 7);

    assert_string_equal(second->ice_ufrag, "mine");
    assert_string_equal(second->fingerprint, "DD:EE");
    assert_int_equal(second->setup, SDP_SETUP_ACTIVE);
    assert_int_equal(second->direction, SDP_SENDONLY);
    assert_int_equal(second->extmap_count, 2);
    assert_int_equal(sdp_find_extmap(second, "urn:seven")->id, 7);
    assert_int_equal(sdp_find_extmap(second, "urn:eight")->id, 8);
    assert_null(sdp_find_extmap(first, "urn:eight"));
    sdp_destroy(sdp);
}

static void an_own_fingerprint_hides_the_sessions_even_when_weaker(void **state)
{
    struct sdp *sdp = parse(HEAD "a=fingerprint:sha-256 AA\r\n" VIDEO "a=fingerprint:sha-1 BB\r\n");

    assert_string_equal(sdp->media[0].fingerprint_hash, "sha-1");
    assert_string_equal(sdp->media[0].fingerprint, "BB");
    sdp_destroy(sdp);
}

static void codecs_gather_rtpmap_fmtp_and_feedback(void **state)
{
    struct sdp *sdp = parse(HEAD
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97 96 98\r\n"
        "a=rtcp-fb:* ccm fir\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n"
        "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 goog-remb\r\n"
        "a=rtcp-fb:96 nack sli\r\na=fmtp:96 packetization-mode=1; Profile-Level-Id=42e01f\r\n"
        "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:120 other/1\r\na=fmtp:120 x=1\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0 111 9\r\na=rtpmap:111 opus/48000/2\r\n");
    const struct sdp_media *video = &sdp->media[0];
    const struct sdp_media *audio = &sdp->media[1];

    assert_int_equal(video->codec_count, 3);
    assert_string_equal(video->codecs[0].name, "H264");
    assert_int_equal(video->codecs[0].clock_rate, 90000);
    assert_int_equal(video->codecs[0].feedback, SDP_FEEDBACK_NACK | SDP_FEEDBACK_NACK_PLI |
                                                    SDP_FEEDBACK_CCM_FIR |
                                                    SDP_FEEDBACK_TRANSPORT_CC);
    assert_int_equal(sdp_fmtp_get_u32(video->codecs[0].fmtp, "profile-level-id", 16, 0), 0x42e01f);
    assert_int_equal(sdp_fmtp_get_u32(video->codecs[0].fmtp, "packetization-mode", 10, 0), 1);
    assert_ptr_equal(sdp_find_rtx(video, 96), &video->codecs[1]);
    assert_null(sdp_find_rtx(video, 97));
    assert_int_equal(video->codecs[1].feedback, SDP_FEEDBACK_CCM_FIR);
    assert_string_equal(video->codecs[2].name, "");
    assert_null(sdp_find_codec(video, 120));
    assert_string_equal(video->formats, "96 97 96 98");

    assert_int_equal(audio->codec_count, 3);
    assert_string_equal(audio->codecs[0].name, "PCMU");
    assert_int_equal(audio->codecs[1].channels, 2);
    assert_int_equal(audio->codecs[2].clock_rate, 8000);
    assert_int_equal(audio->codecs[2].feedback, 0);
    sdp_destroy(sdp);
}

static void simulcast_keeps_order_and_alternatives_of_known_rids(void **state)
{
    struct sdp *sdp = parse(
        HEAD VIDEO "a=rid:h send max-width=1280;max-fps=30\r\na=rid:m send\r\na=rid:l send\r\n"
                   "a=rid:r recv\r\na=simulcast:recv r send h;~m,l;ghost;r\r\n" VIDEO
                   "a=rid:x send\r\na=simulcast:send x\r\n");
    const struct sdp_media *media = &sdp->media[0];

    assert_int_equal(media->rid_count, 4);
    assert_string_equal(media->rids[0].id, "h");
    assert_true(media->rids[0].send);
    assert_false(media->rids[3].send);
    assert_int_equal(media->layer_count, 3);
    assert_string_equal(media->layers[0].rid, "h");
    assert_false(media->layers[0].alternative);
    assert_string_equal(media->layers[1].rid, "m");
    assert_false(media->layers[1].alternative);
    assert_string_equal(media->layers[2].rid, "l");
    assert_true(media->layers[2].alternative);
    assert_int_equal(sdp->media[1].layer_count, 1);
    assert_string_equal(sdp->media[1].layers[0].rid, "x");
    sdp_destroy(sdp);
}

static void sources_and_groups_pair_media_with_rtx(void **state)
{
    struct sdp *sdp = parse(HEAD VIDEO
        "a=ssrc-group:FID 11 12\r\na=ssrc-group:SIM 11 13\r\na=ssrc-group:FEC-FR 11 14\r\n"
        "a=ssrc:11 cname:c\r\na=ssrc:11 msid:s t\r\na=ssrc:12 cname:c\r\na=ssrc:12\r\n"
        "a=ssrc:13 msid:s t\r\n");
    const struct sdp_media *media = &sdp->media[0];

    assert_int_equal(media->ssrc_count, 3);
    assert_int_equal(media->ssrcs[0].ssrc, 11);
    assert_int_equal(media->ssrcs[1].ssrc, 12);
    assert_int_equal(media->ssrcs[2].ssrc, 13);
    assert_int_equal(media->ssrc_group_count, 3);
    assert_int_equal(sdp_find_rtx_ssrc(media, 11), 12);
    assert_int_equal(sdp_find_rtx_ssrc(media, 12), 0);
    sdp_destroy(sdp);
}

static void bundle_marks_the_m_lines_it_names(void **state)
{
    struct sdp *sdp =
        parse(HEAD "a=group:LS 0\r\na=group:BUNDLE 0 v ghost\r\na=group:BUNDLE 2\r\n"
                   "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only\r\na=mid:0\r\na=rtcp-mux\r\n"
                   "a=rtcp-rsize\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ "
                   "host\r\na=end-of-candidates\r\n" VIDEO "a=mid:v\r\n"
                   "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n");

    assert_true(sdp->has_bundle);
    assert_string_equal(sdp->bundle, "0 v ghost");
    assert_true(sdp->media[0].bundled && sdp->media[1].bundled);
    assert_false(sdp->media[2].bundled);
    assert_true(sdp->media[0].bundle_only && sdp->media[0].rtcp_mux && sdp->media[0].rtcp_rsize);
    assert_int_equal(sdp->media[0].port, 0);
    assert_int_equal(sdp->media[2].kind, SDP_APPLICATION);
    assert_int_equal(sdp->media[2].codec_count, 0);
    assert_ptr_equal(sdp_find_media(sdp, "v"), &sdp->media[1]);
    assert_null(sdp_find_media(sdp, "ghost"));
    sdp_destroy(sdp);
}

static void proposed_extension_ids_are_skipped(void **state)
{
    struct sdp *sdp = parse(HEAD VIDEO "a=extmap:4096 urn:x\r\na=extmap:4351 urn:y\r\n"
                                       "a=extmap:255 urn:z\r\n");

    assert_int_equal(sdp->media[0].extmap_count, 1);
    assert_int_equal(sdp->media[0].extmaps[0].id, 255);
    sdp_destroy(sdp);
}

static void bare_line_feeds_and_unknown_lines_are_accepted(void **state)
{
    struct sdp *sdp = parse("v=0\no=x\ns=lesson\nb=AS:1\nz=?\na=unknown:1\nm=video 9/2 RTP/AVP 96\n"
                            "a=something\na=rtpmap:96 VP8/90000");

    assert_int_equal(sdp->media[0].port, 9);
    assert_string_equal(sdp->media[0].codecs[0].name, "VP8");
    assert_int_equal(sdp->media[0].direction, SDP_SENDRECV);
    sdp_destroy(sdp);
}

static void fmtp_parameters_are_found_by_whole_name(void **state)
{
    const char *fmtp = "x-apt=5; apt=97 ;cbr;long=12345678901234567890;a=";
    const char *value;
    size_t len;

    assert_int_equal(sdp_fmtp_get_u32(fmtp, "apt", 10, 0), 97);
    assert_true(sdp_fmtp_get(fmtp, "CBR", &value, &len));
    assert_int_equal(len, 0);
    assert_true(sdp_fmtp_get(fmtp, "a", &value, &len));
    assert_int_equal(len, 0);
    assert_false(sdp_fmtp_get(fmtp, "ap", &value, &len));
    assert_false(sdp_fmtp_get("", "apt", &value, &len));
    assert_false(sdp_fmtp_get(";;= ;", "apt", &value, &len));
    assert_int_equal(sdp_fmtp_get_u32(fmtp, "long", 10, 3), 3);
    assert_int_equal(sdp_fmtp_get_u32("apt=-1", "apt", 10, 3), 3);
    assert_int_equal(sdp_fmtp_get_u32("0/10", "apt", 10, 3), 3);
}

static void the_writer_ends_lines_and_stops_when_full(void **state)
{
    struct sdp_writer writer;
    char text[16];

    sdp_writer_init(&writer, text, sizeof(text));
    sdp_write_line(&writer, "v=%d", 0);
    sdp_write_line(&writer, "s=-");
    assert_string_equal(text, "v=0\r\ns=-\r\n");
    sdp_write_line(&writer, "a=%s", "x");
    assert_false(writer.failed);
    assert_int_equal(writer.len, 15);
    sdp_write_line(&writer, "x");
    assert_true(writer.failed);
    assert_string_equal(text, "v=0\r\ns=-\r\na=x\r\n");

    sdp_writer_init(&writer, text, sizeof(text));
    sdp_write_line(&writer, "a=%s", "b\r\nc=d");
    assert_true(writer.failed);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_lines_are_named),
        cmocka_unit_test(limits_are_kept_and_named),
        cmocka_unit_test(session_attributes_are_inherited_unless_overridden),
        cmocka_unit_test(an_own_fingerprint_hides_the_sessions_even_when_weaker),
        cmocka_unit_test(codecs_gather_rtpmap_fmtp_and_feedback),
        cmocka_unit_test(simulcast_keeps_order_and_alternatives_of_known_rids),
        cmocka_unit_test(sources_and_groups_pair_media_with_rtx),
        cmocka_unit_test(bundle_marks_the_m_lines_it_names),
        cmocka_unit_test(proposed_extension_ids_are_skipped),
        cmocka_unit_test(bare_line_feeds_and_unknown_lines_are_accepted),
        cmocka_unit_test(fmtp_parameters_are_found_by_whole_name),
        cmocka_unit_test(the_writer_ends_lines_and_stops_when_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
