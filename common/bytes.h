/*
 * Bounded, sticky-error cursors over network bytes (big-endian, as all our protocols are).
 *
 * A reader that once ran out of bytes returns zeros for ever and says so in failed: parse straight
 * through and check once. A writer that once ran out of room writes nothing more. Neither owns its
 * memory. Pure; any thread.
 */
#ifndef DUET_COMMON_BYTES_H
#define DUET_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_reader {
    const uint8_t *data; /* borrowed */
    size_t len;
    size_t pos;
    bool failed;
};

void byte_reader_init(struct byte_reader *reader, const uint8_t *data, size_t len);
size_t byte_reader_left(const struct byte_reader *reader);
uint8_t byte_reader_u8(struct byte_reader *reader);
uint16_t byte_reader_u16(struct byte_reader *reader);
uint32_t byte_reader_u24(struct byte_reader *reader);
uint32_t byte_reader_u32(struct byte_reader *reader);
uint64_t byte_reader_u64(struct byte_reader *reader);
void byte_reader_skip(struct byte_reader *reader, size_t len);

/* Pointer to the next len bytes (borrowed from the input), or NULL and failed. */
const uint8_t *byte_reader_bytes(struct byte_reader *reader, size_t len);

/* A reader over the next len bytes; both fail when they are not there. */
struct byte_reader byte_reader_sub(struct byte_reader *reader, size_t len);

struct byte_writer {
    uint8_t *data; /* borrowed */
    size_t capacity;
    size_t len; /* written so far */
    bool failed;
};

void byte_writer_init(struct byte_writer *writer, uint8_t *data, size_t capacity);
void byte_writer_u8(struct byte_writer *writer, uint8_t value);
void byte_writer_u16(struct byte_writer *writer, uint16_t value);
void byte_writer_u24(struct byte_writer *writer, uint32_t value);
void byte_writer_u32(struct byte_writer *writer, uint32_t value);
void byte_writer_u64(struct byte_writer *writer, uint64_t value);
void byte_writer_bytes(struct byte_writer *writer, const void *data, size_t len);
void byte_writer_zeros(struct byte_writer *writer, size_t len);

/* Overwrites two bytes already written at pos (a length that is known later). */
void byte_writer_patch_u16(struct byte_writer *writer, size_t pos, uint16_t value);

/* Single fields in place, for code that knows its bounds. */

static inline uint16_t bytes_get_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t bytes_get_u24(const uint8_t *data)
{
    return (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

static inline uint32_t bytes_get_u32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | bytes_get_u24(data + 1);
}

static inline void bytes_put_u16(uint8_t *data, uint16_t value)
{
    data[0] = (uint8_t)(value >> 8);
    data[1] = (uint8_t)value;
}

static inline void bytes_put_u24(uint8_t *data, uint32_t value)
{
    data[0] = (uint8_t)(value >> 16);
    bytes_put_u16(data + 1, (uint16_t)value);
}

static inline void bytes_put_u32(uint8_t *data, uint32_t value)
{
    bytes_put_u16(data, (uint16_t)(value >> 16));
    bytes_put_u16(data + 2, (uint16_t)value);
}

#endif
