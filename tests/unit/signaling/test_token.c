#include "signaling/accounts/token.h"

#include <errno.h>
#include <jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1800000000

static const uint8_t key[TOKEN_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static struct token_claims sample(void)
{
    struct token_claims claims = {
        .lesson = "music",
        .role = "master_teacher",
        .subject = "person-1",
        .id = "jti-1",
        .login = "0123456789abcdef",
        .issued_s = NOW_S,
        .expires_s = NOW_S + 60,
    };

    assert_int_equal(token_sources_parse("teacher-camera,teacher-content", &claims.publish), 0);
    assert_int_equal(token_sources_parse("*", &claims.watch), 0);
    return claims;
}

static char *mint(const struct token_claims *claims)
{
    char *token = NULL;

    assert_int_equal(token_mint(key, claims, &token), 0);
    return token;
}

static void a_minted_token_comes_back_with_all_its_claims(void **state)
{
    struct token_claims claims = sample();
    struct token_claims *read = NULL;
    char *token = mint(&claims);

    assert_int_equal(token_verify(key, token, NOW_S, &read), 0);
    assert_memory_equal(read, &claims, sizeof(claims));
    token_claims_free(read);
    free(token);
}

static void time_ends_a_token(void **state)
{
    struct token_claims claims = sample();
    struct token_claims *read = NULL;
    char *token = mint(&claims);

    assert_int_equal(token_verify(key, token, NOW_S + 59, &read), 0);
    token_claims_free(read);
    assert_int_equal(token_verify(key, token, NOW_S + 60, &read), -EKEYEXPIRED);
    token_claims_free(read);
    free(token);
}

static void another_key_or_a_changed_byte_is_refused(void **state)
{
    struct token_claims claims = sample();
    struct token_claims *read = NULL;
    uint8_t other[TOKEN_KEY_BYTES] = {0};
    char *token = mint(&claims);

    assert_int_equal(token_verify(other, token, NOW_S, &read), -EBADMSG);
    for (size_t i = 0; token[i + 1]; i++) {
        char kept = token[i];

        token[i] = kept == 'A' ? 'B' : 'A';
        if (token_verify(key, token, NOW_S, &read) != -EBADMSG)
            fail_msg("byte %zu may be changed", i);
        token[i] = kept;
    }
    free(token);
}

/* A token of the claims' JSON under an algorithm of the attacker's choice. */
static char *forge(jwt_alg_t algorithm, const uint8_t *with, int len, const char *json)
{
    jwt_t *jwt = NULL;
    char *token;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, json), 0);
    assert_int_equal(jwt_set_alg(jwt, algorithm, with, len), 0);
    token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

#define GOOD_JSON                                                                                  \
    "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"publish\":[\"a\"],"        \
    "\"watch\":[],\"iat\":1,\"exp\":1900000000}"

static void only_hs256_is_accepted(void **state)
{
    struct token_claims *read = NULL;
    char *token = forge(JWT_ALG_HS256, key, TOKEN_KEY_BYTES, GOOD_JSON);

    assert_int_equal(token_verify(key, token, NOW_S, &read), 0);
    token_claims_free(read);
    free(token);
    token = forge(JWT_ALG_NONE, NULL, 0, GOOD_JSON);
    assert_int_equal(token_verify(key, token, NOW_S, &read), -EBADMSG);
    free(token);
    token = forge(JWT_ALG_HS512, key, TOKEN_KEY_BYTES, GOOD_JSON);
    assert_int_equal(token_verify(key, token, NOW_S, &read), -EBADMSG);
    free(token);
}

static void claims_that_miss_something_are_refused_even_when_signed(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"lesson\":\"a b\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"\",\"jti\":\"j\",\"exp\":1900000000}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\"}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":\"never\"}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000,"
        "\"publish\":\"*\"}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000,"
        "\"watch\":[\"a/b\"]}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000,"
        "\"watch\":[1]}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000,"
        "\"login\":\"a/b\"}",
        "{\"lesson\":\"music\",\"role\":\"r\",\"sub\":\"s\",\"jti\":\"j\",\"exp\":1900000000,"
        "\"login\":1}",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct token_claims *read = NULL;
        char *token = forge(JWT_ALG_HS256, key, TOKEN_KEY_BYTES, bad[i]);

        if (token_verify(key, token, NOW_S, &read) != -EBADMSG)
            fail_msg("%s", bad[i]);
        free(token);
    }
}

static void nonsense_is_refused(void **state)
{
    static const char *const bad[] = {
        "", ".", "..", "...", "a.b.c", "eyJhbGciOiJIUzI1NiJ9..", "\xff\xfe"};
    static char huge[2 * TOKEN_MAX_CHARS];
    struct token_claims *read = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(token_verify(key, bad[i], NOW_S, &read), -EBADMSG);
    memset(huge, 'a', sizeof(huge) - 1);
    assert_int_equal(token_verify(key, huge, NOW_S, &read), -EBADMSG);
}

static void lists_of_sources_are_read_whole_or_not_at_all(void **state)
{
    struct token_sources sources = {.count = 0};

    assert_int_equal(token_sources_parse("", &sources), 0);
    assert_int_equal(sources.count, 0);
    assert_int_equal(token_sources_parse("a,b", &sources), 0);
    assert_true(token_sources_have(&sources, "b"));
    assert_false(token_sources_have(&sources, "c"));
    for (const char *const *bad = (const char *const[]){",", "a,", ",a", "a b", "a,,b", "**", NULL};
         *bad; bad++)
        assert_int_equal(token_sources_parse(*bad, &sources), -EINVAL);
    assert_int_equal(sources.count, 2);
    assert_int_equal(token_sources_parse("*", &sources), 0);
    assert_true(token_sources_have(&sources, "anything"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minted_token_comes_back_with_all_its_claims),
        cmocka_unit_test(time_ends_a_token),
        cmocka_unit_test(another_key_or_a_changed_byte_is_refused),
        cmocka_unit_test(only_hs256_is_accepted),
        cmocka_unit_test(claims_that_miss_something_are_refused_even_when_signed),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(lists_of_sources_are_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
