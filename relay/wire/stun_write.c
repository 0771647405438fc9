/* Writing of STUN: binding responses and checks. */
#include "relay/wire/stun.h"

#include "common/bytes.h"
#include "relay/wire/stun_internal.h"

#include <errno.h>
#include <string.h>

static void begin(struct byte_writer *writer, uint8_t *data, size_t capacity,
    enum stun_class message_class, const uint8_t *transaction_id)
{
    uint16_t type = STUN_METHOD_BINDING;

    type |= (uint16_t)((message_class & 2) << 7 | (message_class & 1) << 4);
    byte_writer_init(writer, data, capacity);
    byte_writer_u16(writer, type);
    byte_writer_u16(writer, 0); /* patched by end() */
    byte_writer_u32(writer, STUN_MAGIC_COOKIE);
    byte_writer_bytes(writer, transaction_id, STUN_TRANSACTION_ID_BYTES);
}

static void add_attribute(struct byte_writer *writer, uint16_t type, const void *value, size_t len)
{
    byte_writer_u16(writer, type);
    byte_writer_u16(writer, (uint16_t)len);
    if (len > 0)
        byte_writer_bytes(writer, value, len);
    byte_writer_zeros(writer, (4 - len % 4) % 4);
}

static void add_integrity(struct byte_writer *writer, const void *key, size_t key_len)
{
    uint8_t mac[STUN_INTEGRITY_BYTES];

    if (writer->failed || !stun_integrity(writer->data, writer->len, key, key_len, mac)) {
        writer->failed = true;
        return;
    }
    add_attribute(writer, STUN_ATTR_INTEGRITY, mac, sizeof(mac));
}

/* FINGERPRINT and the final length. */
static int end(struct byte_writer *writer, size_t *ret_len)
{
    const size_t attribute_bytes = 8;

    if (writer->failed)
        return -ENOSPC;
    byte_writer_patch_u16(writer, 2, (uint16_t)(writer->len - STUN_HEADER_BYTES + attribute_bytes));
    uint32_t fingerprint = stun_fingerprint(writer->data, writer->len);
    byte_writer_u16(writer, STUN_ATTR_FINGERPRINT);
    byte_writer_u16(writer, 4);
    byte_writer_u32(writer, fingerprint);
    if (writer->failed)
        return -ENOSPC;
    *ret_len = writer->len;
    return 0;
}

/* XOR-MAPPED-ADDRESS (RFC 8489 section 14.2): port and address XORed with the cookie and, for IPv6,
 * the transaction id, so that no middle box rewrites them. */
static int add_mapped_address(struct byte_writer *writer, const struct sockaddr *remote)
{
    uint8_t value[20] = {0};
    const uint8_t *mask = writer->data + 4; /* cookie, then transaction id */
    const uint8_t *address;
    size_t address_bytes;
    uint16_t port;

    if (remote->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)remote;
        value[1] = 1;
        port = ntohs(v4->sin_port);
        address = (const uint8_t *)&v4->sin_addr;
        address_bytes = 4;
    } else if (remote->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)remote;
        value[1] = 2;
        port = ntohs(v6->sin6_port);
        address = (const uint8_t *)&v6->sin6_addr;
        address_bytes = 16;
    } else {
        return -EINVAL;
    }
    if (writer->failed)
        return -ENOSPC;
    bytes_put_u16(value + 2, port ^ (STUN_MAGIC_COOKIE >> 16));
    for (size_t i = 0; i < address_bytes; i++)
        value[4 + i] = address[i] ^ mask[i];
    add_attribute(writer, STUN_ATTR_XOR_MAPPED_ADDRESS, value, 4 + address_bytes);
    return 0;
}

int stun_write_binding_success(const struct stun_view *request, const struct sockaddr *remote,
    const void *key, size_t key_len, uint8_t *data, size_t capacity, size_t *ret_len)
{
    struct byte_writer writer;

    begin(&writer, data, capacity, STUN_SUCCESS, request->transaction_id);
    int r = add_mapped_address(&writer, remote);
    if (r < 0)
        return r;
    add_integrity(&writer, key, key_len);
    return end(&writer, ret_len);
}

static const char *reason_phrase(enum stun_error_code code)
{
    switch (code) {
    case STUN_BAD_REQUEST:
        return "Bad Request";
    case STUN_UNAUTHENTICATED:
        return "Unauthenticated";
    case STUN_UNKNOWN_ATTRIBUTE:
        return "Unknown Attribute";
    case STUN_ROLE_CONFLICT:
        return "Role Conflict";
    }
    return "";
}

static void add_error_code(struct byte_writer *writer, enum stun_error_code code)
{
    const char *phrase = reason_phrase(code);
    uint8_t value[4 + 32] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    size_t len = strlen(phrase);

    memcpy(value + 4, phrase, len);
    add_attribute(writer, STUN_ATTR_ERROR_CODE, value, 4 + len);
}

static void add_unknown_attributes(struct byte_writer *writer, const struct stun_view *request)
{
    uint8_t value[STUN_MAX_UNKNOWN * 2];

    for (size_t i = 0; i < request->unknown_count; i++)
        bytes_put_u16(value + 2 * i, request->unknown[i]);
    add_attribute(writer, STUN_ATTR_UNKNOWN_ATTRIBUTES, value, request->unknown_count * 2);
}

int stun_write_error(const struct stun_view *request, enum stun_error_code code, const void *key,
    size_t key_len, uint8_t *data, size_t capacity, size_t *ret_len)
{
    struct byte_writer writer;

    begin(&writer, data, capacity, STUN_ERROR, request->transaction_id);
    add_error_code(&writer, code);
    if (code == STUN_UNKNOWN_ATTRIBUTE)
        add_unknown_attributes(&writer, request);
    if (key)
        add_integrity(&writer, key, key_len);
    return end(&writer, ret_len);
}

int stun_write_check(const struct stun_check_params *params, const void *key, size_t key_len,
    uint8_t *data, size_t capacity, size_t *ret_len)
{
    struct byte_writer writer;
    size_t username_len = strlen(params->username);

    if (username_len > 128)
        return -EINVAL;
    begin(&writer, data, capacity, STUN_REQUEST, params->transaction_id);
    add_attribute(&writer, STUN_ATTR_USERNAME, params->username, username_len);
    byte_writer_u16(&writer, STUN_ATTR_PRIORITY);
    byte_writer_u16(&writer, 4);
    byte_writer_u32(&writer, params->priority);
    byte_writer_u16(
        &writer, params->controlling ? STUN_ATTR_ICE_CONTROLLING : STUN_ATTR_ICE_CONTROLLED);
    byte_writer_u16(&writer, 8);
    byte_writer_u64(&writer, params->tie_breaker);
    if (params->use_candidate)
        add_attribute(&writer, STUN_ATTR_USE_CANDIDATE, NULL, 0);
    add_integrity(&writer, key, key_len);
    return end(&writer, ret_len);
}
