#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "player/words.h"

static json_t *load(const char *language)
{
    g_autofree char *path = g_strdup_printf(SOURCE_ROOT "/web/i18n/%s.json", language);
    json_error_t error;
    json_t *texts = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (!texts)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return texts;
}

static void assert_keys_of_first_in_second(json_t *first, json_t *second)
{
    const char *key;
    json_t *value;

    json_object_foreach(first, key, value)
    {
        if (!json_is_string(value))
            fail_msg("%s is not a text", key);
        if (!json_object_get(second, key))
            fail_msg("%s is in one language only", key);
    }
}

static void both_languages_have_the_same_ids(void **state)
{
    json_t *chinese = load("zh-CN");
    json_t *english = load("en");

    assert_keys_of_first_in_second(chinese, english);
    assert_keys_of_first_in_second(english, chinese);
    json_decref(chinese);
    json_decref(english);
}

static void every_id_in_the_player_s_sources_exists(void **state)
{
    g_autoptr(GRegex) regex = g_regex_new("\"(player\\.[a-z0-9_]+)\"", 0, 0, NULL);
    g_autoptr(GDir) folder = g_dir_open(SOURCE_ROOT "/player", 0, NULL);
    json_t *chinese = load("zh-CN");
    const char *name;
    int found = 0;

    assert_non_null(folder);
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(SOURCE_ROOT "/player", name, NULL);
        g_autofree char *text = NULL;
        g_autoptr(GMatchInfo) match = NULL;
        if (!g_str_has_suffix(name, ".c") || !g_file_get_contents(path, &text, NULL, NULL))
            continue;
        for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
             g_match_info_next(match, NULL)) {
            g_autofree char *id = g_match_info_fetch(match, 1);
            if (!json_object_get(chinese, id))
                fail_msg("%s: %s has no text", name, id);
            found++;
        }
    }
    assert_true(found > 20);
    json_decref(chinese);
}

static void the_window_finds_its_words_in_the_program(void **state)
{
    struct words *chinese = words_new("zh-CN", NULL);
    struct words *english = words_new("en", NULL);

    assert_non_null(chinese);
    assert_non_null(english);
    assert_string_equal(words_get(chinese, "player.takeover"), "接管");
    assert_string_equal(words_get(chinese, "player.handback"), "交还");
    assert_string_equal(words_get(chinese, "player.chip_stutter"), "画面卡顿");
    assert_string_equal(words_get(english, "player.takeover"), "Take over");
    assert_string_equal(words_get(english, "player.no_such_id"), "player.no_such_id");
    g_autofree char *filled = words_fill(chinese, "player.chip_last_frame", "time", "10:19:40");
    assert_non_null(strstr(filled, "10:19:40"));
    assert_null(strchr(filled, '{'));
    words_free(chinese);
    words_free(english);
    words_free(NULL);
}

static void an_unknown_language_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(words_new("xx", &error));
    assert_non_null(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_have_the_same_ids),
        cmocka_unit_test(every_id_in_the_player_s_sources_exists),
        cmocka_unit_test(the_window_finds_its_words_in_the_program),
        cmocka_unit_test(an_unknown_language_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
