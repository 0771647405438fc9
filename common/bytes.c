#include "common/bytes.h"

#include <string.h>

void byte_reader_init(struct byte_reader *reader, const uint8_t *data, size_t len)
{
    *reader = (struct byte_reader){.data = data, .len = len};
}

size_t byte_reader_left(const struct byte_reader *reader)
{
    return reader->failed ? 0 : reader->len - reader->pos;
}

const uint8_t *byte_reader_bytes(struct byte_reader *reader, size_t len)
{
    static const uint8_t nothing[1];
    if (byte_reader_left(reader) < len || reader->failed) {
        reader->failed = true;
        return NULL;
    }
    /* An empty reader may stand on NULL, which would look like a failure. */
    if (!reader->data)
        return nothing;
    const uint8_t *bytes = reader->data + reader->pos;
    reader->pos += len;
    return bytes;
}

uint8_t byte_reader_u8(struct byte_reader *reader)
{
    const uint8_t *bytes = byte_reader_bytes(reader, 1);
    return bytes ? bytes[0] : 0;
}

uint16_t byte_reader_u16(struct byte_reader *reader)
{
    const uint8_t *bytes = byte_reader_bytes(reader, 2);
    return bytes ? bytes_get_u16(bytes) : 0;
}

uint32_t byte_reader_u24(struct byte_reader *reader)
{
    const uint8_t *bytes = byte_reader_bytes(reader, 3);
    return bytes ? bytes_get_u24(bytes) : 0;
}

uint32_t byte_reader_u32(struct byte_reader *reader)
{
    const uint8_t *bytes = byte_reader_bytes(reader, 4);
    return bytes ? bytes_get_u32(bytes) : 0;
}

uint64_t byte_reader_u64(struct byte_reader *reader)
{
    const uint8_t *bytes = byte_reader_bytes(reader, 8);
    return bytes ? (uint64_t)bytes_get_u32(bytes) << 32 | bytes_get_u32(bytes + 4) : 0;
}

void byte_reader_skip(struct byte_reader *reader, size_t len)
{
    byte_reader_bytes(reader, len);
}

struct byte_reader byte_reader_sub(struct byte_reader *reader, size_t len)
{
    const uint8_t *bytes = byte_reader_bytes(reader, len);
    return (struct byte_reader){.data = bytes, .len = bytes ? len : 0, .failed = !bytes};
}

void byte_writer_init(struct byte_writer *writer, uint8_t *data, size_t capacity)
{
    *writer = (struct byte_writer){.data = data, .capacity = capacity};
}

/* Room for len more bytes, or NULL and failed. */
static uint8_t *claim(struct byte_writer *writer, size_t len)
{
    if (writer->failed || writer->capacity - writer->len < len) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *room = writer->data + writer->len;
    writer->len += len;
    return room;
}

void byte_writer_u8(struct byte_writer *writer, uint8_t value)
{
    uint8_t *room = claim(writer, 1);
    if (room)
        room[0] = value;
}

void byte_writer_u16(struct byte_writer *writer, uint16_t value)
{
    uint8_t *room = claim(writer, 2);
    if (room)
        bytes_put_u16(room, value);
}

void byte_writer_u24(struct byte_writer *writer, uint32_t value)
{
    uint8_t *room = claim(writer, 3);
    if (room)
        bytes_put_u24(room, value);
}

void byte_writer_u32(struct byte_writer *writer, uint32_t value)
{
    uint8_t *room = claim(writer, 4);
    if (room)
        bytes_put_u32(room, value);
}

void byte_writer_u64(struct byte_writer *writer, uint64_t value)
{
    uint8_t *room = claim(writer, 8);
    if (!room)
        return;
    bytes_put_u32(room, (uint32_t)(value >> 32));
    bytes_put_u32(room + 4, (uint32_t)value);
}

void byte_writer_bytes(struct byte_writer *writer, const void *data, size_t len)
{
    uint8_t *room = len > 0 ? claim(writer, len) : NULL;
    if (room)
        memcpy(room, data, len);
}

void byte_writer_zeros(struct byte_writer *writer, size_t len)
{
    uint8_t *room = len > 0 ? claim(writer, len) : NULL;
    if (room)
        memset(room, 0, len);
}

void byte_writer_patch_u16(struct byte_writer *writer, size_t pos, uint16_t value)
{
    if (writer->failed || writer->len < 2 || pos > writer->len - 2) {
        writer->failed = true;
        return;
    }
    bytes_put_u16(writer->data + pos, value);
}
