/* Against libsrtp, which shares no code with it but OpenSSL's name for a cipher. */
#include "tests/bench/load/srtp_evp.h"

#include "common/bytes.h"
#include "relay/transport/srtp.h"
#include "tests/unit/bench/bench_test.h"

#include <errno.h>
#include <srtp2/srtp.h>
#include <string.h>

#define HEADER_BYTES 28
#define MAX_BYTES    1300

static const enum srtp_evp_profile profiles[] = {SRTP_EVP_GCM, SRTP_EVP_CM};
static const size_t lens[] = {
    HEADER_BYTES, HEADER_BYTES + 1, HEADER_BYTES + 92, HEADER_BYTES + 1170};

static void make_key(uint8_t key[30])
{
    for (int i = 0; i < 30; i++)
        key[i] = (uint8_t)(i * 37 + 11);
}

static srtp_t make_reference(enum srtp_evp_profile profile, uint8_t *key, bool inbound)
{
    srtp_policy_t policy = {0};
    srtp_t session;

    if (profile == SRTP_EVP_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_rtp_default(&policy.rtp);
        srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    }
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = key;
    assert_int_equal(srtp_create(&session, &policy), srtp_err_status_ok);
    return session;
}

/* Header with one extension block of 12 bytes, as the relay's packets have. */
static void make_packet(uint8_t *packet, size_t len, uint16_t sequence_number)
{
    for (size_t i = 0; i < len; i++)
        packet[i] = (uint8_t)(i * 7 + sequence_number);
    packet[0] = 0x90;
    packet[1] = 96;
    bytes_put_u16(packet + 2, sequence_number);
    bytes_put_u32(packet + 8, 0xcafe1234);
    bytes_put_u16(packet + 12, 0xbede);
    bytes_put_u16(packet + 14, 3);
}

static void libsrtp_reads_what_it_writes(void **state)
{
    uint8_t key[30], packet[MAX_BYTES], cipher[MAX_BYTES];

    make_key(key);
    for (size_t p = 0; p < COUNT_OF(profiles); p++) {
        srtp_t reference = make_reference(profiles[p], key, true);
        struct srtp_evp *srtp;

        assert_int_equal(srtp_evp_create(profiles[p], key, key + 16, SRTP_EVP_WRITE, &srtp), 0);
        /* Across a roll-over of the sequence number. */
        for (uint64_t index = 65530; index < 65545; index++) {
            size_t len = lens[index % COUNT_OF(lens)];
            int plain_len = (int)(len + srtp_evp_tag_bytes(profiles[p]));

            make_packet(packet, len, (uint16_t)index);
            assert_int_equal(srtp_evp_protect(srtp, index, packet, HEADER_BYTES, len, cipher), 0);
            if (len > HEADER_BYTES + 16)
                assert_memory_not_equal(
                    cipher + HEADER_BYTES, packet + HEADER_BYTES, len - HEADER_BYTES);
            assert_int_equal(srtp_unprotect(reference, cipher, &plain_len), srtp_err_status_ok);
            assert_int_equal(plain_len, len);
            assert_memory_equal(cipher, packet, len);
        }
        srtp_evp_destroy(srtp);
        srtp_dealloc(reference);
    }
}

static void it_reads_what_libsrtp_writes(void **state)
{
    uint8_t key[30], packet[MAX_BYTES], cipher[MAX_BYTES];

    make_key(key);
    for (size_t p = 0; p < COUNT_OF(profiles); p++) {
        srtp_t reference = make_reference(profiles[p], key, false);
        struct srtp_evp *srtp;

        assert_int_equal(srtp_evp_create(profiles[p], key, key + 16, SRTP_EVP_READ, &srtp), 0);
        for (uint64_t index = 65530; index < 65545; index++) {
            size_t len = lens[index % COUNT_OF(lens)], plain_len = 0;
            int cipher_len = (int)len;

            make_packet(packet, len, (uint16_t)index);
            memcpy(cipher, packet, len);
            assert_int_equal(srtp_protect(reference, cipher, &cipher_len), srtp_err_status_ok);
            assert_int_equal(srtp_evp_unprotect(
                                 srtp, index, cipher, HEADER_BYTES, (size_t)cipher_len, &plain_len),
                0);
            assert_int_equal(plain_len, len);
            assert_memory_equal(cipher, packet, len);
        }
        srtp_evp_destroy(srtp);
        srtp_dealloc(reference);
    }
}

static void a_changed_byte_is_noticed_anywhere(void **state)
{
    uint8_t key[30], packet[MAX_BYTES], cipher[MAX_BYTES], bad[MAX_BYTES];
    const size_t len = HEADER_BYTES + 92;

    make_key(key);
    for (size_t p = 0; p < COUNT_OF(profiles); p++) {
        size_t total = len + srtp_evp_tag_bytes(profiles[p]), plain_len;
        struct srtp_evp *writer, *reader;

        assert_int_equal(srtp_evp_create(profiles[p], key, key + 16, SRTP_EVP_WRITE, &writer), 0);
        assert_int_equal(srtp_evp_create(profiles[p], key, key + 16, SRTP_EVP_READ, &reader), 0);
        make_packet(packet, len, 5);
        assert_int_equal(srtp_evp_protect(writer, 5, packet, HEADER_BYTES, len, cipher), 0);
        for (size_t i = 0; i < total; i++) {
            memcpy(bad, cipher, total);
            bad[i] ^= 1;
            assert_int_equal(
                srtp_evp_unprotect(reader, 5, bad, HEADER_BYTES, total, &plain_len), -EACCES);
        }
        /* After all of these the true one is still read, but under its own index only. */
        memcpy(bad, cipher, total);
        assert_int_equal(
            srtp_evp_unprotect(reader, 65541, bad, HEADER_BYTES, total, &plain_len), -EACCES);
        assert_int_equal(srtp_evp_unprotect(reader, 5, cipher, HEADER_BYTES, total, &plain_len), 0);
        assert_int_equal(srtp_evp_unprotect(reader, 5, cipher, HEADER_BYTES,
                             HEADER_BYTES + srtp_evp_tag_bytes(profiles[p]) - 1, &plain_len),
            -EBADMSG);
        srtp_evp_destroy(writer);
        srtp_evp_destroy(reader);
    }
}

static int start_library(void **state)
{
    return srtp_library_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libsrtp_reads_what_it_writes),
        cmocka_unit_test(it_reads_what_libsrtp_writes),
        cmocka_unit_test(a_changed_byte_is_noticed_anywhere),
    };
    return cmocka_run_group_tests(tests, start_library, NULL);
}
