#include "relay/wire/rtp.h"

#include "common/bytes.h"

#include <errno.h>
#include <string.h>

int rtp_parse(const uint8_t *data, size_t len, struct rtp_view *ret_view)
{
    if (len < RTP_HEADER_BYTES || len > UINT16_MAX || data[0] >> 6 != 2)
        return -EBADMSG;

    struct rtp_view view = {
        .csrc_count = data[0] & 0x0f,
        .has_extension = (data[0] & 0x10) != 0,
        .marker = (data[1] & 0x80) != 0,
        .payload_type = data[1] & 0x7f,
        .sequence_number = bytes_get_u16(data + 2),
        .timestamp = bytes_get_u32(data + 4),
        .ssrc = bytes_get_u32(data + 8),
    };
    size_t offset = RTP_HEADER_BYTES + (size_t)view.csrc_count * 4;
    if (view.has_extension) {
        if (offset + RTP_EXTENSION_HEADER_BYTES > len)
            return -EBADMSG;
        size_t bytes = (size_t)bytes_get_u16(data + offset + 2) * 4;
        view.extension_profile = bytes_get_u16(data + offset);
        offset += RTP_EXTENSION_HEADER_BYTES;
        if (bytes > len - offset)
            return -EBADMSG;
        view.extension_offset = (uint16_t)offset;
        view.extension_bytes = (uint16_t)bytes;
        offset += bytes;
    }
    if (offset > len)
        return -EBADMSG;
    if (data[0] & 0x20) {
        view.padding_bytes = data[len - 1];
        if (view.padding_bytes == 0 || view.padding_bytes > len - offset)
            return -EBADMSG;
    }
    view.payload_offset = (uint16_t)offset;
    view.payload_bytes = (uint16_t)(len - offset - view.padding_bytes);
    *ret_view = view;
    return 0;
}

void rtp_extension_iterator_init(
    struct rtp_extension_iterator *iterator, const uint8_t *data, const struct rtp_view *view)
{
    *iterator = (struct rtp_extension_iterator){0};
    if (!view->has_extension)
        return;
    bool one_byte = view->extension_profile == RTP_EXTENSION_ONE_BYTE;
    bool two_byte = (view->extension_profile & 0xfff0) == RTP_EXTENSION_TWO_BYTE;
    if (!one_byte && !two_byte)
        return;
    iterator->two_byte = two_byte;
    iterator->next = data + view->extension_offset;
    iterator->end = iterator->next + view->extension_bytes;
}

/* One-byte form: id 15, and id 0 with a length, end the block (RFC 8285 section 4.2). */
static bool next_one_byte(struct rtp_extension_iterator *it, struct rtp_extension_element *element)
{
    uint8_t id = it->next[0] >> 4;
    if (id == 0 || id == 15)
        return false;
    element->id = id;
    element->len = (uint8_t)((it->next[0] & 0x0f) + 1);
    element->value = it->next + 1;
    return true;
}

static bool next_two_byte(struct rtp_extension_iterator *it, struct rtp_extension_element *element)
{
    if (it->end - it->next < 2)
        return false;
    element->id = it->next[0];
    element->len = it->next[1];
    element->value = it->next + 2;
    return true;
}

bool rtp_extension_iterator_next(
    struct rtp_extension_iterator *iterator, struct rtp_extension_element *ret_element)
{
    while (iterator->next < iterator->end && *iterator->next == 0)
        iterator->next++;
    if (iterator->next >= iterator->end)
        return false;

    struct rtp_extension_element element;
    bool found =
        iterator->two_byte ? next_two_byte(iterator, &element) : next_one_byte(iterator, &element);
    if (!found || element.len > iterator->end - element.value) {
        iterator->next = iterator->end;
        return false;
    }
    iterator->next = element.value + element.len;
    *ret_element = element;
    return true;
}

const uint8_t *rtp_find_extension(
    const uint8_t *data, const struct rtp_view *view, uint8_t id, size_t *ret_len)
{
    struct rtp_extension_iterator iterator;
    struct rtp_extension_element element;

    rtp_extension_iterator_init(&iterator, data, view);
    while (rtp_extension_iterator_next(&iterator, &element)) {
        if (element.id == id) {
            *ret_len = element.len;
            return element.value;
        }
    }
    return NULL;
}

void rtp_write_header(uint8_t *data, const struct rtp_header *header)
{
    data[0] = header->has_extension ? 0x90 : 0x80;
    data[1] = (uint8_t)((header->marker ? 0x80 : 0) | (header->payload_type & 0x7f));
    bytes_put_u16(data + 2, header->sequence_number);
    bytes_put_u32(data + 4, header->timestamp);
    bytes_put_u32(data + 8, header->ssrc);
}

void rtp_extension_begin(struct rtp_extension_builder *builder, uint8_t *data, size_t capacity)
{
    *builder = (struct rtp_extension_builder){
        .data = data,
        .capacity = capacity,
        .len = RTP_EXTENSION_HEADER_BYTES,
        .failed = capacity < RTP_EXTENSION_HEADER_BYTES,
    };
}

uint8_t *rtp_extension_add(struct rtp_extension_builder *builder, uint8_t id, size_t len)
{
    if (builder->failed || id < 1 || id > 14 || len < 1 || len > 16) {
        builder->failed = true;
        return NULL;
    }
    /* The element must still fit when the block is padded to 32 bits. */
    size_t padded = (builder->len + 1 + len + 3) & ~(size_t)3;
    if (padded > builder->capacity) {
        builder->failed = true;
        return NULL;
    }
    uint8_t *element = builder->data + builder->len;
    element[0] = (uint8_t)(id << 4 | (len - 1));
    memset(element + 1, 0, len);
    builder->len += 1 + len;
    return element + 1;
}

size_t rtp_extension_end(struct rtp_extension_builder *builder)
{
    if (builder->failed || builder->len <= RTP_EXTENSION_HEADER_BYTES)
        return 0;
    while (builder->len % 4 != 0)
        builder->data[builder->len++] = 0;
    bytes_put_u16(builder->data, RTP_EXTENSION_ONE_BYTE);
    bytes_put_u16(builder->data + 2, (uint16_t)((builder->len - RTP_EXTENSION_HEADER_BYTES) / 4));
    return builder->len;
}

void rtp_put_abs_send_time(uint8_t value[RTP_ABS_SEND_TIME_BYTES], uint64_t now_us)
{
    /* Modulo 64 s first, so that the shift cannot overflow. */
    uint64_t fixed = ((now_us % 64000000) << 18) / 1000000;
    bytes_put_u24(value, (uint32_t)fixed & 0xffffff);
}

uint32_t rtp_get_abs_send_time(const uint8_t value[RTP_ABS_SEND_TIME_BYTES])
{
    return bytes_get_u24(value);
}
