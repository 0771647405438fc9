#include "tests/unit/routing/cmocka_all.h"

#include "relay/routing/media_params.h"

#include <string.h>

static struct media_codec h264(uint32_t profile, uint8_t mode)
{
    return (struct media_codec){.id = MEDIA_CODEC_H264,
        .name = "H264",
        .clock_rate = 90000,
        .h264_profile_level_id = profile,
        .h264_packetization_mode = mode};
}

static void h264_goes_to_whoever_can_decode_its_profile(void **state)
{
    static const struct {
        uint32_t sent, taken;
        bool compatible;
    } table[] = {
        {0x42e01f, 0x42e01f, true},
        {0x42e01f, 0x42001f, true},
        {0x42001f, 0x42e01f, true},
        {0x42e01f, 0x4d001f, true},
        {0x42c028, 0x640c1f, true},
        {0x42e034, 0x42e00d, true}, /* the level is ignored */
        {0, 0x42e01f, true},        /* absent means baseline */
        {0x42e01f, 0, true},
        {0x4d001f, 0x42e01f, false},
        {0x64001f, 0x4d001f, false},
        {0x4d001f, 0x64001f, true},
        {0x640c1f, 0x64001f, true},
        {0xf4001f, 0x64001f, false},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct media_codec sent = h264(table[i].sent, 1);
        struct media_codec taken = h264(table[i].taken, 1);
        assert_int_equal(media_codec_compatible(&sent, &taken), table[i].compatible);
    }
    struct media_codec one = h264(0x42e01f, 1);
    struct media_codec zero = h264(0x42e01f, 0);
    assert_false(media_codec_compatible(&one, &zero));
}

static void other_codecs_compare_name_rate_channels_and_parameters(void **state)
{
    struct media_codec opus = {
        .id = MEDIA_CODEC_OPUS, .name = "opus", .clock_rate = 48000, .channels = 2};
    struct media_codec other = opus;

    strcpy(other.name, "OPUS");
    strcpy(other.fmtp, "useinbandfec=1");
    assert_true(media_codec_compatible(&opus, &other));
    other.channels = 1;
    assert_false(media_codec_compatible(&opus, &other));

    struct media_codec vp9 = {
        .id = MEDIA_CODEC_OTHER, .name = "VP9", .clock_rate = 90000, .fmtp = "profile-id=0"};
    other = vp9;
    assert_true(media_codec_compatible(&vp9, &other));
    strcpy(other.fmtp, "profile-id=2");
    assert_false(media_codec_compatible(&vp9, &other));
    struct media_codec pcmu = {.id = MEDIA_CODEC_OTHER, .name = "PCMU", .clock_rate = 8000};
    other = pcmu;
    other.channels = 1; /* none said is one */
    assert_true(media_codec_compatible(&pcmu, &other));
    strcpy(other.name, "PCMA");
    assert_false(media_codec_compatible(&pcmu, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h264_goes_to_whoever_can_decode_its_profile),
        cmocka_unit_test(other_codecs_compare_name_rate_channels_and_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
