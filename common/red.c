#include "common/red.h"

#include "common/bytes.h"

#include <errno.h>
#include <stdbool.h>

#define MORE_FOLLOWS 0x80
#define TYPE_MASK    0x7f

static int parse_headers(struct byte_reader *reader, struct red_view *view)
{
    for (;;) {
        uint8_t first = byte_reader_u8(reader);

        if (reader->failed)
            return -EBADMSG;
        if (!(first & MORE_FOLLOWS)) {
            view->primary.payload_type = first;
            return 0;
        }
        if (view->redundant_count == RED_MAX_REDUNDANT)
            return -EBADMSG;
        uint32_t rest = byte_reader_u24(reader);
        view->redundant[view->redundant_count++] = (struct red_block){
            .payload_type = first & TYPE_MASK,
            .timestamp_offset = (uint16_t)(rest >> 10),
            .bytes = rest & RED_MAX_BLOCK_BYTES,
        };
    }
}

int red_parse(const uint8_t *payload, size_t len, struct red_view *ret_view)
{
    struct byte_reader reader;
    struct red_view view = {.redundant_count = 0};

    if (len > UINT16_MAX)
        return -EBADMSG;
    byte_reader_init(&reader, payload, len);
    if (parse_headers(&reader, &view) < 0)
        return -EBADMSG;
    for (size_t i = 0; i < view.redundant_count; i++) {
        view.redundant[i].offset = (uint16_t)reader.pos;
        byte_reader_skip(&reader, view.redundant[i].bytes);
    }
    if (reader.failed || byte_reader_left(&reader) == 0)
        return -EBADMSG;
    view.primary.offset = (uint16_t)reader.pos;
    view.primary.bytes = (uint16_t)byte_reader_left(&reader);
    *ret_view = view;
    return 0;
}

void red_set_payload_type(uint8_t *payload, size_t len, uint8_t payload_type)
{
    size_t at = 0;

    while (at < len && (payload[at] & MORE_FOLLOWS)) {
        payload[at] = MORE_FOLLOWS | (payload_type & TYPE_MASK);
        at += RED_BLOCK_HEADER_BYTES;
    }
    if (at < len)
        payload[at] = payload_type & TYPE_MASK;
}

/* An empty block says that there was nothing, which a receiver knows without it. */
static bool is_expressible(const struct red_source *source)
{
    return source->bytes > 0 && source->bytes <= RED_MAX_BLOCK_BYTES &&
           source->timestamp_offset > 0 && source->timestamp_offset <= RED_MAX_TIMESTAMP_OFFSET;
}

int red_write(uint8_t payload_type, const struct red_source *redundant, size_t count,
    const struct red_source *primary, uint8_t *out, size_t capacity)
{
    struct byte_writer writer;

    byte_writer_init(&writer, out, capacity);
    for (size_t i = 0; i < count; i++) {
        if (!is_expressible(&redundant[i]))
            continue;
        byte_writer_u8(&writer, MORE_FOLLOWS | (payload_type & TYPE_MASK));
        byte_writer_u24(
            &writer, redundant[i].timestamp_offset << 10 | (uint32_t)redundant[i].bytes);
    }
    byte_writer_u8(&writer, payload_type & TYPE_MASK);
    for (size_t i = 0; i < count; i++) {
        if (is_expressible(&redundant[i]))
            byte_writer_bytes(&writer, redundant[i].data, redundant[i].bytes);
    }
    byte_writer_bytes(&writer, primary->data, primary->bytes);
    return writer.failed ? -ENOSPC : (int)writer.len;
}
