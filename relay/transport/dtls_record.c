#include "relay/transport/dtls_record.h"

#include "common/bytes.h"

#include <errno.h>
#include <string.h>

#define VERSION_DTLS_1_0 0xfeff /* in the record of a first hello */
#define VERSION_DTLS_1_2 0xfefd

/* An encrypted record holds at least a tag of 16 bytes and the two bytes of an alert. */
#define MIN_CIPHERTEXT_BYTES 18
/* RFC 6347 section 4.1: 2^14 of plaintext and at most 2048 of expansion. */
#define MAX_RECORD_BYTES (16384 + 2048)

struct record {
    uint8_t type;
    uint16_t version;
    uint16_t epoch;
    const uint8_t *body;
    size_t body_len;
};

static bool read_record(struct byte_reader *reader, struct record *ret_record)
{
    struct record record;

    record.type = byte_reader_u8(reader);
    record.version = byte_reader_u16(reader);
    record.epoch = byte_reader_u16(reader);
    byte_reader_skip(reader, 6);
    record.body_len = byte_reader_u16(reader);
    record.body = byte_reader_bytes(reader, record.body_len);
    if (reader->failed)
        return false;
    *ret_record = record;
    return true;
}

static bool is_client_message(uint8_t type)
{
    switch (type) {
    case 1:  /* ClientHello */
    case 11: /* Certificate */
    case 15: /* CertificateVerify */
    case 16: /* ClientKeyExchange */
        return true;
    default:
        return false;
    }
}

/* Some stacks put several messages into one record. */
static bool plain_handshake_is_sound(const struct record *record)
{
    struct byte_reader reader;

    byte_reader_init(&reader, record->body, record->body_len);
    while (byte_reader_left(&reader) > 0) {
        uint8_t type = byte_reader_u8(&reader);
        uint32_t message_len = byte_reader_u24(&reader);
        uint32_t offset, fragment_len;

        byte_reader_skip(&reader, 2);
        offset = byte_reader_u24(&reader);
        fragment_len = byte_reader_u24(&reader);
        byte_reader_skip(&reader, fragment_len);
        if (reader.failed || !is_client_message(type) || message_len > DTLS_MAX_HANDSHAKE_BYTES ||
            offset + fragment_len > message_len || (fragment_len == 0 && message_len > 0))
            return false;
    }
    return record->body_len > 0;
}

static bool record_is_wanted(const struct record *record, bool connected)
{
    if (record->version != VERSION_DTLS_1_0 && record->version != VERSION_DTLS_1_2)
        return false;
    if (record->body_len > MAX_RECORD_BYTES)
        return false;
    /* There is no renegotiation, hence no third epoch. */
    if (record->epoch > 0)
        return record->epoch == 1 && record->type >= DTLS_ALERT &&
               record->type <= DTLS_APPLICATION_DATA && record->body_len >= MIN_CIPHERTEXT_BYTES;
    if (connected)
        return false;
    switch (record->type) {
    case DTLS_CHANGE_CIPHER_SPEC:
        return record->body_len == 1 && record->body[0] == 1;
    case DTLS_HANDSHAKE:
        return plain_handshake_is_sound(record);
    default:
        return false;
    }
}

int dtls_record_filter(uint8_t *data, size_t len, bool connected, size_t *ret_dropped)
{
    struct byte_reader reader;
    struct record record;
    size_t kept = 0, dropped = 0;

    byte_reader_init(&reader, data, len);
    while (byte_reader_left(&reader) > 0) {
        if (!read_record(&reader, &record))
            return -EBADMSG;
    }
    byte_reader_init(&reader, data, len);
    while (byte_reader_left(&reader) > 0) {
        size_t start = reader.pos;

        read_record(&reader, &record);
        if (!record_is_wanted(&record, connected)) {
            dropped++;
            continue;
        }
        /* Never in front of what is still to be read: kept ≤ start. */
        memmove(data + kept, data + start, reader.pos - start);
        kept += reader.pos - start;
    }
    *ret_dropped = dropped;
    return (int)kept;
}

size_t dtls_record_bytes(const uint8_t *data)
{
    return DTLS_RECORD_HEADER_BYTES + bytes_get_u16(data + 11);
}

uint16_t dtls_record_epoch(const uint8_t *data)
{
    return bytes_get_u16(data + 3);
}

void dtls_record_set_number(uint8_t *data, uint64_t number)
{
    bytes_put_u16(data + 5, (uint16_t)(number >> 32));
    bytes_put_u32(data + 7, (uint32_t)number);
}

bool dtls_record_is_alert(const uint8_t *data, size_t len)
{
    return len >= DTLS_RECORD_HEADER_BYTES && data[0] == DTLS_ALERT;
}
