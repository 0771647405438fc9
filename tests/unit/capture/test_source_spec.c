#include "capture/source_spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void words_paths_files_and_names_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum source_kind kind;
        const char *value;
    } rows[] = {
        {"auto", SOURCE_AUTO, NULL},
        {"sample", SOURCE_SAMPLE, NULL},
        {"screen", SOURCE_SCREEN, NULL},
        {"none", SOURCE_NONE, NULL},
        {"file:lesson.mkv", SOURCE_FILE, "lesson.mkv"},
        {"file:/a/b:c.mp4", SOURCE_FILE, "/a/b:c.mp4"},
        {"file:", SOURCE_DEVICE, "file:"},
        {"/dev/video0", SOURCE_DEVICE, "/dev/video0"},
        {"USB Camera: Front", SOURCE_DEVICE, "USB Camera: Front"},
        {"Auto", SOURCE_DEVICE, "Auto"},
        {"", SOURCE_DEVICE, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct source_spec spec = source_spec_parse(rows[i].text);
        assert_int_equal(spec.kind, rows[i].kind);
        if (rows[i].value)
            assert_string_equal(spec.value, rows[i].value);
        else
            assert_null(spec.value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_paths_files_and_names_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
