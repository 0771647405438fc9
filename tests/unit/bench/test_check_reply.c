#include "tests/bench/load/check_reply.h"

#include "relay/transport/address.h"
#include "tests/unit/bench/bench_test.h"

#include <string.h>

#define PWD "0123456789012345678901"

static const uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static size_t make_check(uint8_t data[STUN_REPLY_BYTES])
{
    const struct stun_check_params check = {
        .transaction_id = transaction_id,
        .username = "client:server",
        .priority = 1,
    };
    size_t len = 0;

    assert_int_equal(stun_write_check(&check, PWD, strlen(PWD), data, STUN_REPLY_BYTES, &len), 0);
    return len;
}

static void a_check_with_our_password_is_answered(void **state)
{
    uint8_t check[STUN_REPLY_BYTES], reply[STUN_REPLY_BYTES];
    struct net_address remote;
    struct stun_view view;
    size_t len;

    assert_int_equal(net_address_parse("192.0.2.1", 5000, &remote), 0);
    len = check_reply_write(check, make_check(check), PWD, &remote, reply);
    assert_int_equal(stun_parse(reply, len, &view), 0);
    assert_int_equal(view.message_class, STUN_SUCCESS);
    assert_memory_equal(view.transaction_id, transaction_id, sizeof(transaction_id));
    assert_true(stun_check_integrity(&view, PWD, strlen(PWD)));
    assert_true(stun_check_fingerprint(&view));
}

static void nothing_else_is(void **state)
{
    uint8_t check[STUN_REPLY_BYTES], reply[STUN_REPLY_BYTES], again[STUN_REPLY_BYTES];
    struct net_address remote;
    size_t len = make_check(check), reply_len;

    assert_int_equal(net_address_parse("192.0.2.1", 5000, &remote), 0);
    assert_int_equal(check_reply_write(check, len, "another password", &remote, reply), 0);
    assert_int_equal(check_reply_write(check, len - 1, PWD, &remote, reply), 0);
    /* A reply is no check, though its integrity is right. */
    reply_len = check_reply_write(check, len, PWD, &remote, reply);
    assert_int_equal(check_reply_write(reply, reply_len, PWD, &remote, again), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_with_our_password_is_answered),
        cmocka_unit_test(nothing_else_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
