#include "common/plain_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_trimmed(const char *text, const char *wanted)
{
    char copy[64];

    snprintf(copy, sizeof(copy), "%s", text);
    plain_text_trim(copy);
    assert_string_equal(copy, wanted);
}

static void blanks_go_at_both_ends_and_stay_within(void **state)
{
    assert_trimmed("三年级", "三年级");
    assert_trimmed("三年级 ", "三年级");
    assert_trimmed(" \t三年级\r\n", "三年级");
    assert_trimmed("\u3000三年级\u3000\u3000", "三年级");
    assert_trimmed("\u00a0\u2003\u200b王 芳\ufeff\u202f", "王 芳");
    assert_trimmed("王\u3000芳", "王\u3000芳");
    assert_trimmed("", "");
    assert_trimmed(" \u3000 ", "");
    assert_trimmed("\xe3\x80", "\xe3\x80"); /* cut off in the middle of one */
}

static void what_nobody_sees_is_no_text(void **state)
{
    assert_true(plain_text_fits("三年级", 9));
    assert_true(plain_text_fits("a b", 3));
    assert_false(plain_text_fits("三年级", 8));
    assert_false(plain_text_fits("", 9));
    assert_false(plain_text_fits("  ", 9));
    assert_false(plain_text_fits("\u3000", 9));
    assert_false(plain_text_fits(" \u200b\u00a0 ", 9));
    assert_false(plain_text_fits("a\nb", 9));
    assert_false(plain_text_fits("\xff", 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_go_at_both_ends_and_stay_within),
        cmocka_unit_test(what_nobody_sees_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
