#include "common/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct values {
    int64_t port;
    struct config_list listen;
    bool tls;
    char *key;
    char *root;
    char *level;
    int64_t depth;
};

static const char *const levels[] = {"low", "middle", "high", NULL};

static const struct config_setting settings[] = {
    {"http.port", CONFIG_INT, offsetof(struct values, port), 1, 65535, NULL, "8080", "Port."},
    {"http.listen", CONFIG_LIST, offsetof(struct values, listen), 0, 3, NULL,
        "[127.0.0.1, \"::1\"]", "Addresses."},
    {"http.tls.on", CONFIG_BOOL, offsetof(struct values, tls), 0, 0, NULL, "false", "TLS."},
    {"relay.key", CONFIG_STRING, offsetof(struct values, key), 4, 8, NULL, "", "Key.", true},
    {"http.web_root", CONFIG_STRING, offsetof(struct values, root), 0, 0, NULL, "/usr/share/#web",
        "Folder."},
    {"level", CONFIG_CHOICE, offsetof(struct values, level), 0, 0, levels, "low", "Level."},
    {"depth", CONFIG_INT, offsetof(struct values, depth), -5, INT64_MAX, NULL, "0", "Depth."},
};

static const struct config_table table = {
    "duet-test", settings, sizeof(settings) / sizeof(*settings)};

static int load(struct values *values, const char *text, struct config_error *error)
{
    error->text[0] = '\0';
    return config_load_text(&table, values, "t.yaml", text, strlen(text), error);
}

static void assert_defaults(const struct values *values)
{
    assert_int_equal(values->port, 8080);
    assert_int_equal(values->listen.count, 2);
    assert_string_equal(values->listen.items[0], "127.0.0.1");
    assert_string_equal(values->listen.items[1], "::1");
    assert_false(values->tls);
    assert_string_equal(values->key, "");
    assert_string_equal(values->root, "/usr/share/#web");
    assert_string_equal(values->level, "low");
    assert_int_equal(values->depth, 0);
}

static void defaults_stand_in_the_struct(void **state)
{
    struct values values;
    assert_int_equal(config_init(&table, &values), 0);
    assert_defaults(&values);
    config_free(&table, &values);
}

static void a_file_fills_every_type(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(load(&values,
                         "http:\n  port: 9000\n  listen:\n    - '::'\n  tls: {on: yes}\n"
                         "  web_root: \"/srv/a b\"\n"
                         "relay:\n  key: 12345678\nlevel: high\ndepth: -5\n",
                         &error),
        0);
    assert_int_equal(values.port, 9000);
    assert_int_equal(values.listen.count, 1);
    assert_string_equal(values.listen.items[0], "::");
    assert_true(values.tls);
    assert_string_equal(values.key, "12345678");
    assert_string_equal(values.root, "/srv/a b");
    assert_string_equal(values.level, "high");
    assert_int_equal(values.depth, -5);
    config_free(&table, &values);
}

static void empty_files_and_empty_sections_change_nothing(void **state)
{
    static const char *const texts[] = {"", "# only a remark\n", "---\n", "http:\n", "http: {}\n",
        "http:\n  tls:\n#    on: true\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct values values;
        struct config_error error;
        assert_int_equal(config_init(&table, &values), 0);
        if (load(&values, texts[i], &error) != 0)
            fail_msg("\"%s\": %s", texts[i], error.text);
        assert_defaults(&values);
        config_free(&table, &values);
    }
}

struct refusal {
    const char *text;
    const char *message;
};

static const struct refusal refusals[] = {
    /* unknown keys */
    {"\nhttp:\n  prot: 1\n", "t.yaml:3: http.prot: unknown setting, did you mean http.port?"},
    {"port: 1\n", "t.yaml:1: port: unknown setting, did you mean http.port?"},
    {"http:\n  colour: red\n",
        "t.yaml:2: http.colour: unknown setting, duet-test --print-config lists the known ones"},
    {"htpt:\n  port: 1\n",
        "t.yaml:1: htpt: unknown setting, duet-test --print-config lists the known ones"},
    {"http:\n  port:\n    number: 1\n",
        "t.yaml:3: http.port: expected an integer from 1 to 65535, got a section"},
    /* wrong types */
    {"http:\n  port: \"80\"\n",
        "t.yaml:2: http.port: expected an integer from 1 to 65535, got a text in quotes"},
    {"http:\n  port: 80.5\n", "t.yaml:2: http.port: expected an integer from 1 to 65535, got 80.5"},
    {"http:\n  port:\n", "t.yaml:2: http.port: expected an integer from 1 to 65535, got nothing"},
    {"http:\n  port: [80]\n",
        "t.yaml:2: http.port: expected an integer from 1 to 65535, got a list"},
    {"http: 80\n", "t.yaml:1: http: expected a section with settings below it"},
    {"http:\n  listen: '::'\n",
        "t.yaml:2: http.listen: expected a list of at most 3 texts, got ::"},
    {"http:\n  listen: [[a]]\n", "t.yaml:2: http.listen: expected a list of at most 3 texts, got "
                                 "something else in the list"},
    {"http:\n  tls:\n    on: maybe\n", "t.yaml:3: http.tls.on: expected true or false, got maybe"},
    {"level: {a: b}\n", "t.yaml:1: level: expected one of low, middle, high, got a section"},
    {"- http\n", "t.yaml:1: expected settings, as in \"key: value\""},
    {"? [a]\n: b\n", "t.yaml:1: the name of a setting must be a text"},
    /* out of range */
    {"http:\n  port: 70000\n", "t.yaml:2: http.port: 70000 is out of range, allowed 1 to 65535"},
    {"http:\n  port: 0\n", "t.yaml:2: http.port: 0 is out of range, allowed 1 to 65535"},
    {"depth: 9223372036854775808\n",
        "t.yaml:1: depth: 9223372036854775808 is out of range, allowed "
        "-5 to 9223372036854775807"},
    {"depth: -6\n", "t.yaml:1: depth: -6 is out of range, allowed -5 to 9223372036854775807"},
    {"http:\n  listen: [a, b, c, d]\n", "t.yaml:2: http.listen: 4 items are too many, allowed 3"},
    {"level: top\n", "t.yaml:1: level: expected one of low, middle, high, got top"},
    {"relay:\n  key: abc\n", "t.yaml:2: relay.key: expected a text of 4 to 8 bytes, got 3 bytes"},
    {"level: \"low\\0\"\n", "t.yaml:1: level: a zero byte is not allowed"},
    /* twice */
    {"level: low\nlevel: high\n", "t.yaml:2: level: set twice in the same file"},
    {"http:\n  port: 1\nhttp:\n  listen: []\n", "t.yaml:3: http: set twice in the same file"},
    {"http.port: 1\nhttp:\n  port: 2\n", "t.yaml:3: http.port: set twice in the same file"},
    {"level: low\n---\nlevel: high\n", "t.yaml:3: only one document is allowed in a file"},
};

static void each_mistake_names_line_key_and_what_is_allowed(void **state)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        struct values values;
        struct config_error error;
        assert_int_equal(config_init(&table, &values), 0);
        if (load(&values, refusals[i].text, &error) != -EINVAL)
            fail_msg("accepted: %s", refusals[i].text);
        assert_string_equal(error.text, refusals[i].message);
        assert_defaults(&values);
        config_free(&table, &values);
    }
}

static void a_mistake_in_the_last_line_changes_nothing(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(
        load(&values, "http:\n  port: 9\n  listen: [x]\nlevel: bad\n", &error), -EINVAL);
    assert_defaults(&values);
    config_free(&table, &values);
}

static void broken_yaml_names_its_line(void **state)
{
    static const struct refusal broken[] = {
        {"level: low\nhttp: [\n", "t.yaml:3: not YAML:"},
        {"level: \"low\n", "t.yaml:2: not YAML:"},
        {"level: *nobody\n", "t.yaml:1: not YAML:"},
        {"level: low\n\xff\xfe", "t.yaml:"},
        {"\tlevel: low\n", "t.yaml:1: not YAML:"},
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        struct values values;
        struct config_error error;
        assert_int_equal(config_init(&table, &values), 0);
        assert_int_equal(load(&values, broken[i].text, &error), -EINVAL);
        assert_memory_equal(error.text, broken[i].message, strlen(broken[i].message));
        assert_defaults(&values);
        config_free(&table, &values);
    }
}

static void aliases_that_multiply_or_contain_themselves_end_at_once(void **state)
{
    static const char *const texts[] = {
        "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nhttp: {listen: [*b,*b]}\n",
        "http: &h\n  listen: [a]\n  tls: *h\n",
        "http:\n  listen: &l [*l]\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct values values;
        struct config_error error;
        assert_int_equal(config_init(&table, &values), 0);
        assert_int_equal(load(&values, texts[i], &error), -EINVAL);
        config_free(&table, &values);
    }
}

static void an_alias_may_name_a_value(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(load(&values, "http:\n  web_root: &x high\nlevel: *x\n", &error), 0);
    assert_string_equal(values.level, "high");
    config_free(&table, &values);
}

/* In a moment, too: libyaml alone would take minutes. */
static void very_deep_nesting_is_refused(void **state)
{
    size_t len = 256 * 1024;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '[', len);
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(config_load_text(&table, &values, "t.yaml", text, len, &error), -EINVAL);
    assert_string_equal(error.text, "t.yaml:1: nested deeper than 32 levels");
    config_free(&table, &values);
    free(text);
}

static void a_file_of_a_megabyte_is_refused(void **state)
{
    size_t len = 1024 * 1024;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '#', len);
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(config_load_text(&table, &values, "t.yaml", text, len, &error), -EINVAL);
    assert_non_null(strstr(error.text, "too many"));
    config_free(&table, &values);
    free(text);
}

static void set_takes_one_value_from_the_command_line(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(config_set(&table, &values, "http.port=1234", &error), 0);
    assert_int_equal(config_set(&table, &values, "http.listen=10.0.0.1, fe80::1", &error), 0);
    assert_int_equal(config_set(&table, &values, "http.web_root=/a=b", &error), 0);
    assert_int_equal(config_set(&table, &values, "http.tls.on=true", &error), 0);
    assert_int_equal(values.port, 1234);
    assert_int_equal(values.listen.count, 2);
    assert_string_equal(values.listen.items[1], "fe80::1");
    assert_string_equal(values.root, "/a=b");
    assert_true(values.tls);
    assert_int_equal(config_set(&table, &values, "http.listen=[ 'a, b' ,\"::\", c ]", &error), 0);
    assert_int_equal(values.listen.count, 3);
    assert_string_equal(values.listen.items[0], "a, b");
    assert_string_equal(values.listen.items[1], "::");
    assert_string_equal(values.listen.items[2], "c");
    assert_int_equal(config_set(&table, &values, "http.listen=", &error), 0);
    assert_int_equal(values.listen.count, 0);
    config_free(&table, &values);
}

static void set_refuses_with_the_same_words(void **state)
{
    static const struct refusal wrong[] = {
        {"http.port", "--set: expected key=value, as in --set key=value"},
        {"=1", "--set: expected key=value, as in --set key=value"},
        {"http.port=99999", "--set: http.port: 99999 is out of range, allowed 1 to 65535"},
        {"http.port=", "--set: http.port: expected an integer from 1 to 65535, got nothing"},
        {"http.prt=1", "--set: http.prt: unknown setting, did you mean http.port?"},
        {"http.listen=a,b,c,d", "--set: http.listen: too many items, allowed 3"},
        {"http=1", "--set: http: unknown setting, duet-test --print-config lists the known ones"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct values values;
        struct config_error error;
        assert_int_equal(config_init(&table, &values), 0);
        assert_int_equal(config_set(&table, &values, wrong[i].text, &error), -EINVAL);
        assert_string_equal(error.text, wrong[i].message);
        assert_defaults(&values);
        config_free(&table, &values);
    }
}

static void a_secret_never_stands_in_a_message(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(load(&values, "relay:\n  key: hunter2hunter2\n", &error), -EINVAL);
    assert_null(strstr(error.text, "hunter2"));
    config_free(&table, &values);
}

static void a_missing_file_says_so(void **state)
{
    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    assert_int_equal(config_load(&table, &values, "/nowhere/x.yaml", &error), -ENOENT);
    assert_string_equal(error.text, "/nowhere/x.yaml: No such file or directory");
    assert_int_equal(config_load(&table, &values, "/", &error), -EISDIR);
    config_free(&table, &values);
}

static void the_printed_file_loads_and_holds_the_defaults(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    config_print_file(&table, out);
    fclose(out);

    struct values values;
    struct config_error error;
    assert_int_equal(config_init(&table, &values), 0);
    if (config_load_text(&table, &values, "printed", text, len, &error) != 0)
        fail_msg("%s\n%s", error.text, text);
    assert_defaults(&values);

    /* With every setting uncommented the defaults must come back. */
    for (char *mark = text; (mark = strchr(mark, '#')); mark++)
        if (mark[1] != ' ' && (mark == text || mark[-1] == '\n' || mark[-1] == ' '))
            memmove(mark, mark + 1, strlen(mark));
    if (load(&values, text, &error) != 0)
        fail_msg("%s\n%s", error.text, text);
    assert_defaults(&values);
    config_free(&table, &values);
    free(text);
}

static void help_names_every_setting(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    config_print_help(&table, out);
    fclose(out);
    for (size_t i = 0; i < table.count; i++)
        assert_non_null(strstr(text, settings[i].key));
    assert_non_null(strstr(text, "an integer from 1 to 65535; default 8080"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand_in_the_struct),
        cmocka_unit_test(a_file_fills_every_type),
        cmocka_unit_test(empty_files_and_empty_sections_change_nothing),
        cmocka_unit_test(each_mistake_names_line_key_and_what_is_allowed),
        cmocka_unit_test(a_mistake_in_the_last_line_changes_nothing),
        cmocka_unit_test(broken_yaml_names_its_line),
        cmocka_unit_test(aliases_that_multiply_or_contain_themselves_end_at_once),
        cmocka_unit_test(an_alias_may_name_a_value),
        cmocka_unit_test(very_deep_nesting_is_refused),
        cmocka_unit_test(a_file_of_a_megabyte_is_refused),
        cmocka_unit_test(set_takes_one_value_from_the_command_line),
        cmocka_unit_test(set_refuses_with_the_same_words),
        cmocka_unit_test(a_secret_never_stands_in_a_message),
        cmocka_unit_test(a_missing_file_says_so),
        cmocka_unit_test(the_printed_file_loads_and_holds_the_defaults),
        cmocka_unit_test(help_names_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
