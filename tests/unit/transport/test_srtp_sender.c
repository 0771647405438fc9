/* Our own encryption of RTP against libsrtp's decryption and the RFC's vectors. */
#include "relay/transport/srtp_sender.h"

#include "common/bytes.h"
#include "common/random.h"
#include "relay/transport/transport.h"
#include "tests/support/libsrtp_client.h"
#include "tests/support/rtp_pieces.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BYTES (1300 + TRANSPORT_TRAILER_BYTES)

struct pair {
    struct srtp_sender *sender;
    struct srtp_session *receiver;
    size_t tag_bytes;
};

static void pair_init(struct pair *pair, enum srtp_profile profile)
{
    struct srtp_material material = {.profile = profile}, exchanged;

    random_bytes(material.keys, sizeof(material.keys));
    /* The receiver is a server as well: what it takes for the client's keys must be the sender's. */
    exchanged = libsrtp_exchange_sides(&material);
    assert_int_equal(srtp_sender_create(&material, &pair->sender), 0);
    assert_int_equal(srtp_session_create(&exchanged, &pair->receiver), 0);
    pair->tag_bytes = profile == SRTP_PROFILE_AEAD_AES_128_GCM ? 16 : 10;
}

static void pair_finish(struct pair *pair)
{
    srtp_sender_destroy(pair->sender);
    srtp_session_destroy(pair->receiver);
}

static const enum srtp_profile profiles[] = {
    SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM};

/* A packet with csrcs contributing sources and words of extension, filled with its own numbers. */
static size_t make_packet(uint8_t *data, uint32_t ssrc, uint16_t sequence_number, unsigned csrcs,
    unsigned words, size_t payload_bytes)
{
    size_t len = 12 + csrcs * 4;

    memset(data, sequence_number & 0xff, MAX_BYTES);
    data[0] = (uint8_t)(0x80 | (words > 0 ? 0x10 : 0) | csrcs);
    data[1] = 96;
    bytes_put_u16(data + 2, sequence_number);
    bytes_put_u32(data + 8, ssrc);
    if (words > 0) {
        bytes_put_u16(data + len, 0xbede);
        bytes_put_u16(data + len + 2, (uint16_t)words);
        len += 4 + words * 4;
    }
    return len + payload_bytes;
}

/* In place, as a packet that was copied for one viewer alone would be. */
static int protect(struct srtp_sender *sender, uint8_t *data, size_t len, size_t *ret_len)
{
    struct rtp_pieces pieces = rtp_pieces_of(data, len);
    uint8_t out[MAX_BYTES];
    int err = srtp_sender_protect(sender, &pieces, out, ret_len);

    if (err == 0)
        memcpy(data, out, *ret_len);
    return err;
}

static void assert_arrives(struct pair *pair, const uint8_t *plain, size_t len)
{
    uint8_t data[MAX_BYTES];
    size_t cipher_len = 0, plain_len = 0;

    memcpy(data, plain, len);
    assert_int_equal(protect(pair->sender, data, len, &cipher_len), 0);
    assert_int_equal(cipher_len, len + pair->tag_bytes);
    assert_int_equal(srtp_session_unprotect_rtp(pair->receiver, data, cipher_len, &plain_len), 0);
    assert_int_equal(plain_len, len);
    assert_memory_equal(data, plain, len);
}

static void keys_are_derived_as_in_rfc_3711_appendix_b3(void **state)
{
    static const uint8_t master_key[] = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f,
        0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39};
    static const uint8_t master_salt[] = {
        0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};
    static const uint8_t cipher_key[] = {0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee, 0x10, 0x73,
        0x4a, 0xfe, 0x3f, 0xf7, 0xa0, 0x87};
    static const uint8_t cipher_salt[] = {
        0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c, 0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1};
    static const uint8_t auth_key[] = {0xce, 0xbe, 0x32, 0x1f, 0x6f, 0xf7, 0x71, 0x6b, 0x6f, 0xd4,
        0xab, 0x49, 0xaf, 0x25, 0x6a, 0x15, 0x6d, 0x38, 0xba, 0xa4};
    uint8_t key[32];

    assert_int_equal(srtp_derive_key(master_key, master_salt, 14, 0, key, 16), 0);
    assert_memory_equal(key, cipher_key, 16);
    assert_int_equal(srtp_derive_key(master_key, master_salt, 14, 2, key, 14), 0);
    assert_memory_equal(key, cipher_salt, 14);
    assert_int_equal(srtp_derive_key(master_key, master_salt, 14, 1, key, 20), 0);
    assert_memory_equal(key, auth_key, 20);
    assert_int_equal(srtp_derive_key(master_key, master_salt, 14, 1, key, 33), -EIO);
}

static void packets_of_every_shape_arrive(void **state)
{
    static const size_t payloads[] = {0, 1, 15, 16, 17, 160, 1200};
    uint8_t data[MAX_BYTES];
    struct pair pair;
    uint16_t sequence_number = 0;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (unsigned csrcs = 0; csrcs <= 15; csrcs += 5) {
            for (unsigned words = 0; words <= 4; words += 2) {
                for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
                    assert_arrives(&pair, data,
                        make_packet(data, 9, sequence_number++, csrcs, words, payloads[i]));
            }
        }
        pair_finish(&pair);
    }
}

static void sequence_numbers_roll_over_per_ssrc(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (uint32_t i = 0; i < 3 * 65536; i += 1 + i % 7) {
            assert_arrives(&pair, data, make_packet(data, 1, (uint16_t)(i + 30000), 0, 1, 50));
            if (i % 5 == 0)
                assert_arrives(&pair, data, make_packet(data, 2, (uint16_t)(i / 2), 0, 0, 20));
        }
        pair_finish(&pair);
    }
}

static void late_packets_around_the_roll_over_arrive(void **state)
{
    static const uint16_t order[] = {65000, 65534, 65535, 1, 0, 65533, 2, 64900, 300, 65530};
    uint8_t data[MAX_BYTES];
    struct pair pair;

    for (size_t p = 0; p < 2; p++) {
        pair_init(&pair, profiles[p]);
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
            assert_arrives(&pair, data, make_packet(data, 1, order[i], 0, 0, 50));
        pair_finish(&pair);
    }
}

static void gcm_never_uses_a_nonce_twice(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;
    size_t len = 0;

    pair_init(&pair, SRTP_PROFILE_AEAD_AES_128_GCM);
    for (uint16_t i = 0; i < 3000; i++)
        assert_int_equal(protect(pair.sender, data, make_packet(data, 1, i, 0, 0, 20), &len), 0);
    for (uint16_t i = 0; i < 3000; i++)
        assert_int_equal(
            protect(pair.sender, data, make_packet(data, 1, i, 0, 0, 20), &len), -EALREADY);
    /* A jump leaves places of the window that were never sent. */
    assert_int_equal(protect(pair.sender, data, make_packet(data, 1, 9000, 0, 0, 20), &len), 0);
    assert_int_equal(
        protect(pair.sender, data, make_packet(data, 1, 9000 - 1023, 0, 0, 20), &len), 0);
    assert_int_equal(
        protect(pair.sender, data, make_packet(data, 1, 9000 - 1024, 0, 0, 20), &len), -EALREADY);
    pair_finish(&pair);
}

static void counter_mode_sends_the_same_packet_again_with_the_same_bytes(void **state)
{
    uint8_t first[MAX_BYTES], again[MAX_BYTES];
    struct pair pair;
    size_t len = 0;

    pair_init(&pair, SRTP_PROFILE_AES128_CM_SHA1_80);
    protect(pair.sender, first, make_packet(first, 1, 7, 0, 0, 20), &len);
    protect(pair.sender, again, make_packet(again, 1, 8, 0, 0, 20), &len);
    assert_int_equal(protect(pair.sender, again, make_packet(again, 1, 7, 0, 0, 20), &len), 0);
    assert_memory_equal(first, again, len);
    pair_finish(&pair);
}

static void what_is_no_rtp_and_one_ssrc_too_many_are_refused(void **state)
{
    uint8_t data[MAX_BYTES];
    struct pair pair;
    size_t len = 0;

    pair_init(&pair, SRTP_PROFILE_AEAD_AES_128_GCM);
    make_packet(data, 1, 1, 0, 0, 20);
    assert_int_equal(protect(pair.sender, data, 11, &len), -EINVAL);
    data[0] = 0x40;
    assert_int_equal(protect(pair.sender, data, 40, &len), -EINVAL);
    for (uint32_t i = 0; i < SRTP_SENDER_MAX_SSRCS; i++)
        assert_int_equal(protect(pair.sender, data, make_packet(data, i, 1, 0, 0, 20), &len), 0);
    assert_int_equal(
        protect(pair.sender, data, make_packet(data, 9999, 1, 0, 0, 20), &len), -ENOBUFS);
    pair_finish(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_derived_as_in_rfc_3711_appendix_b3),
        cmocka_unit_test(packets_of_every_shape_arrive),
        cmocka_unit_test(sequence_numbers_roll_over_per_ssrc),
        cmocka_unit_test(late_packets_around_the_roll_over_arrive),
        cmocka_unit_test(gcm_never_uses_a_nonce_twice),
        cmocka_unit_test(counter_mode_sends_the_same_packet_again_with_the_same_bytes),
        cmocka_unit_test(what_is_no_rtp_and_one_ssrc_too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
