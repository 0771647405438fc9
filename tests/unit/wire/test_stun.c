#define _GNU_SOURCE /* memmem */
#include "relay/wire/stun.h"

#include "tests/unit/wire/wire_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>

static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

/* RFC 5769 section 2.1 */
static const char rfc_request[] =
    "00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
    "80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"
    "00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36"
    "00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20"
    "00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2"
    "80 28 00 04 e5 7a 3b cf";

/* RFC 5769 section 2.2 */
static const char rfc_response_v4[] =
    "01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
    "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20 00 20 00 08 00 01 a1 47 e1 12 a6 43"
    "00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7"
    "80 28 00 04 c0 7d 4c 96";

/* RFC 5769 section 2.3 */
static const char rfc_response_v6[] =
    "01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
    "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
    "00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9"
    "00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41"
    "80 28 00 04 c8 fb 0b 4c";

/* RFC 5769 section 2.4 */
static const char rfc_long_term[] =
    "00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e 00 06 00 12"
    "e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00 00 15 00 1c"
    "66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41"
    "00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00"
    "00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66";

static struct stun_view parse(const struct test_bytes *message)
{
    struct stun_view view;
    assert_int_equal(stun_parse(message->data, message->len, &view), 0);
    return view;
}

static bool authentic(const struct stun_view *view)
{
    return stun_check_integrity(view, password, strlen(password));
}

static void reads_the_request_of_rfc_5769(void **state)
{
    struct test_bytes message = hex(rfc_request);
    struct stun_view view = parse(&message);
    const char *ufrag;
    size_t len;

    assert_int_equal(view.message_class, STUN_REQUEST);
    assert_int_equal(view.method, STUN_METHOD_BINDING);
    assert_int_equal(view.username_len, 9);
    assert_memory_equal(view.username, "evtj:h6vY", 9);
    assert_true(view.has_priority);
    assert_int_equal(view.priority, 0x6e0001ff);
    assert_true(view.controlled);
    assert_false(view.controlling);
    assert_int_equal(view.tie_breaker, 0x932ff9b151263b36);
    assert_false(view.use_candidate);
    assert_int_equal(view.unknown_count, 0);
    assert_true(stun_local_ufrag(&view, &ufrag, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(ufrag, "evtj", 4);
}

static void checks_integrity_and_fingerprint_of_all_rfc_5769_messages(void **state)
{
    const char *messages[] = {rfc_request, rfc_response_v4, rfc_response_v6};

    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct test_bytes message = hex(messages[i]);
        struct stun_view view = parse(&message);
        assert_true(authentic(&view));
        assert_true(stun_check_fingerprint(&view));
        assert_false(stun_check_integrity(&view, "wrong", 5));
        assert_false(stun_check_integrity(&view, "", 0));
    }
}

static void checks_the_long_term_key_of_rfc_5769(void **state)
{
    static const char secret[] = "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf"
                                 "\xe3\x82\xb9:example.org:TheMatrIX";
    struct test_bytes message = hex(rfc_long_term);
    struct stun_view view = parse(&message);
    uint8_t key[16];
    size_t key_len;

    assert_int_equal(EVP_Q_digest(NULL, "MD5", NULL, secret, strlen(secret), key, &key_len), 1);
    assert_true(stun_check_integrity(&view, key, key_len));
    assert_false(stun_check_fingerprint(&view));
}

static void any_changed_bit_breaks_integrity_or_fingerprint(void **state)
{
    struct test_bytes message = hex(rfc_request);

    for (size_t bit = 0; bit < message.len * 8; bit++) {
        struct test_bytes changed = message;
        struct stun_view view;
        changed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (stun_parse(changed.data, changed.len, &view) == 0)
            assert_false(authentic(&view) && stun_check_fingerprint(&view));
    }
}

static void attributes_behind_integrity_are_ignored(void **state)
{
    /* USE-CANDIDATE and an unknown one, slipped in behind MESSAGE-INTEGRITY */
    struct test_bytes message = hex("00 01 00 24 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b"
                                    "00 08 00 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
                                    "00 00 00 00 25 00 00 77 77 00 04 00 00 00 00");
    struct stun_view view = parse(&message);

    assert_int_equal(view.integrity_offset, 20);
    assert_false(view.use_candidate);
    assert_int_equal(view.unknown_count, 0);
}

static void unknown_comprehension_required_attributes_are_listed(void **state)
{
    struct test_bytes message = hex("00 01 00 10 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b"
                                    "77 77 00 01 aa 00 00 00 c0 57 00 00 7f ff 00 00");
    struct stun_view view = parse(&message);
    uint8_t reply[STUN_REPLY_BYTES];
    size_t len;
    struct stun_view answer;

    assert_int_equal(view.unknown_count, 2);
    assert_int_equal(view.unknown[0], 0x7777);
    assert_int_equal(view.unknown[1], 0x7fff);
    assert_int_equal(stun_write_error(&view, STUN_UNKNOWN_ATTRIBUTE, password, strlen(password),
                         reply, sizeof(reply), &len),
        0);
    assert_int_equal(stun_parse(reply, len, &answer), 0);
    assert_int_equal(answer.message_class, STUN_ERROR);
    assert_int_equal(answer.error_code, 420);
    assert_true(authentic(&answer));
    const uint8_t listed[] = {0x00, 0x0a, 0x00, 0x04, 0x77, 0x77, 0x7f, 0xff};
    assert_non_null(memmem(reply, len, listed, sizeof(listed)));
}

static void malformed_messages_are_refused(void **state)
{
    static const char *const messages[] = {
        "00 01 00 00 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a",    /* short header */
        "00 01 00 00 21 12 a4 43 00 01 02 03 04 05 06 07 08 09 0a 0b", /* cookie */
        "40 01 00 00 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b", /* top bits */
        "00 01 00 04 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b", /* length too long */
        "00 01 00 00 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 00 00 00",
        "00 01 00 04 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 06 00 04", /* value */
        "00 01 00 08 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 24 00 03 00 00 00 00",
        "00 01 00 08 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 25 00 04 00 00 00 00",
        "00 01 00 08 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 08 00 04 00 00 00 00",
        /* an attribute behind FINGERPRINT */
        "00 01 00 0c 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 80 28 00 04 00 00 00 00"
        "00 25 00 00",
        /* controlling and controlled at once */
        "00 01 00 18 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b"
        "80 29 00 08 00 00 00 00 00 00 00 01 80 2a 00 08 00 00 00 00 00 00 00 01",
    };

    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct test_bytes message = hex(messages[i]);
        struct stun_view view;
        assert_int_equal(stun_parse(message.data, message.len, &view), -EBADMSG);
    }
}

static void every_truncation_is_refused(void **state)
{
    struct test_bytes message = hex(rfc_request);
    struct stun_view view;

    for (size_t len = 0; len < message.len; len++)
        assert_int_equal(stun_parse(message.data, len, &view), -EBADMSG);
}

static void success_maps_addresses_as_in_rfc_5769(void **state)
{
    static const uint8_t v4[] = {
        0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
    static const uint8_t v6[] = {0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9,
        0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};
    struct test_bytes message = hex(rfc_request);
    struct stun_view request = parse(&message);
    struct sockaddr_in address_v4 = {.sin_family = AF_INET, .sin_port = htons(32853)};
    struct sockaddr_in6 address_v6 = {.sin6_family = AF_INET6, .sin6_port = htons(32853)};
    struct sockaddr unix_address = {.sa_family = AF_UNIX};
    struct stun_view view;
    uint8_t reply[STUN_REPLY_BYTES];
    size_t len;

    inet_pton(AF_INET, "192.0.2.1", &address_v4.sin_addr);
    inet_pton(AF_INET6, "2001:db8:1234:5678:11:2233:4455:6677", &address_v6.sin6_addr);
    assert_int_equal(stun_write_binding_success(&request, (struct sockaddr *)&address_v4, password,
                         strlen(password), reply, sizeof(reply), &len),
        0);
    assert_memory_equal(reply + STUN_HEADER_BYTES, v4, sizeof(v4));
    assert_int_equal(stun_parse(reply, len, &view), 0);
    assert_int_equal(view.message_class, STUN_SUCCESS);
    assert_memory_equal(view.transaction_id, request.transaction_id, STUN_TRANSACTION_ID_BYTES);
    assert_true(authentic(&view) && stun_check_fingerprint(&view));

    assert_int_equal(stun_write_binding_success(&request, (struct sockaddr *)&address_v6, password,
                         strlen(password), reply, sizeof(reply), &len),
        0);
    assert_memory_equal(reply + STUN_HEADER_BYTES, v6, sizeof(v6));
    assert_int_equal(stun_parse(reply, len, &view), 0);
    assert_true(authentic(&view) && stun_check_fingerprint(&view));

    assert_int_equal(stun_write_binding_success(
                         &request, &unix_address, password, 1, reply, sizeof(reply), &len),
        -EINVAL);
}

static void errors_carry_code_and_integrity_only_with_a_key(void **state)
{
    static const enum stun_error_code codes[] = {
        STUN_BAD_REQUEST, STUN_UNAUTHENTICATED, STUN_UNKNOWN_ATTRIBUTE, STUN_ROLE_CONFLICT};
    struct test_bytes message = hex(rfc_request);
    struct stun_view request = parse(&message);
    uint8_t reply[STUN_REPLY_BYTES];
    struct stun_view view;
    size_t len;

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        const char *key = i % 2 ? password : NULL;
        assert_int_equal(stun_write_error(&request, codes[i], key, key ? strlen(key) : 0, reply,
                             sizeof(reply), &len),
            0);
        assert_int_equal(stun_parse(reply, len, &view), 0);
        assert_int_equal(view.message_class, STUN_ERROR);
        assert_int_equal(view.error_code, codes[i]);
        assert_int_equal(view.integrity_offset != 0, key != NULL);
        assert_true(stun_check_fingerprint(&view));
    }
}

static void own_checks_read_back(void **state)
{
    static const uint8_t transaction[STUN_TRANSACTION_ID_BYTES] = "transaction!";
    const struct stun_check_params params = {
        .transaction_id = transaction,
        .username = "local:remote",
        .priority = 1853824767,
        .tie_breaker = 0x0102030405060708,
        .controlling = true,
        .use_candidate = true,
    };
    uint8_t data[STUN_REPLY_BYTES];
    struct stun_view view;
    size_t len;

    assert_int_equal(
        stun_write_check(&params, password, strlen(password), data, sizeof(data), &len), 0);
    assert_int_equal(stun_parse(data, len, &view), 0);
    assert_true(view.controlling && view.use_candidate && view.has_priority);
    assert_int_equal(view.tie_breaker, params.tie_breaker);
    assert_int_equal(view.priority, params.priority);
    assert_true(authentic(&view) && stun_check_fingerprint(&view));
}

static void no_writer_goes_beyond_its_buffer(void **state)
{
    struct test_bytes message = hex(rfc_request);
    struct stun_view request = parse(&message);
    const struct sockaddr_in remote = {.sin_family = AF_INET};
    size_t len;

    for (size_t capacity = 0; capacity < 64; capacity++) {
        uint8_t *exact = malloc(capacity + 1);
        exact[capacity] = 0xee;
        assert_int_equal(stun_write_binding_success(&request, (const struct sockaddr *)&remote,
                             password, strlen(password), exact, capacity, &len),
            -ENOSPC);
        assert_int_equal(exact[capacity], 0xee);
        free(exact);
    }
}

static void reads_a_check_that_chromium_sent(void **state)
{
    static const char key[] = "duetpasswordduetpassword";
    size_t len;
    char *message = read_fixture("chromium-check.stun", &len);
    struct stun_view view;
    const char *ufrag;
    size_t ufrag_len;

    assert_int_equal(stun_parse((const uint8_t *)message, len, &view), 0);
    assert_true(stun_check_integrity(&view, key, strlen(key)));
    assert_true(stun_check_fingerprint(&view));
    assert_true(stun_local_ufrag(&view, &ufrag, &ufrag_len));
    assert_int_equal(ufrag_len, 8);
    assert_memory_equal(ufrag, "duetufrg", 8);
    assert_true(view.controlling);
    assert_int_equal(view.unknown_count, 0);
    free(message);
}

static void a_user_name_without_both_parts_names_no_fragment(void **state)
{
    static const char *const messages[] = {
        "00 01 00 00 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b",
        "00 01 00 04 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 06 00 00",
        "00 01 00 08 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 06 00 03 61 62 63 00",
        "00 01 00 08 21 12 a4 42 00 01 02 03 04 05 06 07 08 09 0a 0b 00 06 00 02 3a 62 00 00",
    };

    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        struct test_bytes message = hex(messages[i]);
        struct stun_view view = parse(&message);
        const char *ufrag;
        size_t len;
        assert_false(stun_local_ufrag(&view, &ufrag, &len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_request_of_rfc_5769),
        cmocka_unit_test(checks_integrity_and_fingerprint_of_all_rfc_5769_messages),
        cmocka_unit_test(checks_the_long_term_key_of_rfc_5769),
        cmocka_unit_test(any_changed_bit_breaks_integrity_or_fingerprint),
        cmocka_unit_test(attributes_behind_integrity_are_ignored),
        cmocka_unit_test(unknown_comprehension_required_attributes_are_listed),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(success_maps_addresses_as_in_rfc_5769),
        cmocka_unit_test(errors_carry_code_and_integrity_only_with_a_key),
        cmocka_unit_test(own_checks_read_back),
        cmocka_unit_test(no_writer_goes_beyond_its_buffer),
        cmocka_unit_test(reads_a_check_that_chromium_sent),
        cmocka_unit_test(a_user_name_without_both_parts_names_no_fragment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
