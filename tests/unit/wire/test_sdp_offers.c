/* Offers that Chromium and GStreamer really made. */
#include "relay/wire/sdp.h"

#include "common/clock.h"
#include "tests/unit/wire/wire_test.h"

#include <errno.h>

static const char mid_uri[] = "urn:ietf:params:rtp-hdrext:sdes:mid";
static const char transport_uri[] =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/* Allocations that are still allowed; negative = all. */
static int allocations_left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool may_allocate(void)
{
    return allocations_left < 0 || allocations_left-- > 0;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    return may_allocate() ? __real_realloc(block, size) : NULL;
}

static struct sdp *parse_fixture(const char *name)
{
    struct sdp_error error = {0};
    struct sdp *sdp = NULL;
    size_t len;
    char *text = read_fixture(name, &len);

    if (sdp_parse(text, len, &sdp_limits_whep, &sdp, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    free(text);
    return sdp;
}

static const struct sdp_codec *find_by_name(const struct sdp_media *media, const char *name)
{
    for (size_t i = 0; i < media->codec_count; i++) {
        if (strcmp(media->codecs[i].name, name) == 0)
            return &media->codecs[i];
    }
    return NULL;
}

/* What every offer of a WebRTC client has in every m-line of audio and video. */
static void check_common(const struct sdp *sdp)
{
    assert_true(sdp->has_bundle);
    for (size_t i = 0; i < sdp->media_count; i++) {
        const struct sdp_media *media = &sdp->media[i];
        assert_true(media->bundled);
        assert_true(media->ice_ufrag[0] != '\0' && media->ice_pwd[0] != '\0');
        assert_string_equal(media->fingerprint_hash, "sha-256");
        assert_int_equal(strlen(media->fingerprint), 95);
        if (media->kind == SDP_APPLICATION)
            continue;
        assert_true(media->rtcp_mux);
        assert_true(media->codec_count > 0);
    }
}

static void chromium_publishes_audio_and_video(void **state)
{
    struct sdp *sdp = parse_fixture("chromium-whip.sdp");
    const struct sdp_media *audio = &sdp->media[0];
    const struct sdp_media *video = &sdp->media[1];

    check_common(sdp);
    assert_int_equal(sdp->media_count, 2);
    assert_int_equal(audio->kind, SDP_AUDIO);
    assert_int_equal(audio->direction, SDP_SENDRECV);
    const struct sdp_codec *opus = find_by_name(audio, "opus");
    assert_int_equal(opus->clock_rate, 48000);
    assert_int_equal(opus->channels, 2);
    assert_int_equal(sdp_fmtp_get_u32(opus->fmtp, "useinbandfec", 10, 0), 1);
    assert_true(opus->feedback & SDP_FEEDBACK_TRANSPORT_CC);

    const struct sdp_codec *h264 = find_by_name(video, "H264");
    assert_true(h264->feedback & SDP_FEEDBACK_NACK_PLI);
    assert_true(sdp_fmtp_get_u32(h264->fmtp, "profile-level-id", 16, 0) > 0);
    assert_non_null(sdp_find_rtx(video, h264->payload_type));
    assert_non_null(sdp_find_extmap(video, mid_uri));
    assert_non_null(sdp_find_extmap(video, transport_uri));
    assert_int_equal(video->ssrc_group_count, 1);
    assert_int_equal(video->ssrc_count, 2);
    assert_int_equal(sdp_find_rtx_ssrc(video, video->ssrcs[0].ssrc), video->ssrcs[1].ssrc);
    sdp_destroy(sdp);
}

static void chromium_publishes_three_layers(void **state)
{
    static const char *const rids[] = {"h", "m", "l"};
    struct sdp *sdp = parse_fixture("chromium-whip-simulcast.sdp");
    const struct sdp_media *video = &sdp->media[1];

    check_common(sdp);
    assert_int_equal(video->direction, SDP_SENDONLY);
    assert_int_equal(video->rid_count, 3);
    assert_int_equal(video->layer_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(video->layers[i].rid, rids[i]);
    assert_int_equal(video->ssrc_count, 0);
    assert_non_null(sdp_find_extmap(video, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
    sdp_destroy(sdp);
}

static void chromium_answers(void **state)
{
    struct sdp *sdp = parse_fixture("chromium-answer.sdp");

    check_common(sdp);
    assert_int_equal(sdp->media[1].setup, SDP_SETUP_ACTIVE);
    assert_int_equal(sdp->media[1].direction, SDP_RECVONLY);
    assert_int_equal(sdp->media[1].layer_count, 0);
    sdp_destroy(sdp);
}

static void chromium_watches(void **state)
{
    struct sdp *sdp = parse_fixture("chromium-whep.sdp");

    check_common(sdp);
    assert_int_equal(sdp->media_count, 2);
    assert_int_equal(sdp->media[0].kind, SDP_VIDEO);
    assert_int_equal(sdp->media[0].direction, SDP_RECVONLY);
    assert_int_equal(sdp->media[1].setup, SDP_SETUP_ACTPASS);
    sdp_destroy(sdp);
}

static void a_data_channel_is_seen_as_such(void **state)
{
    struct sdp *sdp = parse_fixture("chromium-datachannel.sdp");
    size_t applications = 0;

    check_common(sdp);
    for (size_t i = 0; i < sdp->media_count; i++)
        applications += sdp->media[i].kind == SDP_APPLICATION;
    assert_int_equal(applications, 1);
    sdp_destroy(sdp);
}

static void gstreamer_publishes_with_port_0_and_bundle_only(void **state)
{
    struct sdp *sdp = parse_fixture("gstreamer-whip.sdp");
    const struct sdp_media *video = &sdp->media[0];
    const struct sdp_media *audio = &sdp->media[1];

    check_common(sdp);
    assert_string_equal(video->mid, "video0");
    const struct sdp_codec *h264 = find_by_name(video, "H264");
    assert_int_equal(h264->payload_type, 96);
    assert_int_equal(
        h264->feedback, SDP_FEEDBACK_NACK_PLI | SDP_FEEDBACK_CCM_FIR | SDP_FEEDBACK_TRANSPORT_CC);
    assert_int_equal(sdp_fmtp_get_u32(h264->fmtp, "profile-level-id", 16, 0), 0x42c015);
    assert_int_equal(sdp_find_extmap(video, transport_uri)->id, 3);
    assert_int_equal(audio->port, 0);
    assert_true(audio->bundle_only);
    assert_string_equal(
        find_by_name(audio, "OPUS")->fmtp, "sprop-stereo=0;sprop-maxcapturerate=48000");
    sdp_destroy(sdp);
}

static void gstreamer_watches_and_sends_layers(void **state)
{
    struct sdp *whep = parse_fixture("gstreamer-whep.sdp");
    struct sdp *layers = parse_fixture("gstreamer-simulcast.sdp");

    check_common(whep);
    assert_int_equal(whep->media[0].direction, SDP_RECVONLY);
    check_common(layers);
    assert_int_equal(layers->media[0].layer_count, 3);
    assert_string_equal(layers->media[0].layers[2].rid, "l");
    sdp_destroy(whep);
    sdp_destroy(layers);
}

static void a_wall_of_18_m_lines_is_read_without_a_quadratic_scan(void **state)
{
    size_t len;
    char *text = read_fixture("chromium-wall.sdp", &len);
    uint64_t best_us = UINT64_MAX;

    assert_int_equal(len, 81601);
    for (unsigned round = 0; round < 20; round++) {
        struct sdp_error error;
        struct sdp *sdp;
        uint64_t start_us = clock_now_us();
        assert_int_equal(sdp_parse(text, len, &sdp_limits_whep, &sdp, &error), 0);
        uint64_t spent_us = clock_now_us() - start_us;
        best_us = spent_us < best_us ? spent_us : best_us;
        assert_int_equal(sdp->media_count, 18);
        check_common(sdp);
        sdp_destroy(sdp);
        assert_int_equal(sdp_parse(text, len, &sdp_limits_whip, &sdp, &error), -E2BIG);
    }
    /* About 0.2 ms here; the bound only catches another order of growth. */
    print_message("best of 20: %u us\n", (unsigned)best_us);
    assert_true(best_us < 50000);
    free(text);
}

static void running_out_of_memory_anywhere_is_an_error_without_a_leak(void **state)
{
    size_t len;
    char *text = read_fixture("chromium-whip-simulcast.sdp", &len);
    struct sdp_error error;
    struct sdp *sdp;
    int allowed = 0;
    int r;

    do {
        allocations_left = allowed++;
        r = sdp_parse(text, len, &sdp_limits_whip, &sdp, &error);
        allocations_left = -1;
        assert_true(r == 0 || r == -ENOMEM);
    } while (r < 0);
    assert_true(allowed > 5);
    sdp_destroy(sdp);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium_publishes_audio_and_video),
        cmocka_unit_test(chromium_publishes_three_layers),
        cmocka_unit_test(chromium_answers),
        cmocka_unit_test(chromium_watches),
        cmocka_unit_test(a_data_channel_is_seen_as_such),
        cmocka_unit_test(gstreamer_publishes_with_port_0_and_bundle_only),
        cmocka_unit_test(gstreamer_watches_and_sends_layers),
        cmocka_unit_test(a_wall_of_18_m_lines_is_read_without_a_quadratic_scan),
        cmocka_unit_test(running_out_of_memory_anywhere_is_an_error_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
