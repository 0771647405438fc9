/* Rules of accounts that need no server: passwords, who keeps whose account, and how much of refusals is told. */
#include "common/clock.h"
#include "signaling/accounts/account_rights.h"
#include "signaling/accounts/passwords.h"
#include "signaling/http/audit_note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void passwords_that_are_tried_first_are_refused(void **state)
{
    static const struct {
        const char *password, *name, *word; /* NULL: fine */
    } rows[] = {
        {"1234567", "wang", "8 characters"},
        {"四个汉字四个汉", "wang", "8 characters"},
        {"春眠不觉晓处处闻", "wang", NULL},
        {"four green kites", "wang", NULL},
        {"kT7#vq2x", "wang", NULL},
        {"password", "wang", "tried first"},
        {"PassWord123", "wang", "tried first"},
        {"12345678", "wang", "tried first"},
        {"19900101", "wang", "tried first"},
        {"13912345678", "wang", "tried first"},
        {"aaaaaaaaaa", "wang", "tried first"},
        {"woaini1314", "wang", "tried first"},
        {"5201314a", "wang", "tried first"},
        {"1qaz2wsx", "wang", "tried first"},
        {"qwerty123", "wang", "tried first"},
        {"zhang@123456", "wang", "tried first"},
        {"laoshi2024", "wang", "tried first"},
        {"shuangshi123", "wang", "tried first"},
        {"xxWANGxxxx7", "wang", "your name"},
        {"王芳的密码很长很长", "王芳", "your name"},
        {"a long password", "a", NULL}, /* one letter stands in any */
        {"ｘｘＷａｎｇｘｘｘｘ7", "wang", "your name"},
        {"my A.Long.Login!", "wang", "log in with"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *fault = passwords_fault(rows[i].password, rows[i].name, "a.long.login");

        if (!rows[i].word != !fault || (fault && !strstr(fault, rows[i].word)))
            fail_msg("%s: %s", rows[i].password, fault ? fault : "fine");
    }
}

/* The list is searched by halves: each row must be found. */
static void the_list_of_common_passwords_is_sorted_and_in_lower_case(void **state)
{
    static const char *const rows[] = {
#include "signaling/accounts/common_passwords.inc"
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);

    assert_true(count > 10000);
    for (size_t i = 0; i < count; i++) {
        if (!passwords_are_common(rows[i]) || strlen(rows[i]) < 8 ||
            strpbrk(rows[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
            fail_msg("%s", rows[i]);
    }
}

static void each_keeps_the_accounts_that_are_theirs_to_keep(void **state)
{
    static const char *const roles[] = {"system_admin", "security_admin", "audit_admin",
        "coordinator", "master_teacher", "local_teacher", "inspector"};
    /* By who asks: of which of those roles, in their order; with and without a security administrator. */
    static const struct {
        const char *with, *without;
    } rows[] = {
        {".......", "xxxxxxx"},
        {"xxxxxxx", "xxxxxxx"},
        {".......", "......."},
        {"....xx.", "....xx."},
        {".......", "......."},
        {".......", "......."},
        {".......", "......."},
    };

    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 7; j++) {
            assert_int_equal(account_rights_may(roles[i], true, roles[j]), rows[i].with[j] == 'x');
            assert_int_equal(
                account_rights_may(roles[i], false, roles[j]), rows[i].without[j] == 'x');
        }
    }
}

static void a_flood_of_refusals_is_counted_rather_than_written(void **state)
{
    struct audit_notes notes = {0};
    uint64_t now_us = 5 * US_PER_S;
    unsigned withheld = 7;
    unsigned written = 0;

    for (int i = 0; i < 1000; i++)
        written += audit_notes_admit(&notes, now_us + (uint64_t)i, &withheld);
    assert_int_equal(written, AUDIT_NOTE_PER_MINUTE);
    assert_int_equal(withheld, 0);
    assert_true(audit_notes_admit(&notes, now_us + 61 * US_PER_S, &withheld));
    assert_int_equal(withheld, 1000 - AUDIT_NOTE_PER_MINUTE);
    assert_true(audit_notes_admit(&notes, now_us + 62 * US_PER_S, &withheld));
    assert_int_equal(withheld, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_that_are_tried_first_are_refused),
        cmocka_unit_test(the_list_of_common_passwords_is_sorted_and_in_lower_case),
        cmocka_unit_test(each_keeps_the_accounts_that_are_theirs_to_keep),
        cmocka_unit_test(a_flood_of_refusals_is_counted_rather_than_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
