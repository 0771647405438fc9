#include "common/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text, struct json_error *error)
{
    return json_parse(text, strlen(text), 1024, error);
}

static void members_come_out_with_their_types(void **state)
{
    struct json_error error;
    json_t *root = parse("{\"id\":7,\"offer\":\"v=0\",\"ok\":true,\"empty\":\"\"}", &error);
    assert_non_null(root);
    int64_t id = 0;
    assert_int_equal(json_get_int(root, "id", 0, 10, &id, &error), 0);
    assert_int_equal(id, 7);
    assert_string_equal(json_get_string(root, "offer", 3, &error), "v=0");
    assert_string_equal(json_get_string(root, "empty", 3, &error), "");
    assert_string_equal(json_get_string_or(root, "kind", 9, "watch", &error), "watch");
    assert_true(json_get_bool_or(root, "ok", false));
    assert_true(json_get_bool_or(root, "offer", true));
    assert_false(json_get_bool_or(root, "none", false));
    json_decref(root);
}

static void wrong_members_give_one_clear_sentence(void **state)
{
    struct json_error error;
    json_t *root = parse("{\"id\":\"7\",\"offer\":\"v=0\",\"big\":11,\"real\":1.0}", &error);
    assert_non_null(root);
    int64_t value = 42;
    assert_int_equal(json_get_int(root, "id", 0, 10, &value, &error), -EBADMSG);
    assert_string_equal(error.text, "id: expected an integer from 0 to 10");
    assert_int_equal(json_get_int(root, "big", 0, 10, &value, &error), -EBADMSG);
    assert_int_equal(json_get_int(root, "real", 0, 10, &value, &error), -EBADMSG);
    assert_int_equal(json_get_int(root, "none", 0, 10, &value, &error), -EBADMSG);
    assert_int_equal(value, 42);
    assert_null(json_get_string(root, "offer", 2, &error));
    assert_string_equal(error.text, "offer: expected a string of at most 2 bytes");
    assert_null(json_get_string(root, "big", 9, &error));
    assert_null(json_get_string(root, "none", 9, &error));
    assert_null(json_get_string_or(root, "big", 9, "fallback", &error));
    json_decref(root);
}

static void getters_on_something_else_than_an_object_fail(void **state)
{
    struct json_error error;
    json_t *array = parse("[1]", &error);
    int64_t value;
    assert_null(json_get_string(array, "a", 9, &error));
    assert_int_equal(json_get_int(array, "a", 0, 9, &value, &error), -EBADMSG);
    assert_int_equal(json_get_int(NULL, "a", 0, 9, &value, &error), -EBADMSG);
    json_decref(array);
}

static void broken_documents_are_refused(void **state)
{
    static const char *const texts[] = {"", "{", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "nul",
        "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "{\"a\":1e999}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct json_error error = {""};
        if (parse(texts[i], &error))
            fail_msg("accepted %s", texts[i]);
        assert_true(strncmp(error.text, "line ", 5) == 0);
    }
}

static void nesting_of_sixteen_is_allowed_and_seventeen_is_not(void **state)
{
    struct json_error error;
    json_t *root = parse("[[[[[[[[[[[[[[[[\"[[[[\\\"[[\"]]]]]]]]]]]]]]]]", &error);
    assert_non_null(root);
    json_decref(root);
    assert_null(parse("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", &error));
    assert_string_equal(error.text, "nested deeper than 16 levels");
}

static void a_document_over_the_limit_is_not_read(void **state)
{
    struct json_error error;
    assert_null(json_parse("[1,2,3]", 7, 6, &error));
    assert_string_equal(error.text, "the message has 7 bytes, allowed are 6");
}

static void a_message_never_repeats_what_the_sender_wrote(void **state)
{
    struct json_error error;
    assert_null(parse("{\"token\": hunter2}", &error));
    assert_null(strstr(error.text, "hunter2"));
    assert_null(parse("{\"hunter2\":1,\"hunter2\":1}", &error));
    assert_null(strstr(error.text, "hunter2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_out_with_their_types),
        cmocka_unit_test(wrong_members_give_one_clear_sentence),
        cmocka_unit_test(getters_on_something_else_than_an_object_fail),
        cmocka_unit_test(broken_documents_are_refused),
        cmocka_unit_test(nesting_of_sixteen_is_allowed_and_seventeen_is_not),
        cmocka_unit_test(a_document_over_the_limit_is_not_read),
        cmocka_unit_test(a_message_never_repeats_what_the_sender_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
