#include "common/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What a function writes to stderr, at most size - 1 bytes. */
static void capture_stderr(void (*run)(void), char *ret_text, size_t size)
{
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(pipe_ends[1], STDERR_FILENO) >= 0);
    run();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_ends[1]);
    ssize_t n = read(pipe_ends[0], ret_text, size - 1);
    close(pipe_ends[0]);
    ret_text[n > 0 ? n : 0] = '\0';
}

static void levels_are_set_for_all_topics_and_for_one(void **state)
{
    assert_int_equal(log_set_levels("warn,ice=debug,store=error"), 0);
    assert_true(log_enabled(LOG_ICE, LOG_LEVEL_DEBUG));
    assert_true(log_enabled(LOG_HTTP, LOG_LEVEL_WARN));
    assert_false(log_enabled(LOG_HTTP, LOG_LEVEL_INFO));
    assert_true(log_enabled(LOG_STORE, LOG_LEVEL_ERROR));
    assert_false(log_enabled(LOG_STORE, LOG_LEVEL_WARN));

    assert_int_equal(log_set_levels("http=info"), 0);
    assert_true(log_enabled(LOG_HTTP, LOG_LEVEL_INFO));
    assert_true(log_enabled(LOG_ICE, LOG_LEVEL_DEBUG));
}

static void an_unknown_word_changes_nothing(void **state)
{
    static const char *const wrong[] = {"", "loud", "debug,", "debug,ice",
        "debug,ice=", "debug,ice=loud", "debug,cream=info", "=info", "in", "infos"};
    assert_int_equal(log_set_levels("warn"), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(log_set_levels(wrong[i]), -EINVAL);
        assert_false(log_enabled(LOG_CORE, LOG_LEVEL_INFO));
        assert_true(log_enabled(LOG_CORE, LOG_LEVEL_WARN));
    }
}

static void write_one_line(void)
{
    log_warn(LOG_ICE, "peer=%s reason=%d", "192.0.2.1", 7);
}

static void a_line_has_time_program_level_and_topic(void **state)
{
    char text[2048];
    log_init("duet-test");
    assert_int_equal(log_set_levels("info"), 0);
    capture_stderr(write_one_line, text, sizeof(text));
    assert_int_equal(strspn(text, "0123456789-T:.Z"), 24);
    assert_string_equal(text + 24, " duet-test warn ice peer=192.0.2.1 reason=7\n");
}

static void write_hostile_line(void)
{
    log_info(LOG_HTTP, "agent=%s", "x\n2026-11-21T00:00:00.000Z duet error \x1b[31m");
}

static void control_characters_cannot_forge_a_line(void **state)
{
    char text[2048];
    capture_stderr(write_hostile_line, text, sizeof(text));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strchr(text, '\x1b'));
}

static void write_long_line(void)
{
    static char filler[5000];
    memset(filler, 'x', sizeof(filler) - 1);
    log_info(LOG_HTTP, "%s", filler);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    char text[8192];
    capture_stderr(write_long_line, text, sizeof(text));
    assert_int_equal(strlen(text), 1023);
    assert_int_equal(text[1022], '\n');
}

static void write_below_level(void)
{
    log_debug(LOG_HTTP, "hidden");
}

static void a_line_below_its_level_is_not_written(void **state)
{
    char text[256];
    capture_stderr(write_below_level, text, sizeof(text));
    assert_string_equal(text, "");
}

static void call_init(void)
{
    log_init("duet-test");
}

static void the_environment_sets_levels_and_is_told_when_wrong(void **state)
{
    char text[512];
    setenv("DUET_LOG", "error,dtls=debug", 1);
    capture_stderr(call_init, text, sizeof(text));
    assert_string_equal(text, "");
    assert_true(log_enabled(LOG_DTLS, LOG_LEVEL_DEBUG));
    assert_false(log_enabled(LOG_CORE, LOG_LEVEL_WARN));
    assert_int_equal(log_set_levels("info"), 0);
    setenv("DUET_LOG", "everything", 1);
    capture_stderr(call_init, text, sizeof(text));
    assert_non_null(strstr(text, "DUET_LOG"));
    unsetenv("DUET_LOG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_set_for_all_topics_and_for_one),
        cmocka_unit_test(an_unknown_word_changes_nothing),
        cmocka_unit_test(a_line_has_time_program_level_and_topic),
        cmocka_unit_test(control_characters_cannot_forge_a_line),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(a_line_below_its_level_is_not_written),
        cmocka_unit_test(the_environment_sets_levels_and_is_told_when_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
