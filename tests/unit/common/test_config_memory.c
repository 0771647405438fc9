/* Each allocation of the configuration fails once: it must say -ENOMEM and lose nothing (the
 * sanitizer build sees leaks). */
#include "common/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct values {
    char *name;
    struct config_list listen;
};

static const struct config_setting settings[] = {
    {"name", CONFIG_STRING, offsetof(struct values, name), 0, 0, NULL, "somebody", "Name."},
    {"listen", CONFIG_LIST, offsetof(struct values, listen), 0, 0, NULL, "[a, b]", "List."},
};

static const struct config_table table = {"duet-test", settings, 2};

static int allowed; /* allocations until one fails; negative: none does */

static bool fails(void)
{
    return allowed >= 0 && allowed-- == 0;
}

void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : __real_strndup(text, len);
}

static void init_survives_every_failing_allocation(void **state)
{
    struct values values;
    int r = -ENOMEM;
    for (int n = 0; r != 0; n++) {
        assert_true(n < 100);
        allowed = n;
        r = config_init(&table, &values);
        assert_true(r == 0 || r == -ENOMEM);
    }
    allowed = -1;
    config_free(&table, &values);
}

static void load_survives_and_changes_nothing(void **state)
{
    static const char text[] = "name: other\nlisten: [c, d, e]\n";
    struct values values;
    struct config_error error;
    allowed = -1;
    assert_int_equal(config_init(&table, &values), 0);
    int failures = 0;
    for (int r = -ENOMEM; r != 0;) {
        allowed = failures;
        r = config_load_text(&table, &values, "t.yaml", text, strlen(text), &error);
        allowed = -1;
        if (r == 0)
            break;
        assert_int_equal(r, -ENOMEM);
        assert_string_equal(values.name, "somebody");
        assert_int_equal(values.listen.count, 2);
        assert_true(++failures < 100);
    }
    assert_true(failures > 4);
    assert_string_equal(values.name, "other");
    assert_int_equal(values.listen.count, 3);
    config_free(&table, &values);
}

static void set_survives_every_failing_allocation(void **state)
{
    struct values values;
    struct config_error error;
    allowed = -1;
    assert_int_equal(config_init(&table, &values), 0);
    int failures = 0;
    for (;;) {
        allowed = failures;
        int r = config_set(&table, &values, "listen=x,y", &error);
        allowed = -1;
        if (r == 0)
            break;
        assert_int_equal(r, -ENOMEM);
        assert_string_equal(values.listen.items[0], "a");
        assert_true(++failures < 100);
    }
    assert_string_equal(values.listen.items[1], "y");
    config_free(&table, &values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_survives_every_failing_allocation),
        cmocka_unit_test(load_survives_and_changes_nothing),
        cmocka_unit_test(set_survives_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
