/* Our own encryption of RTCP against what libsrtp makes of the same packet and decrypts. */
#include "relay/transport/srtcp_sender.h"

#include "common/bytes.h"
#include "common/random.h"
#include "relay/transport/transport.h"
#include "tests/support/libsrtp_client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MAX_PLAIN_BYTES 1400
#define MAX_BYTES       (MAX_PLAIN_BYTES + TRANSPORT_TRAILER_BYTES)

/* The relay's end, and libsrtp with the same keys as it sends and as the client reads. */
struct pair {
    struct srtcp_sender *sender;
    srtp_t model;
    srtp_t client;
    size_t trailer_bytes;
};

static void pair_init(struct pair *pair, enum srtp_profile profile)
{
    struct srtp_material material = {.profile = profile}, exchanged;

    random_bytes(material.keys, sizeof(material.keys));
    /* libsrtp_client takes the client's keys, and the relay sends with the server's. */
    exchanged = libsrtp_exchange_sides(&material);
    assert_int_equal(srtcp_sender_create(&material, &pair->sender), 0);
    pair->model = libsrtp_client_create(&exchanged, ssrc_any_outbound, sec_serv_conf_and_auth);
    pair->client = libsrtp_client_create(&exchanged, ssrc_any_inbound, sec_serv_conf_and_auth);
    assert_non_null(pair->model);
    assert_non_null(pair->client);
    pair->trailer_bytes = 4 + (profile == SRTP_PROFILE_AEAD_AES_128_GCM ? 16 : 10);
}

static void pair_finish(struct pair *pair)
{
    srtcp_sender_destroy(pair->sender);
    srtp_dealloc(pair->model);
    srtp_dealloc(pair->client);
}

static const enum srtp_profile profiles[] = {
    SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM};

static size_t make_report(uint8_t *data, uint32_t ssrc, size_t body_bytes)
{
    random_bytes(data, 8 + body_bytes);
    data[0] = 0x80;
    data[1] = 200;
    bytes_put_u16(data + 2, (uint16_t)(body_bytes / 4 + 1));
    bytes_put_u32(data + 4, ssrc);
    return 8 + body_bytes;
}

/* ---- tests ---- */

static void packets_of_every_length_are_to_the_byte_what_libsrtp_sends(void **state)
{
    uint8_t data[MAX_BYTES], model[MAX_BYTES], plain[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (size_t body = 0; body <= MAX_PLAIN_BYTES - 8; body++) {
            size_t len = make_report(plain, 7, body), sealed_len = 0;
            int model_len = (int)len, opened_len;

            memcpy(data, plain, len);
            memcpy(model, plain, len);
            assert_int_equal(srtcp_sender_protect(pair.sender, data, len, &sealed_len), 0);
            assert_int_equal(sealed_len, len + pair.trailer_bytes);
            assert_int_equal(srtp_protect_rtcp(pair.model, model, &model_len), srtp_err_status_ok);
            assert_int_equal(model_len, sealed_len);
            assert_memory_equal(data, model, sealed_len);
            opened_len = (int)sealed_len;
            assert_int_equal(
                srtp_unprotect_rtcp(pair.client, data, &opened_len), srtp_err_status_ok);
            assert_int_equal(opened_len, len);
            assert_memory_equal(data, plain, len);
        }
        pair_finish(&pair);
    }
}

static void reports_of_many_ssrcs_arrive_and_no_index_comes_twice(void **state)
{
    uint8_t data[MAX_BYTES];
    bool seen[1000] = {false};
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        memset(seen, 0, sizeof(seen));
        pair_init(&pair, profiles[p]);
        for (uint32_t i = 0; i < 900; i++) {
            size_t len = make_report(data, i * 7 % 40, 24);
            uint32_t index;
            int opened_len;

            assert_int_equal(srtcp_sender_protect(pair.sender, data, len, &len), 0);
            index = bytes_get_u32(data + len - (pair.trailer_bytes == 20 ? 4 : 14)) & 0x7fffffff;
            assert_in_range(index, 0, 999);
            assert_false(seen[index]);
            seen[index] = true;
            opened_len = (int)len;
            assert_int_equal(
                srtp_unprotect_rtcp(pair.client, data, &opened_len), srtp_err_status_ok);
        }
        pair_finish(&pair);
    }
}

static void what_is_no_rtcp_is_refused(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;
    size_t len = 99;

    pair_init(&pair, SRTP_PROFILE_AEAD_AES_128_GCM);
    make_report(data, 7, 24);
    assert_int_equal(srtcp_sender_protect(pair.sender, data, 7, &len), -EINVAL);
    assert_int_equal(srtcp_sender_protect(pair.sender, data, UINT16_MAX + 1, &len), -EINVAL);
    data[0] = 0x40;
    assert_int_equal(srtcp_sender_protect(pair.sender, data, 32, &len), -EINVAL);
    assert_int_equal(len, 99);
    pair_finish(&pair);
}

static void there_is_none_without_a_profile(void **state)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_NONE};
    struct srtcp_sender *sender = NULL;

    assert_int_equal(srtcp_sender_create(&material, &sender), -EINVAL);
    assert_null(sender);
    srtcp_sender_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_every_length_are_to_the_byte_what_libsrtp_sends),
        cmocka_unit_test(reports_of_many_ssrcs_arrive_and_no_index_comes_twice),
        cmocka_unit_test(what_is_no_rtcp_is_refused),
        cmocka_unit_test(there_is_none_without_a_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
