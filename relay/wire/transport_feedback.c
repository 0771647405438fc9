#include "relay/wire/transport_feedback.h"

#include "common/bytes.h"

#include <errno.h>

enum symbol {
    SYMBOL_NOT_RECEIVED = 0,
    SYMBOL_SMALL_DELTA = 1,
    SYMBOL_LARGE_DELTA = 2,
};

static const size_t head_bytes = 8; /* of the FCI */

/* How many statuses a chunk can hold. */
static uint16_t chunk_capacity(uint16_t chunk)
{
    if (!(chunk & 0x8000))
        return chunk & 0x1fff;
    return chunk & 0x4000 ? 7 : 14;
}

static unsigned chunk_symbol(uint16_t chunk, unsigned index)
{
    if (!(chunk & 0x8000))
        return chunk >> 13 & 3;
    if (chunk & 0x4000)
        return chunk >> (12 - 2 * index) & 3;
    return chunk >> (13 - index) & 1;
}

/* Bytes of delta that the first used statuses of a chunk need; false for the reserved symbol. */
static bool chunk_delta_bytes(uint16_t chunk, uint16_t used, size_t *bytes)
{
    if (!(chunk & 0x8000)) {
        unsigned symbol = chunk_symbol(chunk, 0);
        *bytes += (size_t)symbol * used;
        return symbol <= SYMBOL_LARGE_DELTA;
    }
    for (unsigned i = 0; i < used; i++) {
        unsigned symbol = chunk_symbol(chunk, i);
        if (symbol > SYMBOL_LARGE_DELTA)
            return false;
        *bytes += symbol; /* small: one byte, large: two */
    }
    return true;
}

/* Finds where the chunks end and checks that all deltas are there. */
static int check_chunks(struct byte_reader *reader, uint16_t status_count, size_t *ret_delta_bytes)
{
    uint16_t left = status_count;
    size_t delta_bytes = 0;

    while (left > 0) {
        uint16_t chunk = byte_reader_u16(reader);
        uint16_t used = chunk_capacity(chunk);
        if (reader->failed || used == 0)
            return -EBADMSG;
        if (used > left)
            used = left;
        if (!chunk_delta_bytes(chunk, used, &delta_bytes))
            return -EBADMSG;
        left = (uint16_t)(left - used);
    }
    if (delta_bytes > byte_reader_left(reader))
        return -EBADMSG;
    *ret_delta_bytes = delta_bytes;
    return 0;
}

int transport_feedback_parse(
    const struct rtcp_feedback *feedback, struct transport_feedback *ret_feedback)
{
    struct byte_reader reader;
    size_t delta_bytes;

    if (feedback->type != RTCP_RTPFB || feedback->format != RTCP_RTPFB_TRANSPORT_CC ||
        feedback->fci_bytes < head_bytes)
        return -EBADMSG;
    byte_reader_init(&reader, feedback->fci, feedback->fci_bytes);
    struct transport_feedback parsed = {
        .sender_ssrc = feedback->sender_ssrc,
        .media_ssrc = feedback->media_ssrc,
    };
    parsed.base_sequence = byte_reader_u16(&reader);
    parsed.status_count = byte_reader_u16(&reader);
    uint32_t reference = byte_reader_u24(&reader);
    parsed.reference_time =
        reference & 0x800000 ? (int32_t)reference - 0x1000000 : (int32_t)reference;
    parsed.feedback_count = byte_reader_u8(&reader);
    if (parsed.status_count == 0 || parsed.status_count > TRANSPORT_FEEDBACK_MAX_STATUSES)
        return -EBADMSG;
    parsed.chunks = feedback->fci + reader.pos;
    if (check_chunks(&reader, parsed.status_count, &delta_bytes) < 0)
        return -EBADMSG;
    parsed.deltas = feedback->fci + reader.pos;
    parsed.end = parsed.deltas + delta_bytes;
    *ret_feedback = parsed;
    return 0;
}

void transport_feedback_iterator_init(
    struct transport_feedback_iterator *iterator, const struct transport_feedback *feedback)
{
    *iterator = (struct transport_feedback_iterator){
        .chunk = feedback->chunks,
        .delta = feedback->deltas,
        .sequence = feedback->base_sequence,
        .left = feedback->status_count,
        .arrival_us = (int64_t)feedback->reference_time * TRANSPORT_FEEDBACK_REFERENCE_US,
    };
}

bool transport_feedback_iterator_next(
    struct transport_feedback_iterator *iterator, struct transport_feedback_status *ret_status)
{
    if (iterator->left == 0)
        return false;
    uint16_t chunk = bytes_get_u16(iterator->chunk);
    unsigned symbol = chunk_symbol(chunk, iterator->chunk_used);

    if (symbol == SYMBOL_SMALL_DELTA) {
        iterator->arrival_us += (int64_t)iterator->delta[0] * TRANSPORT_FEEDBACK_DELTA_US;
        iterator->delta += 1;
    } else if (symbol == SYMBOL_LARGE_DELTA) {
        int16_t delta = (int16_t)bytes_get_u16(iterator->delta);
        iterator->arrival_us += (int64_t)delta * TRANSPORT_FEEDBACK_DELTA_US;
        iterator->delta += 2;
    }
    *ret_status = (struct transport_feedback_status){
        .sequence = iterator->sequence++,
        .received = symbol != SYMBOL_NOT_RECEIVED,
        .arrival_us = iterator->arrival_us,
    };
    iterator->left--;
    if (++iterator->chunk_used == chunk_capacity(chunk)) {
        iterator->chunk += 2;
        iterator->chunk_used = 0;
    }
    return true;
}

void transport_feedback_builder_init(
    struct transport_feedback_builder *builder, uint16_t base_sequence)
{
    builder->base_sequence = base_sequence;
    builder->count = 0;
    builder->received = 0;
    builder->reference_time = 0;
    builder->last_us = 0;
}

uint16_t transport_feedback_builder_next(const struct transport_feedback_builder *builder)
{
    return (uint16_t)(builder->base_sequence + builder->count);
}

bool transport_feedback_builder_add(
    struct transport_feedback_builder *builder, uint16_t sequence, uint64_t arrival_us)
{
    uint16_t index = (uint16_t)(sequence - builder->base_sequence);
    int64_t reference = (int64_t)(arrival_us / TRANSPORT_FEEDBACK_REFERENCE_US);
    int64_t last_us =
        builder->received > 0 ? builder->last_us : reference * TRANSPORT_FEEDBACK_REFERENCE_US;

    if (index < builder->count || index >= TRANSPORT_FEEDBACK_BUILDER_STATUSES)
        return false;
    int64_t distance_us = (int64_t)arrival_us - last_us;
    int64_t half_us =
        distance_us < 0 ? -TRANSPORT_FEEDBACK_DELTA_US / 2 : TRANSPORT_FEEDBACK_DELTA_US / 2;
    int64_t delta = (distance_us + half_us) / TRANSPORT_FEEDBACK_DELTA_US;
    if (delta < INT16_MIN || delta > INT16_MAX)
        return false;

    while (builder->count < index)
        builder->symbols[builder->count++] = SYMBOL_NOT_RECEIVED;
    builder->symbols[index] =
        delta >= 0 && delta <= UINT8_MAX ? SYMBOL_SMALL_DELTA : SYMBOL_LARGE_DELTA;
    builder->deltas[index] = (int16_t)delta;
    builder->count++;
    if (builder->received++ == 0)
        builder->reference_time = (int32_t)(reference & 0xffffff);
    builder->last_us = last_us + delta * TRANSPORT_FEEDBACK_DELTA_US;
    return true;
}

static uint16_t run_length(const struct transport_feedback_builder *builder, uint16_t from)
{
    uint16_t end = from;

    while (end < builder->count && builder->symbols[end] == builder->symbols[from])
        end++;
    return (uint16_t)(end - from);
}

static bool has_large(const struct transport_feedback_builder *builder, uint16_t from, uint16_t n)
{
    for (uint16_t i = from; i < from + n && i < builder->count; i++) {
        if (builder->symbols[i] == SYMBOL_LARGE_DELTA)
            return true;
    }
    return false;
}

/* The chunk that covers most statuses from there on; *from moves behind them. */
static uint16_t next_chunk(const struct transport_feedback_builder *builder, uint16_t *from)
{
    uint16_t run = run_length(builder, *from);
    uint16_t left = (uint16_t)(builder->count - *from);
    bool one_bit = !has_large(builder, *from, 14);
    uint16_t span = one_bit ? 14 : 7;

    if (run >= span || run == left) {
        uint16_t chunk = (uint16_t)(builder->symbols[*from] << 13 | run);
        *from = (uint16_t)(*from + run);
        return chunk;
    }
    uint16_t chunk = one_bit ? 0x8000 : 0xc000;
    for (uint16_t i = 0; i < span && i < left; i++) {
        unsigned shift = one_bit ? 13u - i : 12u - 2u * i;
        chunk |= (uint16_t)(builder->symbols[*from + i] << shift);
    }
    *from = (uint16_t)(*from + (left < span ? left : span));
    return chunk;
}

static size_t body_bytes(const struct transport_feedback_builder *builder)
{
    size_t bytes = 8 + head_bytes;

    for (uint16_t from = 0; from < builder->count; bytes += 2)
        next_chunk(builder, &from);
    for (uint16_t i = 0; i < builder->count; i++)
        bytes += builder->symbols[i]; /* small: one byte, large: two */
    return bytes;
}

static void write_deltas(
    const struct transport_feedback_builder *builder, struct byte_writer *writer)
{
    for (uint16_t i = 0; i < builder->count; i++) {
        if (builder->symbols[i] == SYMBOL_SMALL_DELTA)
            byte_writer_u8(writer, (uint8_t)builder->deltas[i]);
        else if (builder->symbols[i] == SYMBOL_LARGE_DELTA)
            byte_writer_u16(writer, (uint16_t)builder->deltas[i]);
    }
}

void transport_feedback_builder_write(const struct transport_feedback_builder *builder,
    struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t feedback_count)
{
    size_t bytes = body_bytes(builder);
    size_t padding = (4 - bytes % 4) % 4;

    if (writer->failed || builder->received == 0 ||
        writer->capacity - writer->len < 4 + bytes + padding) {
        writer->failed = true;
        return;
    }
    /* Aligned by zeros without the P bit: some stacks insist that padding is a multiple of four. */
    byte_writer_u8(writer, 0x80 | RTCP_RTPFB_TRANSPORT_CC);
    byte_writer_u8(writer, RTCP_RTPFB);
    byte_writer_u16(writer, (uint16_t)((bytes + padding) / 4));
    byte_writer_u32(writer, sender_ssrc);
    byte_writer_u32(writer, media_ssrc);
    byte_writer_u16(writer, builder->base_sequence);
    byte_writer_u16(writer, builder->count);
    byte_writer_u24(writer, (uint32_t)builder->reference_time & 0xffffff);
    byte_writer_u8(writer, feedback_count);
    for (uint16_t from = 0; from < builder->count;)
        byte_writer_u16(writer, next_chunk(builder, &from));
    write_deltas(builder, writer);
    byte_writer_zeros(writer, padding);
}
