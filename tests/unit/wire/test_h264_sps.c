#include "relay/wire/h264_sps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct sps_case {
    const char *what;
    const char *data; /* behind the NAL header */
    size_t len;
    int result;
    uint32_t pixels;
};

#define SPS(what, data, result, pixels)                                                            \
    {                                                                                              \
        what, data, sizeof(data) - 1, result, pixels                                               \
    }

/* The first five were written by x264. */
static const struct sps_case cases[] = {
    SPS("320x180", "\x42\xc0\x15\xd9\x01\x41\x9f\x9f\x01\x6a\x0c\x0c\x0d\x4a\x00\x00\x03", 0,
        320 * 192),
    SPS("640x360", "\x42\xc0\x1e\xd9\x00\xa0\x2f\xf9\x70\x16\xa0\xc0\xc0\xd4\xa0", 0, 640 * 368),
    SPS("1280x720", "\x42\xc0\x1f\xd9\x00\x50\x05\xbb\x01\x6a\x02\x02\x02\x80", 0, 1280 * 720),
    SPS("1280x720 main", "\x4d\x40\x1f\xd9\x00\x50\x05\xbb\x01\x6a\x02", 0, 1280 * 720),
    SPS("1920x1080 high", "\x64\x00\x28\xac\xb2\x00\xf0\x04\x4f\xcb\x80\xb5\x01", 0, 1920 * 1088),
    SPS("cut before the height", "\x42\xc0\x1f\xd9\x00\x50", -EBADMSG, 0),
    SPS("nothing", "", -EBADMSG, 0),
    SPS("a number without an end", "\x42\xc0\x1f\x00\x00\x00\x00\x00\x00", -EBADMSG, 0),
    /* 1025 macroblocks in a row */
    SPS("too wide", "\x42\xc0\x1f\xda\x00\x10\x04\x16\xe0", -EBADMSG, 0),
    SPS("scaling lists", "\x64\x00\x28\xad", -ENOTSUP, 0),
};

static void size_is_read_from_what_encoders_write(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t pixels = 0;
        int result = h264_sps_pixels((const uint8_t *)cases[i].data, cases[i].len, &pixels);

        if (result != cases[i].result || pixels != cases[i].pixels)
            fail_msg("%s: %d, %u pixels", cases[i].what, result, pixels);
    }
}

/* 00 00 03 stands for 00 00. */
static void emulation_prevention_is_taken_out(void **state)
{
    static const uint8_t escaped[] = {0x42, 0x00, 0x00, 0x03, 0x02, 0x05, 0xa0, 0x14, 0x01, 0x6e};
    uint32_t pixels = 0;

    assert_int_equal(h264_sps_pixels(escaped, sizeof(escaped), &pixels), 0);
    assert_int_equal(pixels, 1280 * 720);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_read_from_what_encoders_write),
        cmocka_unit_test(emulation_prevention_is_taken_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
