/* Our own authentication and decryption of RTCP against what libsrtp encrypts. */
#include "relay/transport/srtcp_receiver.h"

#include "common/bytes.h"
#include "common/random.h"
#include "relay/transport/transport.h"
#include "tests/support/libsrtp_client.h"
#include "tests/support/srtcp_seal.h"

#include <errno.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_PLAIN_BYTES 1460
#define MAX_BYTES       (MAX_PLAIN_BYTES + TRANSPORT_TRAILER_BYTES)
#define LAST_INDEX      UINT32_C(0x7fffffff)

/* A client that encrypts with libsrtp, and the relay's end. */
struct pair {
    struct srtp_material material;
    srtp_t client;
    struct srtcp_receiver *receiver;
    size_t salt_bytes;
    size_t tag_bytes;
};

static void pair_init(struct pair *pair, enum srtp_profile profile)
{
    bool gcm = profile == SRTP_PROFILE_AEAD_AES_128_GCM;

    pair->salt_bytes = gcm ? 12 : 14;
    pair->tag_bytes = gcm ? 16 : 10;
    pair->material.profile = profile;
    random_bytes(pair->material.keys, sizeof(pair->material.keys));
    pair->client =
        libsrtp_client_create(&pair->material, ssrc_any_outbound, sec_serv_conf_and_auth);
    assert_non_null(pair->client);
    assert_int_equal(srtcp_receiver_create(&pair->material, &pair->receiver), 0);
}

static void pair_finish(struct pair *pair)
{
    srtp_dealloc(pair->client);
    srtcp_receiver_destroy(pair->receiver);
}

static const enum srtp_profile profiles[] = {
    SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM};

/* ---- packets ---- */

static size_t put_packet(
    uint8_t *data, uint8_t count_or_format, uint8_t type, uint32_t ssrc, size_t body_bytes)
{
    data[0] = 0x80 | count_or_format;
    data[1] = type;
    bytes_put_u16(data + 2, (uint16_t)(body_bytes / 4 + 1));
    bytes_put_u32(data + 4, ssrc);
    random_bytes(data + 8, body_bytes);
    return 8 + body_bytes;
}

/* What browsers and GStreamer send, and the ends of what is possible. */
static size_t make_compound(uint8_t *data, unsigned shape, uint32_t ssrc)
{
    size_t len = 0;

    switch (shape) {
    case 0: /* receiver report without a block: nothing to encrypt */
        return put_packet(data, 0, 201, ssrc, 0);
    case 1: /* reduced-size picture loss indication */
        return put_packet(data, 1, 206, ssrc, 4);
    case 2: /* sender report, names, goodbye */
        len = put_packet(data, 0, 200, ssrc, 20);
        len += put_packet(data + len, 1, 202, ssrc, 24);
        return len + put_packet(data + len, 1, 203, ssrc, 0);
    case 3: /* receiver report, NACK, REMB */
        len = put_packet(data, 2, 201, ssrc, 48);
        len += put_packet(data + len, 1, 205, ssrc, 12);
        return len + put_packet(data + len, 15, 206, ssrc, 16);
    default: /* transport-wide feedback of all lengths, whole words or not */
        return put_packet(data, 15, 205, ssrc, (size_t)(shape - 4) * 7 % (MAX_PLAIN_BYTES - 7));
    }
}

#define SHAPES (4 + MAX_PLAIN_BYTES - 7)

static size_t encrypt(struct pair *pair, uint8_t *data, size_t len)
{
    int cipher_len = (int)len;

    assert_int_equal(srtp_protect_rtcp(pair->client, data, &cipher_len), srtp_err_status_ok);
    assert_int_equal(cipher_len, len + 4 + pair->tag_bytes);
    return (size_t)cipher_len;
}

/* One report as libsrtp sends it. */
static size_t make_encrypted(struct pair *pair, uint8_t *data, uint32_t ssrc)
{
    return encrypt(pair, data, make_compound(data, 3, ssrc));
}

/* Leaves the packet as it is. */
static int receive(struct pair *pair, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 1); /* so that a sanitizer sees a read behind the end */
    size_t plain_len = 0;
    int err;

    assert_non_null(copy);
    memcpy(copy, data, len);
    err = srtcp_receiver_unprotect(pair->receiver, copy, len, &plain_len);
    assert_int_equal(plain_len, err == 0 ? len - 4 - pair->tag_bytes : 0);
    free(copy);
    return err;
}

static int receive_index(struct pair *pair, uint32_t ssrc, uint32_t index)
{
    uint8_t data[MAX_BYTES];

    return receive(
        pair, data, srtcp_seal(&pair->material, data, make_compound(data, 3, ssrc), index));
}

/* ---- tests ---- */

static void reports_of_every_shape_arrive_as_they_were_sent(void **state)
{
    uint8_t plain[MAX_BYTES], data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (unsigned shape = 0; shape < SHAPES; shape++) {
            size_t len = make_compound(plain, shape, shape % SRTP_MAX_SSRCS), plain_len = 0;

            memcpy(data, plain, len);
            assert_int_equal(srtcp_receiver_unprotect(
                                 pair.receiver, data, encrypt(&pair, data, len), &plain_len),
                0);
            assert_int_equal(plain_len, len);
            assert_memory_equal(data, plain, len);
        }
        pair_finish(&pair);
    }
}

static void assert_no_bit_can_change(struct pair *pair, uint8_t *data, size_t len)
{
    for (size_t bit = 0; bit < len * 8; bit++) {
        bool version = bit == 6 || bit == 7;

        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(receive(pair, data, len), version ? -EBADMSG : -EACCES);
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_packet_with_any_bit_changed_is_refused_and_the_true_one_still_arrives(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (unsigned shape = 0; shape < 5; shape++) {
            uint32_t ssrc = 3 * shape; /* no two of them are one bit apart */
            size_t len = encrypt(&pair, data, make_compound(data, shape, ssrc));

            assert_no_bit_can_change(&pair, data, len);
            /* What OpenSSL's queue kept would be taken for the next failure of a handshake. */
            assert_int_equal(ERR_peek_error(), 0);
            assert_int_equal(receive(&pair, data, len), 0);
        }
        pair_finish(&pair);
    }
}

static void a_packet_of_any_other_length_is_refused(void **state)
{
    uint8_t data[MAX_BYTES + 1];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        size_t len, shortest;

        pair_init(&pair, profiles[p]);
        shortest = 8 + 4 + pair.tag_bytes;
        len = make_encrypted(&pair, data, 7);
        for (size_t cut = 0; cut < len; cut++) {
            int err = receive(&pair, data, cut);

            assert_int_equal(err, cut < shortest ? -EBADMSG : -EACCES);
        }
        data[len] = 0x80;
        assert_int_equal(receive(&pair, data, len + 1), -EACCES);
        assert_int_equal(receive(&pair, data, len), 0);
        pair_finish(&pair);
    }
}

static void a_datagram_longer_than_any_is_refused(void **state)
{
    uint8_t *data = calloc(1, UINT16_MAX + 1);
    struct pair pair;

    assert_non_null(data);
    pair_init(&pair, SRTP_PROFILE_AEAD_AES_128_GCM);
    data[0] = 0x80;
    assert_int_equal(receive(&pair, data, UINT16_MAX), -EACCES);
    memset(data + UINT16_MAX - 3, 0xff, 4);
    assert_int_equal(receive(&pair, data, UINT16_MAX + 1), -EBADMSG);
    pair_finish(&pair);
    free(data);
}

static void a_packet_arrives_once(void **state)
{
    uint8_t data[300][128];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        size_t len = 0;

        pair_init(&pair, profiles[p]);
        for (size_t i = 0; i < 300; i++) {
            len = encrypt(&pair, data[i], make_compound(data[i], 1, 7));
            assert_int_equal(receive(&pair, data[i], len), 0);
            assert_int_equal(receive(&pair, data[i], len), -EALREADY);
        }
        for (size_t i = 0; i < 300; i++)
            assert_int_equal(receive(&pair, data[i], len), -EALREADY);
        pair_finish(&pair);
    }
}

static void late_packets_within_the_window_arrive_and_older_ones_do_not(void **state)
{
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        assert_int_equal(receive_index(&pair, 7, 1000), 0);
        assert_int_equal(receive_index(&pair, 7, 1000 - SRTCP_REPLAY_WINDOW + 1), 0);
        assert_int_equal(receive_index(&pair, 7, 1000 - SRTCP_REPLAY_WINDOW), -EALREADY);
        assert_int_equal(receive_index(&pair, 7, 1001), 0);
        assert_int_equal(receive_index(&pair, 7, 1001 - SRTCP_REPLAY_WINDOW + 1), 0);
        /* A jump of a whole window forgets all of it, a shorter one no more than its length. */
        assert_int_equal(receive_index(&pair, 7, 1001 + SRTCP_REPLAY_WINDOW), 0);
        assert_int_equal(receive_index(&pair, 7, 1001), -EALREADY);
        assert_int_equal(receive_index(&pair, 7, 1002), 0);
        assert_int_equal(receive_index(&pair, 7, 1002 + SRTCP_REPLAY_WINDOW - 1), -EALREADY);
        assert_int_equal(receive_index(&pair, 7, 1002 + SRTCP_REPLAY_WINDOW), 0);
        assert_int_equal(receive_index(&pair, 7, 1003), 0);
        pair_finish(&pair);
    }
}

#define INDICES 12000 /* chance goes some 1,700 up, and once in hundreds of runs twice as far */

/* The window against a list of all that was received. */
static void any_order_gives_each_index_once(void **state)
{
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        bool seen[INDICES] = {false};
        uint32_t highest = 3000, step = 0;

        pair_init(&pair, profiles[p]);
        assert_int_equal(receive_index(&pair, 7, highest), 0);
        seen[highest] = true;
        for (int i = 0; i < 3000 && highest + 2 * SRTCP_REPLAY_WINDOW < INDICES; i++) {
            bool fresh;
            uint32_t index;

            random_bytes(&step, sizeof(step));
            index = highest + 3 - step % (SRTCP_REPLAY_WINDOW + 8);
            if (step >> 24 == 0)
                index = highest + SRTCP_REPLAY_WINDOW - 2 + step % 5;
            assert_in_range(index, 0, INDICES - 1);
            fresh = !seen[index] && index + SRTCP_REPLAY_WINDOW > highest;
            assert_int_equal(receive_index(&pair, 7, index), fresh ? 0 : -EALREADY);
            seen[index] |= fresh;
            if (index > highest)
                highest = index;
        }
        pair_finish(&pair);
    }
}

static void each_ssrc_has_a_window_of_its_own(void **state)
{
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (uint32_t index = 1; index < 500; index += 100) {
            for (uint32_t ssrc = 0; ssrc < SRTP_MAX_SSRCS; ssrc++)
                assert_int_equal(receive_index(&pair, ssrc, index + ssrc), 0);
            for (uint32_t ssrc = SRTP_MAX_SSRCS; ssrc-- > 0;)
                assert_int_equal(receive_index(&pair, ssrc, index + ssrc), -EALREADY);
        }
        pair_finish(&pair);
    }
}

static void the_last_indexes_arrive_and_none_comes_after_them(void **state)
{
    static const uint32_t indexes[] = {
        0, 1, 0xffff, 0x10000, LAST_INDEX - 200, LAST_INDEX - 1, LAST_INDEX, LAST_INDEX - 2};
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        srtp_t libsrtp;

        pair_init(&pair, profiles[p]);
        libsrtp = libsrtp_client_create(&pair.material, ssrc_any_inbound, sec_serv_conf_and_auth);
        for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
            size_t len = srtcp_seal(&pair.material, data, make_compound(data, 3, 7), indexes[i]);
            int libsrtp_len = (int)len;

            assert_int_equal(receive(&pair, data, len), 0);
            assert_int_equal(receive(&pair, data, len), -EALREADY);
            /* and srtcp_seal() is right */
            assert_int_equal(srtp_unprotect_rtcp(libsrtp, data, &libsrtp_len), srtp_err_status_ok);
        }
        assert_int_equal(receive_index(&pair, 7, 0), -EALREADY);
        assert_int_equal(receive_index(&pair, 7, 1), -EALREADY);
        srtp_dealloc(libsrtp);
        pair_finish(&pair);
    }
}

static void packets_under_another_key_or_salt_are_refused(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        size_t len, used;

        pair_init(&pair, profiles[p]);
        used = srtp_profile_material_bytes(profiles[p]);
        len = make_encrypted(&pair, data, 7);
        for (size_t i = 0; i < used; i++) {
            bool client = i < 16 || (i >= 32 && i < 32 + pair.salt_bytes);

            srtcp_receiver_destroy(pair.receiver);
            pair.material.keys[i] ^= 1;
            assert_int_equal(srtcp_receiver_create(&pair.material, &pair.receiver), 0);
            assert_int_equal(receive(&pair, data, len), client ? -EACCES : 0);
            pair.material.keys[i] ^= 1;
        }
        pair_finish(&pair);
    }
}

/* libsrtp's form of it: authenticated and with E = 0. */
static void packets_that_are_not_encrypted_are_refused(void **state)
{
    uint8_t data[MAX_BYTES], plain[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        size_t len;
        int sent_len;

        pair_init(&pair, profiles[p]);
        srtp_dealloc(pair.client);
        pair.client = libsrtp_client_create(&pair.material, ssrc_any_outbound, sec_serv_auth);
        len = make_compound(plain, 3, 7);
        memcpy(data, plain, len);
        sent_len = (int)encrypt(&pair, data, len);
        assert_memory_equal(data, plain, len);
        assert_int_equal(receive(&pair, data, (size_t)sent_len), -EACCES);
        pair_finish(&pair);
    }
}

static void only_senders_that_authenticate_take_a_place(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (uint32_t ssrc = 0; ssrc < 2 * SRTP_MAX_SSRCS; ssrc++) {
            size_t len = make_encrypted(&pair, data, ssrc);

            data[9] ^= 1;
            assert_int_equal(receive(&pair, data, len), -EACCES);
        }
        for (uint32_t ssrc = 100; ssrc < 100 + SRTP_MAX_SSRCS; ssrc++)
            assert_int_equal(receive(&pair, data, make_encrypted(&pair, data, ssrc)), 0);
        assert_int_equal(receive(&pair, data, make_encrypted(&pair, data, 99)), -ENOBUFS);
        for (uint32_t ssrc = 100; ssrc < 100 + SRTP_MAX_SSRCS; ssrc++)
            assert_int_equal(receive(&pair, data, make_encrypted(&pair, data, ssrc)), 0);
        pair_finish(&pair);
    }
}

static void a_forged_index_moves_no_window(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        size_t len;

        pair_init(&pair, profiles[p]);
        assert_int_equal(receive_index(&pair, 7, 1), 0);
        len = srtcp_seal(&pair.material, data, make_compound(data, 3, 7), LAST_INDEX);
        data[len - 1] ^= 1; /* of the tag or of the index */
        assert_int_equal(receive(&pair, data, len), -EACCES);
        assert_int_equal(receive_index(&pair, 7, 2), 0);
        assert_int_equal(receive_index(&pair, 7, 1), -EALREADY);
        pair_finish(&pair);
    }
}

static void there_is_none_without_a_profile(void **state)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_NONE};
    struct srtcp_receiver *receiver = NULL;

    assert_int_equal(srtcp_receiver_create(&material, &receiver), -EINVAL);
    assert_null(receiver);
    srtcp_receiver_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_of_every_shape_arrive_as_they_were_sent),
        cmocka_unit_test(a_packet_with_any_bit_changed_is_refused_and_the_true_one_still_arrives),
        cmocka_unit_test(a_packet_of_any_other_length_is_refused),
        cmocka_unit_test(a_datagram_longer_than_any_is_refused),
        cmocka_unit_test(a_packet_arrives_once),
        cmocka_unit_test(late_packets_within_the_window_arrive_and_older_ones_do_not),
        cmocka_unit_test(any_order_gives_each_index_once),
        cmocka_unit_test(each_ssrc_has_a_window_of_its_own),
        cmocka_unit_test(the_last_indexes_arrive_and_none_comes_after_them),
        cmocka_unit_test(packets_under_another_key_or_salt_are_refused),
        cmocka_unit_test(packets_that_are_not_encrypted_are_refused),
        cmocka_unit_test(only_senders_that_authenticate_take_a_place),
        cmocka_unit_test(a_forged_index_moves_no_window),
        cmocka_unit_test(there_is_none_without_a_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
