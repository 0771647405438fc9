/*
 * Incoming SRTCP against libsrtp's with the same fixed keys. The input's first byte chooses the profile;
 * two bytes stand before each packet: eleven bits of length, and what it is.
 *
 *   raw: as it came from the network. What we accept libsrtp accepts with the same plain text, and what
 *        we refuse it refuses.
 *   0x8000: plain text that libsrtp encrypts. It must arrive as it was, once; with 0x4000 a copy with
 *        one bit changed comes first and must not.
 */
#include "common/bytes.h"
#include "relay/transport/srtcp_receiver.h"
#include "relay/transport/transport.h"
#include "tests/support/libsrtp_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LENGTH_MASK   0x07ff
#define PLAIN_FLAG    0x8000
#define DAMAGE_FLAG   0x4000
#define RTCP_HEADER   8
#define INDEX_BYTES   4
#define MAX_BYTES     (LENGTH_MASK + TRANSPORT_TRAILER_BYTES)
#define CM_TAG_BYTES  10
#define ENCRYPTED_BIT 0x80

/* Raw packets have a receiver of their own: a seed of theirs would take the indexes of plain ones. */
struct ends {
    struct srtp_material material;
    struct srtcp_receiver *raw, *plain;
    srtp_t judge, client;
};

static void ends_init(struct ends *ends, bool gcm)
{
    ends->material.profile = gcm ? SRTP_PROFILE_AEAD_AES_128_GCM : SRTP_PROFILE_AES128_CM_SHA1_80;
    for (size_t i = 0; i < sizeof(ends->material.keys); i++)
        ends->material.keys[i] = (uint8_t)(i * 7 + 1);
    ends->judge = libsrtp_client_create(&ends->material, ssrc_any_inbound, sec_serv_conf_and_auth);
    ends->client =
        libsrtp_client_create(&ends->material, ssrc_any_outbound, sec_serv_conf_and_auth);
    if (ends->judge == NULL || ends->client == NULL ||
        srtcp_receiver_create(&ends->material, &ends->raw) < 0 ||
        srtcp_receiver_create(&ends->material, &ends->plain) < 0)
        abort();
}

static void ends_finish(struct ends *ends)
{
    srtcp_receiver_destroy(ends->raw);
    srtcp_receiver_destroy(ends->plain);
    srtp_dealloc(ends->judge);
    srtp_dealloc(ends->client);
}

/* The receiver's word on exactly len bytes, so that a sanitizer sees a read behind the end. */
static int receive(struct srtcp_receiver *receiver, const uint8_t *packet, size_t len,
    uint8_t *ret_plain, size_t *ret_len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    int err;

    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, packet, len);
    err = srtcp_receiver_unprotect(receiver, copy, len, ret_len);
    if (err == 0)
        memcpy(ret_plain, copy, *ret_len);
    free(copy);
    return err;
}

/* libsrtp reads the form without encryption where the cipher authenticates by itself; we do not. */
static bool is_encrypted(const struct ends *ends, const uint8_t *packet, size_t len)
{
    bool gcm = ends->material.profile == SRTP_PROFILE_AEAD_AES_128_GCM;
    size_t trailer_bytes = INDEX_BYTES + (gcm ? 0 : CM_TAG_BYTES);

    return len >= trailer_bytes && (packet[len - trailer_bytes] & ENCRYPTED_BIT) != 0;
}

static void compare(struct ends *ends, const uint8_t *packet, size_t len)
{
    uint8_t plain[MAX_BYTES], judged[MAX_BYTES] = {0};
    size_t plain_len = 0;
    int judged_len = (int)len, err;
    bool valid;

    /* libsrtp leaves the version to its caller. */
    if (len < RTCP_HEADER || packet[0] >> 6 != 2) {
        if (receive(ends->raw, packet, len, plain, &plain_len) != -EBADMSG)
            abort();
        return;
    }
    memcpy(judged, packet, len);
    err = receive(ends->raw, packet, len, plain, &plain_len);
    valid = srtp_unprotect_rtcp(ends->judge, judged, &judged_len) == srtp_err_status_ok;
    if (err == 0 &&
        (!valid || plain_len != (size_t)judged_len || memcmp(plain, judged, plain_len) != 0))
        abort();
    if (err < 0 && err != -ENOBUFS && valid && is_encrypted(ends, packet, len))
        abort();
}

static void must_arrive(struct ends *ends, const uint8_t *packet, size_t len, bool damage)
{
    uint8_t sealed[MAX_BYTES], plain[MAX_BYTES];
    int sealed_len = (int)len, err;
    size_t plain_len = 0, at;

    if (len < RTCP_HEADER || packet[0] >> 6 != 2)
        return;
    memcpy(sealed, packet, len);
    if (srtp_protect_rtcp(ends->client, sealed, &sealed_len) != srtp_err_status_ok)
        abort();
    at = packet[len - 1] % (size_t)sealed_len;
    if (damage) {
        sealed[at] ^= 0x01;
        if (receive(ends->plain, sealed, (size_t)sealed_len, plain, &plain_len) == 0)
            abort();
        sealed[at] ^= 0x01;
    }
    err = receive(ends->plain, sealed, (size_t)sealed_len, plain, &plain_len);
    if (err == -ENOBUFS)
        return;
    if (err < 0 || plain_len != len || memcmp(plain, packet, len) != 0 ||
        receive(ends->plain, sealed, (size_t)sealed_len, plain, &plain_len) != -EALREADY)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_reader reader;
    struct ends ends;

    byte_reader_init(&reader, data, size);
    ends_init(&ends, (byte_reader_u8(&reader) & 1) != 0);
    while (byte_reader_left(&reader) >= 2) {
        uint16_t head = byte_reader_u16(&reader);
        size_t len = head & LENGTH_MASK;
        const uint8_t *packet;

        if (len > byte_reader_left(&reader))
            len = byte_reader_left(&reader);
        packet = byte_reader_bytes(&reader, len);
        if ((head & PLAIN_FLAG) != 0)
            must_arrive(&ends, packet, len, (head & DAMAGE_FLAG) != 0);
        else
            compare(&ends, packet, len);
    }
    ends_finish(&ends);
    return 0;
}
