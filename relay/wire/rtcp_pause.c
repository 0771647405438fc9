#include "relay/wire/rtcp_pause.h"

#define HEADER_BYTES 4
#define HEAD_BYTES   8 /* both SSRCs */
#define ENTRY_BYTES  8

void rtcp_pause_iterator_init(
    struct rtcp_pause_iterator *iterator, const struct rtcp_feedback *feedback)
{
    byte_reader_init(&iterator->reader, feedback->fci, feedback->fci_bytes);
    iterator->failed = false;
}

bool rtcp_pause_iterator_next(
    struct rtcp_pause_iterator *iterator, struct rtcp_pause_entry *ret_entry)
{
    struct byte_reader *reader = &iterator->reader;

    while (!iterator->failed && byte_reader_left(reader) > 0) {
        struct rtcp_pause_entry entry = {.target_ssrc = byte_reader_u32(reader)};
        uint8_t type = byte_reader_u8(reader) >> 4;
        size_t parameter_bytes = (size_t)byte_reader_u8(reader) * 4;
        entry.pause_id = byte_reader_u16(reader);
        struct byte_reader parameters = byte_reader_sub(reader, parameter_bytes);
        if (reader->failed) {
            iterator->failed = true;
            return false;
        }
        if (type > RTCP_REFUSED)
            continue;
        entry.type = (enum rtcp_pause_type)type;
        if (entry.type == RTCP_PAUSED && parameter_bytes > 0)
            entry.last_sequence = byte_reader_u32(&parameters);
        *ret_entry = entry;
        return true;
    }
    return false;
}

void rtcp_write_pause(
    struct byte_writer *writer, uint32_t sender_ssrc, const struct rtcp_pause_entry *entry)
{
    size_t parameter_words = entry->type == RTCP_PAUSED ? 1 : 0;
    size_t body_bytes = HEAD_BYTES + ENTRY_BYTES + parameter_words * 4;

    if (writer->failed || writer->capacity - writer->len < HEADER_BYTES + body_bytes) {
        writer->failed = true;
        return;
    }
    byte_writer_u8(writer, 0x80 | RTCP_RTPFB_PAUSE);
    byte_writer_u8(writer, RTCP_RTPFB);
    byte_writer_u16(writer, (uint16_t)(body_bytes / 4));
    byte_writer_u32(writer, sender_ssrc);
    byte_writer_u32(writer, 0);
    byte_writer_u32(writer, entry->target_ssrc);
    byte_writer_u8(writer, (uint8_t)(entry->type << 4));
    byte_writer_u8(writer, (uint8_t)parameter_words);
    byte_writer_u16(writer, entry->pause_id);
    if (parameter_words > 0)
        byte_writer_u32(writer, entry->last_sequence);
}
