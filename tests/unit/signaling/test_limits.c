/* Token buckets, slowed logins and warnings of a certificate, by a clock of the test's own. */
#include "common/clock.h"
#include "signaling/accounts/code_guard.h"
#include "signaling/accounts/devices.h"
#include "signaling/accounts/login_guard.h"
#include "signaling/http/certificate.h"
#include "signaling/http/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START_US (UINT64_C(1000000) * US_PER_S)

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    struct rate_limit *limit = rate_limit_create(64);
    const struct rate rate = {.burst = 5, .per_second = 2};
    uint64_t now_us = START_US;
    uint64_t wait_us = 0;
    unsigned taken = 0;

    for (int i = 0; i < 5; i++)
        assert_true(rate_limit_take(limit, "a", &rate, now_us, &wait_us));
    assert_false(rate_limit_take(limit, "a", &rate, now_us, &wait_us));
    assert_int_equal(wait_us, US_PER_S / 2);
    assert_true(rate_limit_take(limit, "a", &rate, now_us + wait_us, &wait_us));
    assert_true(rate_limit_take(limit, "b", &rate, now_us, &wait_us));
    /* Asked every millisecond for ten seconds: no fraction is lost. */
    for (int i = 1; i <= 10000; i++)
        taken +=
            rate_limit_take(limit, "a", &rate, now_us + US_PER_S / 2 + i * US_PER_MS, &wait_us);
    assert_in_range(taken, 19, 20);
    /* A long rest fills the bucket to its burst and no further. */
    now_us += 3600 * US_PER_S;
    for (taken = 0; rate_limit_take(limit, "a", &rate, now_us, &wait_us); taken++)
        ;
    assert_int_equal(taken, 5);
    rate_limit_destroy(limit);
}

static void a_flood_of_keys_takes_no_memory_and_frees_no_other_key(void **state)
{
    struct rate_limit *limit = rate_limit_create(1024);
    const struct rate rate = {.burst = 1, .per_second = 1};
    uint64_t wait_us;
    char key[32];

    for (int i = 0; i < 100000; i++) {
        snprintf(key, sizeof(key), "key-%d", i);
        rate_limit_take(limit, key, &rate, START_US + (uint64_t)i, &wait_us);
    }
    assert_true(rate_limit_take(limit, "mine", &rate, START_US + 200000, &wait_us));
    assert_false(rate_limit_take(limit, "mine", &rate, START_US + 200001, &wait_us));
    rate_limit_destroy(limit);
}

static void an_ipv6_host_has_one_bucket_for_its_network(void **state)
{
    char a[64];
    char b[64];

    rate_limit_address_key("2001:db8::1", a, sizeof(a));
    rate_limit_address_key("2001:db8::ffff:1", b, sizeof(b));
    assert_string_equal(a, b);
    rate_limit_address_key("2001:db8:0:1::1", b, sizeof(b));
    assert_string_not_equal(a, b);
    rate_limit_address_key("192.0.2.1", a, sizeof(a));
    rate_limit_address_key("192.0.2.2", b, sizeof(b));
    assert_string_not_equal(a, b);
}

static void failures_of_one_name_from_one_address_wait_longer_and_longer(void **state)
{
    struct login_guard *guard = login_guard_create();
    uint64_t now_us = START_US;
    uint64_t wait_us = 0;
    uint64_t last_us = 0;

    for (int i = 0; i < LOGIN_GUARD_FREE_FAILURES; i++) {
        assert_true(login_guard_allows(guard, "wang", "192.0.2.1", now_us, &wait_us));
        login_guard_failed(guard, "wang", "192.0.2.1", now_us);
    }
    for (int i = 0; i < 10; i++) {
        assert_false(login_guard_allows(guard, "wang", "192.0.2.1", now_us, &wait_us));
        assert_true(wait_us >= last_us && wait_us <= LOGIN_GUARD_MAX_WAIT_S * US_PER_S);
        last_us = wait_us;
        now_us += wait_us;
        assert_true(login_guard_allows(guard, "wang", "192.0.2.1", now_us, &wait_us));
        login_guard_failed(guard, "wang", "192.0.2.1", now_us);
    }
    assert_int_equal(last_us, LOGIN_GUARD_MAX_WAIT_S * US_PER_S);
    /* Others behind the same address, and she herself elsewhere, are not touched. */
    assert_true(login_guard_allows(guard, "zhao", "192.0.2.1", now_us, &wait_us));
    assert_true(login_guard_allows(guard, "wang", "192.0.2.2", now_us, &wait_us));
    login_guard_destroy(guard);
}

static void success_and_time_forget_failures(void **state)
{
    struct login_guard *guard = login_guard_create();
    uint64_t wait_us = 0;

    for (int i = 0; i < 6; i++)
        login_guard_failed(guard, "wang", "a", START_US);
    assert_false(login_guard_allows(guard, "wang", "a", START_US, &wait_us));
    login_guard_succeeded(guard, "wang", "a");
    assert_true(login_guard_allows(guard, "wang", "a", START_US, &wait_us));
    for (int i = 0; i < 12; i++)
        login_guard_failed(guard, "wang", "a", START_US);
    assert_true(login_guard_allows(
        guard, "wang", "a", START_US + (LOGIN_GUARD_FORGET_S + 1) * US_PER_S, &wait_us));
    login_guard_destroy(guard);
}

static void guessing_one_name_from_many_addresses_is_slowed_too(void **state)
{
    struct login_guard *guard = login_guard_create();
    uint64_t wait_us = 0;
    char address[32];

    for (int i = 0; i < LOGIN_GUARD_NAME_FAILURES; i++) {
        snprintf(address, sizeof(address), "192.0.2.%d", i % 10);
        login_guard_failed(guard, "wang", address, START_US);
    }
    assert_false(login_guard_allows(guard, "wang", "192.0.2.1", START_US, &wait_us));
    assert_true(wait_us <= LOGIN_GUARD_NAME_WAIT_S * US_PER_S);
    assert_true(login_guard_allows(guard, "wang", "198.51.100.1", START_US, &wait_us));
    login_guard_destroy(guard);
}

/* How many codes an attacker with so many addresses tries in the life of one. */
static unsigned codes_tried(struct code_guard *guard, unsigned addresses)
{
    unsigned tried = 0;
    char address[32];

    for (unsigned tenth = 0; tenth < DEVICES_CODE_LIFE_S * 10; tenth++) {
        uint64_t now_us = START_US + tenth * (US_PER_S / 10), wait_us = 0;

        for (unsigned i = 0; i < addresses; i++) {
            snprintf(address, sizeof(address), "a:%u", i);
            if (!code_guard_allows(guard, address, now_us, &wait_us))
                continue;
            code_guard_failed(guard, address, now_us);
            tried++;
        }
    }
    return tried;
}

static void codes_cannot_be_guessed_from_one_address_or_many(void **state)
{
    struct code_guard *guard = code_guard_create();

    assert_in_range(codes_tried(guard, 1), 10, 25);
    code_guard_destroy(guard);
    guard = code_guard_create();
    assert_in_range(codes_tried(guard, 1000), 600, 700);
    code_guard_destroy(guard);
}

static void one_address_that_guesses_takes_nothing_from_others(void **state)
{
    struct code_guard *guard = code_guard_create();
    uint64_t now_us = START_US + DEVICES_CODE_LIFE_S * US_PER_S, wait_us = 0;

    codes_tried(guard, 1);
    assert_false(code_guard_allows(guard, "a:0", now_us, &wait_us));
    assert_true(code_guard_allows(guard, "a:192.0.2.1", now_us, &wait_us));
    code_guard_destroy(guard);
}

static void where_a_code_was_made_it_can_be_used_whoever_guesses_elsewhere(void **state)
{
    struct code_guard *guard = code_guard_create();
    uint64_t wait_us = 0;
    char address[32];

    for (int i = 0; i < CODE_GUARD_BURST; i++) {
        snprintf(address, sizeof(address), "a:%d", i);
        code_guard_failed(guard, address, START_US);
    }
    code_guard_expect(guard, "a:school", START_US);
    assert_true(code_guard_allows(guard, "a:school", START_US, &wait_us));
    assert_false(code_guard_allows(guard, "a:other", START_US, &wait_us));
    assert_int_equal(wait_us, US_PER_S / CODE_GUARD_PER_SECOND);
    assert_true(code_guard_allows(guard, "a:other", START_US + wait_us, &wait_us));
    /* Even there only as often as anywhere, and no longer than the code lives. */
    for (int i = 0; i < LOGIN_GUARD_FREE_FAILURES; i++)
        code_guard_failed(guard, "a:school", START_US);
    assert_false(code_guard_allows(guard, "a:school", START_US, &wait_us));
    code_guard_destroy(guard);
}

static void a_certificate_is_warned_of_30_14_and_3_days_before_its_end(void **state)
{
    static const struct {
        int64_t left_s;
        int urgency;
    } rows[] = {
        {INT64_C(400) * 86400, 0},
        {INT64_C(30) * 86400 + 1, 0},
        {INT64_C(30) * 86400, 1},
        {INT64_C(14) * 86400 + 1, 1},
        {INT64_C(14) * 86400, 2},
        {INT64_C(3) * 86400, 3},
        {1, 3},
        {0, 4},
        {-INT64_C(400) * 86400, 4},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(certificate_urgency(rows[i].left_s), rows[i].urgency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
        cmocka_unit_test(a_flood_of_keys_takes_no_memory_and_frees_no_other_key),
        cmocka_unit_test(an_ipv6_host_has_one_bucket_for_its_network),
        cmocka_unit_test(failures_of_one_name_from_one_address_wait_longer_and_longer),
        cmocka_unit_test(success_and_time_forget_failures),
        cmocka_unit_test(guessing_one_name_from_many_addresses_is_slowed_too),
        cmocka_unit_test(codes_cannot_be_guessed_from_one_address_or_many),
        cmocka_unit_test(one_address_that_guesses_takes_nothing_from_others),
        cmocka_unit_test(where_a_code_was_made_it_can_be_used_whoever_guesses_elsewhere),
        cmocka_unit_test(a_certificate_is_warned_of_30_14_and_3_days_before_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
