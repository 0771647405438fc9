/* What offers of publishers and viewers are answered, and what negotiation then knows of them. */
#include "relay/negotiation.h"
#include "relay/negotiation_track.h"
#include "tests/unit/relay/support.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const candidates[] = {"candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
    "candidate:17 1 tcp 1518280447 192.0.2.1 3478 typ host tcptype passive"};

static const struct negotiation_local local = {
    .ufrag = "relayufr",
    .pwd = "relaypasswordrelaypasswo",
    .fingerprint = "AA:BB",
    .cname = "relay-cname",
    .candidates = candidates,
    .candidate_count = 2,
};

static struct negotiation *negotiate(const struct session_request *request, char **ret_answer)
{
    struct negotiation *negotiation = NULL;
    struct session_error error = {0};
    int err = negotiation_create(request, &negotiation, &error);

    if (err < 0)
        fail_msg("%d %s: %s", error.status, error.code, error.detail);
    assert_int_equal(negotiation_answer(negotiation, &local, ret_answer), 0);
    return negotiation;
}

/* The answer must be SDP that our own parser takes, with as many m-lines as the offer. */
static struct sdp *parse_answer(const char *answer, size_t media_count)
{
    struct sdp_error error;
    struct sdp *sdp = NULL;

    assert_int_equal(sdp_parse(answer, strlen(answer), &sdp_limits_whep, &sdp, &error), 0);
    assert_int_equal(sdp->media_count, media_count);
    return sdp;
}

static void whip_of_chromium_is_answered_with_all_that_can_be_forwarded(void **state)
{
    char *offer = fixture_read("chromium-whip.sdp");
    struct session_request request = request_publish(offer);
    char *answer = NULL;
    struct negotiation *negotiation = negotiate(&request, &answer);
    const struct media_track *audio = &negotiation->media[0].track;
    const struct media_track *video = &negotiation->media[1].track;
    struct sdp *sdp = parse_answer(answer, 2);

    assert_int_equal(negotiation->accepted_count, 2);
    assert_string_equal(negotiation->remote_ufrag, "3KyL");
    assert_int_equal(audio->kind, MEDIA_AUDIO);
    assert_int_equal(audio->codecs[0].id, MEDIA_CODEC_OPUS);
    assert_int_equal(audio->codecs[0].channels, 2);
    assert_int_equal(audio->extensions.audio_level, 1);
    assert_int_equal(audio->ssrc, 3314390570u);
    assert_int_equal(video->codecs[0].id, MEDIA_CODEC_VP8);
    assert_true(video->codecs[0].has_rtx);
    assert_int_equal(video->codecs[0].rtx_payload_type, 97);
    assert_true(video->codecs[0].nack && video->codecs[0].pli && video->codecs[0].fir);
    assert_true(video->codecs[0].transport_cc);
    assert_int_equal(video->codecs[1].id, MEDIA_CODEC_H264);
    assert_int_equal(video->codecs[1].h264_packetization_mode, 1);
    assert_int_equal(video->codecs[1].h264_profile_level_id, 0x42001f);
    assert_int_equal(video->extensions.mid, 4);
    assert_int_equal(video->extensions.transport_cc, 3);
    assert_int_equal(video->extensions.abs_send_time, 2);
    assert_int_equal(video->ssrc, 3324743103u);
    assert_int_equal(video->rtx_ssrc, 1309089365u);
    assert_null(strstr(answer, "ulpfec"));
    assert_null(strstr(answer, "a=rtpmap:118 red/"));
    assert_null(strstr(answer, "telephone-event"));
    assert_int_equal(text_count_lines(answer, "a=recvonly"), 2);
    assert_int_equal(text_count_lines(answer, "a=setup:passive"), 2);
    assert_int_equal(text_count_lines(answer, "a=ice-lite"), 1);
    assert_int_equal(text_count_lines(answer, "a=group:BUNDLE 0 1"), 1);
    assert_int_equal(text_count_lines(answer, "a=candidate:"), 2);
    assert_int_equal(text_count_lines(answer, "a=end-of-candidates"), 1);
    assert_int_equal(text_count_lines(answer, "a=ssrc"), 0);
    assert_true(sdp->media[0].rtcp_mux && sdp->media[1].rtcp_rsize);
    sdp_destroy(sdp);
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

static void whip_of_gstreamer_keeps_its_codec_and_drops_its_parameter_sets(void **state)
{
    char *offer = fixture_read("gstreamer-whip.sdp");
    struct session_request request = request_publish(offer);
    char *answer = NULL;
    struct negotiation *negotiation = negotiate(&request, &answer);

    assert_int_equal(negotiation->accepted_count, 2);
    assert_int_equal(negotiation->media[0].track.codecs[0].h264_profile_level_id, 0x42c015);
    assert_string_equal(negotiation->media[0].track.codecs[0].fmtp,
        "packetization-mode=1;profile-level-id=42c015;level-asymmetry-allowed=1");
    assert_null(strstr(answer, "sprop-"));
    assert_non_null(strstr(answer, "a=group:BUNDLE video0 audio1\r\n"));
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

/* The offer with another payload type in its m-line and attributes; frees the given one. */
static char *renumber(char *offer, const char *const (*replacements)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *next = text_replace(offer, replacements[i][0], replacements[i][1]);

        free(offer);
        offer = next;
    }
    return offer;
}

/* RFC 5761 section 4: with the marker set they would be taken for RTCP. */
static void payload_types_that_look_like_rtcp_are_not_taken(void **state)
{
    static const char *const codec[][2] = {
        {"SAVPF 96 ", "SAVPF 72 "}, {":96 ", ":72 "}, {"apt=96", "apt=72"}};
    static const char *const rtx[][2] = {{" 96 97 ", " 96 73 "}, {":97 ", ":73 "}};
    char *offers[] = {renumber(fixture_read("chromium-whip.sdp"), codec, 3),
        renumber(fixture_read("chromium-whip.sdp"), rtx, 2)};

    for (size_t i = 0; i < 2; i++) {
        struct session_request request = request_publish(offers[i]);
        char *answer = NULL;
        struct negotiation *negotiation = negotiate(&request, &answer);
        const struct media_codec *first = &negotiation->media[1].track.codecs[0];

        assert_int_equal(first->id, i == 0 ? MEDIA_CODEC_H264 : MEDIA_CODEC_VP8);
        assert_int_equal(first->has_rtx, i == 0);
        assert_null(strstr(answer, i == 0 ? ":72 " : ":73 "));
        negotiation_destroy(negotiation);
        free(answer);
        free(offers[i]);
    }
}

static const struct red_case {
    const char *what;
    const char *fixture;
    enum session_kind kind;
    const char *from, *to;
    bool has_red;
    const char *m_line;
} red_cases[] = {
    {"a publisher sends what stands first", "chromium-whip.sdp", SESSION_PUBLISH, "111/111",
        "111/111", true, "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 9 0 8\r\n"},
    {"a viewer's list keeps Opus first", "chromium-whep.sdp", SESSION_WATCH, "111/111", "111/111",
        true, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8\r\n"},
    {"two earlier frames", "chromium-whip.sdp", SESSION_PUBLISH, "111/111", "111/111/111", true,
        "a=fmtp:63 111/111\r\n"},
    {"other codecs in the blocks", "chromium-whip.sdp", SESSION_PUBLISH, "111/111", "111/0", false,
        "SAVPF 111 9 0 8\r\n"},
    {"a list that is none", "chromium-whip.sdp", SESSION_PUBLISH, "a=fmtp:63 111/111",
        "a=fmtp:63 111/+111", false, "SAVPF 111 9 0 8\r\n"},
    {"no word about its blocks", "chromium-whip.sdp", SESSION_PUBLISH, "a=fmtp:63 111/111\r\n", "",
        false, "SAVPF 111 9 0 8\r\n"},
    {"another clock", "chromium-whip.sdp", SESSION_PUBLISH, "red/48000/2", "red/8000/2", false,
        "SAVPF 111 9 0 8\r\n"},
    {"a type that looks like RTCP", "chromium-whip.sdp", SESSION_PUBLISH, "63 ", "72 ", false,
        "SAVPF 111 9 0 8\r\n"},
};

/* RFC 2198 section 5 */
static void redundancy_belongs_to_the_opus_whose_frames_it_carries(void **state)
{
    for (size_t i = 0; i < sizeof(red_cases) / sizeof(red_cases[0]); i++) {
        const struct red_case *at = &red_cases[i];
        char *fixture = fixture_read(at->fixture);
        char *offer = text_replace(fixture, at->from, at->to);
        struct session_request request =
            at->kind == SESSION_PUBLISH ? request_publish(offer) : request_watch(offer);
        char *answer = NULL;
        struct negotiation *negotiation = negotiate(&request, &answer);

        for (size_t j = 0; j < negotiation->media_count; j++) {
            const struct media_codec *first = &negotiation->media[j].track.codecs[0];
            bool opus = first->id == MEDIA_CODEC_OPUS;
            if (first->has_red != (opus && at->has_red) ||
                first->red_payload_type != (first->has_red ? 63 : 0))
                fail_msg("%s: m-line %zu", at->what, j);
        }
        if (strstr(answer, at->m_line) == NULL ||
            (strstr(answer, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n") != NULL) !=
                at->has_red)
            fail_msg("%s: %s", at->what, answer);
        negotiation_destroy(negotiation);
        free(answer);
        free(offer);
        free(fixture);
    }
}

static void simulcast_layers_are_taken_in_the_order_of_the_offer(void **state)
{
    static const char *const files[] = {"chromium-whip-simulcast.sdp", "gstreamer-simulcast.sdp"};

    for (size_t i = 0; i < 2; i++) {
        char *offer = fixture_read(files[i]);
        struct session_request request = request_publish(offer);
        char *answer = NULL;
        struct negotiation *negotiation = negotiate(&request, &answer);
        const struct media_track *video = NULL;

        for (size_t j = 0; j < negotiation->media_count; j++) {
            if (negotiation->media[j].track.kind == MEDIA_VIDEO)
                video = &negotiation->media[j].track;
        }
        assert_non_null(video);
        assert_int_equal(video->rid_count, 3);
        assert_string_equal(video->rids[0], "h");
        assert_string_equal(video->rids[2], "l");
        assert_int_not_equal(video->extensions.rid, 0);
        assert_int_equal(video->ssrc, 0);
        assert_int_equal(text_count_lines(answer, "a=rid:"), 3);
        assert_non_null(strstr(answer, "a=rid:h recv\r\n"));
        assert_non_null(strstr(answer, "a=simulcast:recv h;m;l\r\n"));
        negotiation_destroy(negotiation);
        free(answer);
        free(offer);
    }
}

static void assert_cname(const char *answer, uint32_t ssrc)
{
    char line[64];

    snprintf(line, sizeof(line), "a=ssrc:%" PRIu32 " cname:relay-cname\r\n", ssrc);
    assert_non_null(strstr(answer, line));
}

static void viewer_gets_fixed_ssrcs_with_retransmission(void **state)
{
    char *offer = fixture_read("chromium-whep.sdp");
    struct session_request request = request_watch(offer);
    char *answer = NULL;
    struct negotiation *negotiation = negotiate(&request, &answer);
    struct sdp *sdp = parse_answer(answer, negotiation->media_count);

    for (size_t i = 0; i < negotiation->media_count; i++) {
        const struct negotiated_media *media = &negotiation->media[i];
        bool video = media->track.kind == MEDIA_VIDEO;

        assert_true(media->accepted);
        assert_string_equal(media->source, "teacher-camera");
        assert_int_not_equal(media->track.send_ssrc, 0);
        assert_int_equal(media->track.send_rtx_ssrc != 0, video);
        assert_int_equal(media->track.extensions.rid, 0);
        assert_int_equal(sdp->media[i].direction, SDP_SENDONLY);
        assert_int_equal(sdp->media[i].ssrcs[0].ssrc, media->track.send_ssrc);
        assert_cname(answer, media->track.send_ssrc);
        if (video)
            assert_int_equal(sdp_find_rtx_ssrc(&sdp->media[i], media->track.send_ssrc),
                media->track.send_rtx_ssrc);
    }
    assert_int_equal(text_count_lines(answer, "a=msid:teacher-camera "), negotiation->media_count);
    sdp_destroy(sdp);
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

static void viewer_that_names_no_h264_parameters_takes_every_profile(void **state)
{
    char *offer = fixture_read("gstreamer-whep.sdp");
    struct session_request request = request_watch(offer);
    char *answer = NULL;
    struct negotiation *negotiation = negotiate(&request, &answer);
    struct media_codec sent = {
        .id = MEDIA_CODEC_H264,
        .name = "H264",
        .clock_rate = 90000,
        .h264_packetization_mode = 1,
        .h264_profile_level_id = 0x42e01f,
    };
    struct media_codec opus = {
        .id = MEDIA_CODEC_OPUS, .name = "opus", .clock_rate = 48000, .channels = 2};

    assert_true(media_codec_compatible(&sent, &negotiation->media[0].track.codecs[0]));
    assert_true(media_codec_compatible(&opus, &negotiation->media[1].track.codecs[0]));
    /* Back as it was written: webrtcbin compares. */
    assert_non_null(strstr(answer, "a=rtpmap:97 OPUS/48000\r\n"));
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

static void wall_slots_follow_the_order_of_the_m_lines_and_the_rest_is_rejected(void **state)
{
    char *offer = fixture_read("chromium-wall.sdp");
    struct session_request request = request_watch(offer);
    char *answer = NULL;
    struct negotiation *negotiation;
    size_t videos = 0;

    request.source = NULL;
    request.video_slots[0] = "teacher-camera";
    request.video_slots[1] = "";
    request.video_slots[2] = "room-3";
    request.video_slot_count = 3;
    request.audio_slots[0] = "teacher-camera";
    request.audio_slots[1] = "";
    request.audio_slot_count = 2;
    negotiation = negotiate(&request, &answer);
    assert_int_equal(negotiation->accepted_count, 5);
    for (size_t i = 0; i < negotiation->media_count; i++) {
        const struct negotiated_media *media = &negotiation->media[i];

        if (media->offer->kind != SDP_VIDEO)
            continue;
        assert_int_equal(media->accepted, videos < 3);
        if (videos < 3)
            assert_string_equal(media->source, request.video_slots[videos]);
        videos++;
    }
    assert_int_equal(videos, 16);
    assert_int_equal(text_count_lines(answer, "m=video 0 "), 13);
    /* The empty picture and the empty sound are filled together, so they play in sync. */
    assert_int_equal(text_count_lines(answer, "a=msid:slot-0 "), 2);
    assert_int_equal(text_count_lines(answer, "a=msid:teacher-camera "), 2);
    sdp_destroy(parse_answer(answer, negotiation->media_count));
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

static void ssrcs_of_slots_are_all_different(void **state)
{
    char *offer = fixture_read("chromium-wall.sdp");
    struct session_request request = request_watch(offer);
    uint32_t seen[64];
    size_t count = 0;
    char *answer = NULL;
    struct negotiation *negotiation;

    request.source = NULL;
    request.video_slot_count = 16;
    request.audio_slot_count = 2;
    for (size_t i = 0; i < 16; i++)
        request.video_slots[i] = request.audio_slots[i] = "";
    negotiation = negotiate(&request, &answer);
    for (size_t i = 0; i < negotiation->media_count; i++) {
        seen[count++] = negotiation->media[i].track.send_ssrc;
        if (negotiation->media[i].track.send_rtx_ssrc != 0)
            seen[count++] = negotiation->media[i].track.send_rtx_ssrc;
    }
    assert_int_equal(count, 16 * 2 + 2);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++)
            assert_int_not_equal(seen[i], seen[j]);
    }
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
}

static void extension_id_with_two_meanings_keeps_the_first(void **state)
{
    char *fixture = fixture_read("chromium-whep.sdp");
    /* As aiortc offers: an id is the send time of the picture and the level of the sound. */
    char *offer = text_replace(fixture,
        "a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n",
        "a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
    struct session_request request = request_watch(offer);
    char *answer = NULL;
    struct negotiation *negotiation = negotiate(&request, &answer);

    assert_int_equal(negotiation->media[0].track.extensions.abs_send_time, 2);
    assert_int_equal(negotiation->media[1].track.extensions.audio_level, 0);
    assert_int_equal(negotiation->media[1].track.extensions.transport_cc, 4);
    assert_int_equal(text_count_lines(answer, "a=extmap:2 "), 1);
    negotiation_destroy(negotiation);
    free(answer);
    free(offer);
    free(fixture);
}

static void a_publisher_that_can_pause_its_layers_is_told_that_it_may_be_asked(void **state)
{
    char *fixture = fixture_read("gstreamer-simulcast.sdp");
    char *offer =
        text_replace(fixture, "ccm fir\r\n", "ccm fir\r\na=rtcp-fb:96 ccm pause nowait\r\n");
    const char *const offers[] = {fixture, offer};

    for (size_t i = 0; i < 2; i++) {
        struct session_request request = request_publish(offers[i]);
        char *answer = NULL;
        struct negotiation *negotiation = negotiate(&request, &answer);
        const char *line = strstr(answer, "a=rtcp-fb:96 ccm pause nowait\r\n");
        bool paused = false;

        for (size_t j = 0; j < negotiation->media_count; j++)
            paused = paused || negotiation->media[j].track.codecs[0].pause;
        assert_int_equal(paused, i == 1);
        assert_int_equal(line != NULL, i == 1);
        negotiation_destroy(negotiation);
        free(answer);
    }
    free(offer);
    free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whip_of_chromium_is_answered_with_all_that_can_be_forwarded),
        cmocka_unit_test(whip_of_gstreamer_keeps_its_codec_and_drops_its_parameter_sets),
        cmocka_unit_test(payload_types_that_look_like_rtcp_are_not_taken),
        cmocka_unit_test(redundancy_belongs_to_the_opus_whose_frames_it_carries),
        cmocka_unit_test(simulcast_layers_are_taken_in_the_order_of_the_offer),
        cmocka_unit_test(viewer_gets_fixed_ssrcs_with_retransmission),
        cmocka_unit_test(viewer_that_names_no_h264_parameters_takes_every_profile),
        cmocka_unit_test(wall_slots_follow_the_order_of_the_m_lines_and_the_rest_is_rejected),
        cmocka_unit_test(ssrcs_of_slots_are_all_different),
        cmocka_unit_test(extension_id_with_two_meanings_keeps_the_first),
        cmocka_unit_test(a_publisher_that_can_pause_its_layers_is_told_that_it_may_be_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
