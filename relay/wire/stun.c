/* Reading and checking of STUN; stun_write.c writes. */
#include "relay/wire/stun.h"

#include "common/bytes.h"
#include "relay/wire/stun_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

/* CRC-32 of ISO 3309, reflected polynomial 0xEDB88320, by half bytes. */
static const uint32_t crc_table[16] = {
    0x00000000,
    0x1db71064,
    0x3b6e20c8,
    0x26d930ac,
    0x76dc4190,
    0x6b6b51f4,
    0x4db26158,
    0x5005713c,
    0xedb88320,
    0xf00f9344,
    0xd6d6a3e8,
    0xcb61b38c,
    0x9b64c2b0,
    0x86d3d2d4,
    0xa00ae278,
    0xbdbdf21c,
};

uint32_t stun_fingerprint(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ crc_table[crc & 15];
        crc = crc >> 4 ^ crc_table[crc & 15];
    }
    return crc ^ UINT32_MAX ^ 0x5354554e;
}

bool stun_integrity(const uint8_t *data, size_t len, const void *key, size_t key_len,
    uint8_t ret_mac[STUN_INTEGRITY_BYTES])
{
    uint8_t message[STUN_MAX_BYTES];
    size_t mac_len;

    if (len < STUN_HEADER_BYTES || len > sizeof(message))
        return false;
    /* The header's length counts up to the end of MESSAGE-INTEGRITY, whatever follows it. */
    memcpy(message, data, len);
    bytes_put_u16(message + 2, (uint16_t)(len - STUN_HEADER_BYTES + 4 + STUN_INTEGRITY_BYTES));
    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, key, key_len, message, len, ret_mac,
               STUN_INTEGRITY_BYTES, &mac_len) != NULL &&
           mac_len == STUN_INTEGRITY_BYTES;
}

/* Understood, but of no use in a check: no reason to refuse it. */
static bool is_harmless(uint16_t type)
{
    switch (type) {
    case STUN_ATTR_MAPPED_ADDRESS:
    case STUN_ATTR_UNKNOWN_ATTRIBUTES:
    case STUN_ATTR_REALM:
    case STUN_ATTR_NONCE:
    case STUN_ATTR_INTEGRITY_SHA256:
    case STUN_ATTR_PASSWORD_ALGORITHM:
    case STUN_ATTR_USERHASH:
    case STUN_ATTR_XOR_MAPPED_ADDRESS:
        return true;
    default:
        return false;
    }
}

static bool read_role(struct stun_view *view, struct byte_reader *value, bool controlling)
{
    /* A peer is one or the other. */
    if (value->len != 8 || view->controlling || view->controlled)
        return false;
    view->controlling = controlling;
    view->controlled = !controlling;
    view->tie_breaker = byte_reader_u64(value);
    return true;
}

static bool read_error_code(struct stun_view *view, struct byte_reader *value)
{
    if (value->len < 4)
        return false;
    byte_reader_skip(value, 2);
    unsigned hundreds = byte_reader_u8(value) & 7;
    unsigned rest = byte_reader_u8(value);
    if (hundreds < 3 || hundreds > 6 || rest > 99)
        return false;
    view->error_code = (uint16_t)(hundreds * 100 + rest);
    return true;
}

static void note_unknown(struct stun_view *view, uint16_t type)
{
    if (type < 0x8000 && !is_harmless(type) && view->unknown_count < STUN_MAX_UNKNOWN)
        view->unknown[view->unknown_count++] = type;
}

/* One attribute in front of MESSAGE-INTEGRITY. False when its length is wrong. */
static bool read_attribute(struct stun_view *view, uint16_t type, struct byte_reader *value)
{
    switch (type) {
    case STUN_ATTR_USERNAME:
        if (value->len > STUN_MAX_USERNAME_BYTES)
            return false;
        if (!view->username) {
            view->username = (const char *)value->data;
            view->username_len = value->len;
        }
        return true;
    case STUN_ATTR_PRIORITY:
        view->has_priority = true;
        view->priority = byte_reader_u32(value);
        return value->len == 4;
    case STUN_ATTR_USE_CANDIDATE:
        view->use_candidate = true;
        return value->len == 0;
    case STUN_ATTR_ICE_CONTROLLING:
        return read_role(view, value, true);
    case STUN_ATTR_ICE_CONTROLLED:
        return read_role(view, value, false);
    case STUN_ATTR_ERROR_CODE:
        return read_error_code(view, value);
    default:
        note_unknown(view, type);
        return true;
    }
}

static int read_attributes(struct stun_view *view, struct byte_reader *reader)
{
    while (byte_reader_left(reader) > 0) {
        size_t offset = reader->pos;
        uint16_t type = byte_reader_u16(reader);
        uint16_t bytes = byte_reader_u16(reader);
        struct byte_reader value = byte_reader_sub(reader, bytes);
        byte_reader_skip(reader, (4 - bytes % 4) % 4);
        /* FINGERPRINT is the last attribute (RFC 8489 section 14.7). */
        if (reader->failed || view->fingerprint_offset != 0)
            return -EBADMSG;

        if (type == STUN_ATTR_FINGERPRINT) {
            if (bytes != 4)
                return -EBADMSG;
            view->fingerprint_offset = offset;
        } else if (view->integrity_offset != 0) {
            continue;
        } else if (type == STUN_ATTR_INTEGRITY) {
            if (bytes != STUN_INTEGRITY_BYTES)
                return -EBADMSG;
            view->integrity_offset = offset;
        } else if (!read_attribute(view, type, &value)) {
            return -EBADMSG;
        }
    }
    return 0;
}

int stun_parse(const uint8_t *data, size_t len, struct stun_view *ret_view)
{
    struct byte_reader reader;
    struct stun_view view = {.data = data, .len = len};

    if (len < STUN_HEADER_BYTES || len > STUN_MAX_BYTES || len % 4 != 0)
        return -EBADMSG;
    byte_reader_init(&reader, data, len);
    uint16_t type = byte_reader_u16(&reader);
    uint16_t bytes = byte_reader_u16(&reader);
    uint32_t cookie = byte_reader_u32(&reader);
    if (type >> 14 != 0 || bytes != len - STUN_HEADER_BYTES || cookie != STUN_MAGIC_COOKIE)
        return -EBADMSG;

    /* Class bits 8 and 4 stand between the method's bits (RFC 8489 figure 3). */
    view.message_class = (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
    view.method = (uint16_t)((type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2);
    view.transaction_id = byte_reader_bytes(&reader, STUN_TRANSACTION_ID_BYTES);
    if (read_attributes(&view, &reader) < 0)
        return -EBADMSG;
    *ret_view = view;
    return 0;
}

bool stun_local_ufrag(const struct stun_view *view, const char **ret_ufrag, size_t *ret_len)
{
    const char *colon =
        view->username_len > 0 ? memchr(view->username, ':', view->username_len) : NULL;

    if (!colon || colon == view->username)
        return false;
    *ret_ufrag = view->username;
    *ret_len = (size_t)(colon - view->username);
    return true;
}

bool stun_check_integrity(const struct stun_view *view, const void *key, size_t key_len)
{
    uint8_t mac[STUN_INTEGRITY_BYTES];

    if (view->integrity_offset == 0 ||
        !stun_integrity(view->data, view->integrity_offset, key, key_len, mac))
        return false;
    return CRYPTO_memcmp(mac, view->data + view->integrity_offset + 4, sizeof(mac)) == 0;
}

bool stun_check_fingerprint(const struct stun_view *view)
{
    size_t offset = view->fingerprint_offset;

    return offset != 0 &&
           bytes_get_u32(view->data + offset + 4) == stun_fingerprint(view->data, offset);
}
