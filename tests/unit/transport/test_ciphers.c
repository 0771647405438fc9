/* Both ways of AES-GCM against each other and a known answer; counter mode against OpenSSL's own HMAC. */
#include "common/bytes.h"
#include "common/random.h"
#include "relay/transport/counter_cipher.h"
#include "relay/transport/gcm_cipher.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BYTES 1600

/* Header, prefix and payload one behind the other in data. */
static struct rtp_pieces pieces_in(
    const uint8_t *data, size_t header_bytes, size_t prefix_bytes, size_t payload_bytes)
{
    return (struct rtp_pieces){
        .header = data,
        .header_bytes = header_bytes,
        .prefix = data + header_bytes,
        .prefix_bytes = prefix_bytes,
        .payload = data + header_bytes + prefix_bytes,
        .payload_bytes = payload_bytes,
    };
}

/* RFC 7714 section 16.1.1 */
static void gcm_gives_the_answer_of_rfc_7714(void **state)
{
    static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t iv[12] = {
        0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2, 0x72, 0x6f, 0x20, 0x71, 0x84, 0x14};
    static const uint8_t packet[] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01,
        0xa0, 0xb2, 0x47, 0x61, 0x6c, 0x6c, 0x69, 0x61, 0x20, 0x65, 0x73, 0x74, 0x20, 0x6f, 0x6d,
        0x6e, 0x69, 0x73, 0x20, 0x64, 0x69, 0x76, 0x69, 0x73, 0x61, 0x20, 0x69, 0x6e, 0x20, 0x70,
        0x61, 0x72, 0x74, 0x65, 0x73, 0x20, 0x74, 0x72, 0x65, 0x73};
    static const uint8_t expected[] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01,
        0xa0, 0xb2, 0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d,
        0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a,
        0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27, 0xbe,
        0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
    struct rtp_pieces pieces = pieces_in(packet, 12, 0, sizeof(packet) - 12);
    int (*const creators[])(const uint8_t *, struct gcm_cipher **) = {
        gcm_cipher_create, gcm_cipher_create_portable};
    uint8_t out[MAX_BYTES];

    assert_int_equal(sizeof(expected), sizeof(packet) + GCM_CIPHER_TAG_BYTES);
    for (size_t i = 0; i < 2; i++) {
        struct gcm_cipher *cipher;

        assert_int_equal(creators[i](key, &cipher), 0);
        assert_int_equal(gcm_cipher_encrypt(cipher, iv, &pieces, out), 0);
        assert_memory_equal(out, expected, sizeof(expected));
        gcm_cipher_destroy(cipher);
    }
}

static void both_ways_of_gcm_agree_on_every_shape(void **state)
{
    uint8_t key[GCM_CIPHER_KEY_BYTES], iv[GCM_CIPHER_IV_BYTES], data[MAX_BYTES];
    uint8_t fast[MAX_BYTES], portable[MAX_BYTES];
    struct gcm_cipher *one, *other;

    random_bytes(key, sizeof(key));
    random_bytes(data, sizeof(data));
    assert_int_equal(gcm_cipher_create(key, &one), 0);
    assert_int_equal(gcm_cipher_create_portable(key, &other), 0);
    for (size_t header = 12; header <= 52; header += 4) {
        for (size_t prefix = 0; prefix <= 43; prefix += prefix < 8 ? 1 : 7) {
            for (size_t payload = 0; payload < 1200; payload += payload < 40 ? 1 : 97) {
                struct rtp_pieces pieces = pieces_in(data, header, prefix, payload);
                size_t len = header + prefix + payload + GCM_CIPHER_TAG_BYTES;

                random_bytes(iv, sizeof(iv));
                assert_int_equal(gcm_cipher_encrypt(one, iv, &pieces, fast), 0);
                assert_int_equal(gcm_cipher_encrypt(other, iv, &pieces, portable), 0);
                assert_memory_equal(fast, portable, len);
            }
        }
    }
    gcm_cipher_destroy(one);
    gcm_cipher_destroy(other);
}

static void what_one_way_of_gcm_seals_the_other_opens(void **state)
{
    uint8_t key[GCM_CIPHER_KEY_BYTES], iv[GCM_CIPHER_IV_BYTES], additional[12];
    uint8_t plain[300], text[300], tag[GCM_CIPHER_TAG_BYTES];
    struct gcm_cipher *ciphers[2];

    random_bytes(key, sizeof(key));
    random_bytes(plain, sizeof(plain));
    random_bytes(additional, sizeof(additional));
    assert_int_equal(gcm_cipher_create(key, &ciphers[0]), 0);
    assert_int_equal(gcm_cipher_create_portable(key, &ciphers[1]), 0);
    for (size_t bytes = 0; bytes < sizeof(plain); bytes++) {
        for (size_t way = 0; way < 2; way++) {
            struct gcm_cipher *opener = ciphers[1 - way];

            random_bytes(iv, sizeof(iv));
            memcpy(text, plain, bytes);
            assert_int_equal(
                gcm_cipher_seal(ciphers[way], iv, additional, 12, text, bytes, tag), 0);
            additional[bytes % 12] ^= 1;
            assert_int_equal(
                gcm_cipher_open(opener, iv, additional, 12, text, bytes, tag), -EACCES);
            additional[bytes % 12] ^= 1;
            memcpy(text, plain, bytes);
            assert_int_equal(
                gcm_cipher_seal(ciphers[way], iv, additional, 12, text, bytes, tag), 0);
            assert_int_equal(gcm_cipher_open(opener, iv, additional, 12, text, bytes, tag), 0);
            assert_memory_equal(text, plain, bytes);
        }
    }
    gcm_cipher_destroy(ciphers[0]);
    gcm_cipher_destroy(ciphers[1]);
}

static void counter_mode_is_ciphertext_and_a_tag_over_it_and_the_roll_over(void **state)
{
    uint8_t key[16], auth[20], iv[16], data[MAX_BYTES], out[MAX_BYTES], plain[MAX_BYTES];
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct counter_cipher *cipher;
    EVP_CIPHER_CTX *openssl = EVP_CIPHER_CTX_new();
    int written;

    random_bytes(key, sizeof(key));
    random_bytes(auth, sizeof(auth));
    random_bytes(iv, sizeof(iv));
    random_bytes(data, sizeof(data));
    assert_int_equal(counter_cipher_create(key, auth, &cipher), 0);
    for (size_t prefix = 0; prefix < 20; prefix++) {
        struct rtp_pieces pieces = pieces_in(data, 24, prefix, 700);
        size_t len = 24 + prefix + 700;

        assert_int_equal(counter_cipher_encrypt(cipher, iv, 0x01020304, &pieces, out), 0);
        assert_memory_equal(out, data, 24);
        assert_int_equal(EVP_DecryptInit_ex(openssl, EVP_aes_128_ctr(), NULL, key, iv), 1);
        assert_int_equal(EVP_DecryptUpdate(openssl, plain, &written, out + 24, (int)(len - 24)), 1);
        assert_memory_equal(plain, data + 24, len - 24);
        memcpy(plain, out, len);
        bytes_put_u32(plain + len, 0x01020304);
        assert_non_null(HMAC(EVP_sha1(), auth, sizeof(auth), plain, len + 4, digest, NULL));
        assert_memory_equal(out + len, digest, COUNTER_CIPHER_TAG_BYTES);
    }
    EVP_CIPHER_CTX_free(openssl);
    counter_cipher_destroy(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcm_gives_the_answer_of_rfc_7714),
        cmocka_unit_test(both_ways_of_gcm_agree_on_every_shape),
        cmocka_unit_test(what_one_way_of_gcm_seals_the_other_opens),
        cmocka_unit_test(counter_mode_is_ciphertext_and_a_tag_over_it_and_the_roll_over),
    };

    print_message("AES-GCM by %s\n", gcm_cipher_library());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
