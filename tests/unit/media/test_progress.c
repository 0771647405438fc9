#include "media/progress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/stats_file.h"

static json_t *shown(const struct progress_line *line, json_t *extra)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct progress *progress = progress_new(out, true);
    progress_show(progress, line, extra);
    progress_free(progress);
    fclose(out);
    assert_int_equal(text[len - 1], '\n');
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    free(text);
    return object;
}

static void a_line_is_one_json_object_with_what_is_known(void **state)
{
    struct progress_line line;
    progress_line_init(&line);
    line.state = "live";
    line.width = 1280;
    line.height = 720;
    line.fps = 29.976;
    line.note = "camera \"front\" is gone";
    json_t *extra = json_pack("{s:i, s:s}", "frames", 7, "state", "not this one");
    json_t *object = shown(&line, extra);
    assert_string_equal(json_string_value(json_object_get(object, "type")), "stats");
    assert_string_equal(json_string_value(json_object_get(object, "state")), "live");
    assert_true(json_integer_value(json_object_get(object, "t_us")) > 0);
    assert_int_equal(json_integer_value(json_object_get(object, "width")), 1280);
    assert_true(json_real_value(json_object_get(object, "fps")) == 29.98);
    assert_string_equal(
        json_string_value(json_object_get(object, "note")), "camera \"front\" is gone");
    assert_int_equal(json_integer_value(json_object_get(object, "frames")), 7);
    assert_null(json_object_get(object, "kbps"));
    assert_null(json_object_get(object, "latency_ms"));
    json_decref(object);
    json_decref(extra);
}

static void an_event_is_a_json_object_too(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct progress *progress = progress_new(out, true);
    progress_event(progress, "device-gone", "line\nbreak");
    progress_free(progress);
    fclose(out);
    json_t *object = json_loads(text, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(object, "type")), "event");
    assert_string_equal(json_string_value(json_object_get(object, "event")), "device-gone");
    assert_ptr_equal(strchr(text, '\n'), text + len - 1);
    json_decref(object);
    free(text);
}

static void final_figures_appear_whole_or_not_at_all(void **state)
{
    char folder[] = "/tmp/test-stats-XXXXXX";
    char path[64], part[72];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.json", folder);
    snprintf(part, sizeof part, "%s.part", path);
    json_t *object = json_pack("{s:i}", "frames", 3);
    assert_int_equal(stats_file_write(path, object), 0);
    json_t *read = json_load_file(path, 0, NULL);
    assert_true(json_equal(object, read));
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(stats_file_write("/nonexistent/out.json", object), -ENOENT);
    json_decref(read);
    json_decref(object);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object_with_what_is_known),
        cmocka_unit_test(an_event_is_a_json_object_too),
        cmocka_unit_test(final_figures_appear_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
