#include "capture/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct capture_settings settings;

static int setup(void **state)
{
    return config_init(capture_settings_table(), &settings);
}

static int teardown(void **state)
{
    config_free(capture_settings_table(), &settings);
    return 0;
}

static void set(const char *assignment)
{
    struct config_error error;
    assert_int_equal(config_set(capture_settings_table(), &settings, assignment, &error), 0);
}

static void three_layers_are_planned_by_default(void **state)
{
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    struct config_error error;
    unsigned count = 0;
    assert_int_equal(capture_settings_layers(&settings, layers, &count, &error), 0);
    assert_int_equal(count, 3);
    static const struct layer_plan sizes[] = {{1280, 720, 0}, {640, 360, 0}, {320, 180, 0}};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(layers[i].width, sizes[i].width);
        assert_int_equal(layers[i].height, sizes[i].height);
    }
    assert_int_equal(layers[0].bitrate_kbps, settings.bitrate_kbps);
    assert_true(layers[1].bitrate_kbps < layers[0].bitrate_kbps / 2);
    assert_true(layers[2].bitrate_kbps < layers[1].bitrate_kbps / 2);
}

static void sizes_are_even_whatever_is_asked_for(void **state)
{
    struct layer_plan layers[CAPTURE_MAX_LAYERS];
    struct config_error error;
    unsigned count = 0;
    set("video.width=1366");
    set("video.height=768");
    set("video.layers=[768, 383, 191]");
    assert_int_equal(capture_settings_layers(&settings, layers, &count, &error), 0);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(layers[i].width % 2, 0);
        assert_int_equal(layers[i].height % 2, 0);
    }
}

static void layers_that_cannot_be_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *layers;
        const char *says;
    } rows[] = {
        {"video.layers=[360, 720]", "video.layers"},
        {"video.layers=[720, 720]", "720"},
        {"video.layers=[720, 0]", "0"},
        {"video.layers=[720, 20]", "20"},
        {"video.layers=[720, x]", "x"},
        {"video.layers=[360]", "video.height"},
        {"video.layers=[]", "1 to 3"},
        {"video.layers=[720, -360]", "-360"},
        {"video.layers=[720, 99999999999999999999]", "999"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct layer_plan layers[CAPTURE_MAX_LAYERS];
        struct config_error error = {.text = ""};
        unsigned count = 77;
        set(rows[i].layers);
        assert_int_equal(capture_settings_layers(&settings, layers, &count, &error), -EINVAL);
        assert_non_null(strstr(error.text, rows[i].says));
        assert_int_equal(count, 77);
    }
}

static char *write_file(const char *text)
{
    static char path[] = "/tmp/test-capture-token-XXXXXX";
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void token_is_the_first_line_of_its_file(void **state)
{
    struct config_error error;
    char *token = NULL;
    char assignment[200];
    char *path = write_file("abc.def.ghi\r\nsecond line\n");
    snprintf(assignment, sizeof assignment, "whip.token_file=%s", path);
    set(assignment);
    assert_int_equal(capture_settings_token(&settings, &token, &error), 0);
    assert_string_equal(token, "abc.def.ghi");
    free(token);
    unlink(path);
}

static void token_file_that_is_missing_or_empty_is_named(void **state)
{
    struct config_error error = {.text = ""};
    char *token = NULL;
    char assignment[200];
    set("whip.token_file=/nonexistent/token");
    assert_int_equal(capture_settings_token(&settings, &token, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/nonexistent/token"));
    char *path = write_file("");
    snprintf(assignment, sizeof assignment, "whip.token_file=%s", path);
    set(assignment);
    assert_int_equal(capture_settings_token(&settings, &token, &error), -ENODATA);
    assert_non_null(strstr(error.text, "empty"));
    assert_null(token);
    unlink(path);
}

static void a_given_token_goes_before_the_file(void **state)
{
    struct config_error error;
    char *token = NULL;
    set("whip.token=given");
    set("whip.token_file=/nonexistent/token");
    assert_int_equal(capture_settings_token(&settings, &token, &error), 0);
    assert_string_equal(token, "given");
    free(token);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(three_layers_are_planned_by_default),
        CASE(sizes_are_even_whatever_is_asked_for),
        CASE(layers_that_cannot_be_are_refused_with_a_reason),
        CASE(token_is_the_first_line_of_its_file),
        CASE(token_file_that_is_missing_or_empty_is_named),
        CASE(a_given_token_goes_before_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
