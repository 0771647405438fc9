/* The table of refusals: each has its row, its own code, and a sentence that tells what to do. */
#include "signaling/http/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void each_has_a_status_a_code_and_a_sentence(void **state)
{
    (void)state;
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
        const char *code = refusals_code(i);
        const char *sentence = refusals_sentence(i);

        assert_non_null(code);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
        assert_in_range(refusals_status(i), 400, 503);
        assert_non_null(sentence);
        if (strcmp(sentence, "{fault}") != 0)
            assert_int_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void no_two_share_a_code(void **state)
{
    (void)state;
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
        for (int j = i + 1; j < REFUSAL_COUNT; j++)
            assert_string_not_equal(refusals_code(i), refusals_code(j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_a_status_a_code_and_a_sentence),
        cmocka_unit_test(no_two_share_a_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
