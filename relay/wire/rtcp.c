/* Reading of RTCP; rtcp_write.c writes. */
#include "relay/wire/rtcp.h"

#include <errno.h>
#include <string.h>

void rtcp_iterator_init(struct rtcp_iterator *iterator, const uint8_t *data, size_t len)
{
    byte_reader_init(&iterator->reader, data, len);
    iterator->failed = false;
}

/* Takes off the padding that the last byte counts. Senders in the field pad feedback by one to three
 * bytes and in the middle of a compound, so RFC 3550's "multiple of four, last packet" is not held
 * against them. */
static bool take_padding(struct byte_reader *body)
{
    if (body->len == 0)
        return false;
    size_t padding = body->data[body->len - 1];
    if (padding == 0 || padding > body->len)
        return false;
    body->len -= padding;
    return true;
}

bool rtcp_iterator_next(struct rtcp_iterator *iterator, struct rtcp_packet *ret_packet)
{
    struct byte_reader *reader = &iterator->reader;

    if (iterator->failed || byte_reader_left(reader) == 0)
        return false;
    uint8_t first = byte_reader_u8(reader);
    uint8_t type = byte_reader_u8(reader);
    size_t body_bytes = (size_t)byte_reader_u16(reader) * 4;
    struct byte_reader body = byte_reader_sub(reader, body_bytes);
    if (reader->failed || first >> 6 != 2)
        goto fail;
    if ((first & 0x20) && !take_padding(&body))
        goto fail;
    *ret_packet = (struct rtcp_packet){
        .type = type,
        .count_or_format = first & 0x1f,
        .body = body.data,
        .body_bytes = body.len,
    };
    return true;

fail:
    iterator->failed = true;
    return false;
}

int rtcp_parse_sender_info(const struct rtcp_packet *packet, struct rtcp_sender_info *ret_info)
{
    struct byte_reader reader;
    struct rtcp_sender_info info;

    if (packet->type != RTCP_SR)
        return -EBADMSG;
    byte_reader_init(&reader, packet->body, packet->body_bytes);
    info.ssrc = byte_reader_u32(&reader);
    info.ntp = byte_reader_u64(&reader);
    info.timestamp_rtp = byte_reader_u32(&reader);
    info.packet_count = byte_reader_u32(&reader);
    info.octet_count = byte_reader_u32(&reader);
    if (reader.failed)
        return -EBADMSG;
    *ret_info = info;
    return 0;
}

static struct rtcp_report_block read_report_block(struct byte_reader *reader)
{
    struct rtcp_report_block block = {.ssrc = byte_reader_u32(reader)};
    uint32_t lost;

    block.fraction_lost = byte_reader_u8(reader);
    lost = byte_reader_u24(reader);
    block.cumulative_lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
    block.highest_seq = byte_reader_u32(reader);
    block.jitter_rtp = byte_reader_u32(reader);
    block.last_sr = byte_reader_u32(reader);
    block.delay_since_last_sr = byte_reader_u32(reader);
    return block;
}

int rtcp_parse_report_blocks(const struct rtcp_packet *packet,
    struct rtcp_report_block ret_blocks[RTCP_MAX_BLOCKS], size_t *ret_count)
{
    const size_t block_bytes = 24;
    struct byte_reader reader;

    if (packet->type != RTCP_SR && packet->type != RTCP_RR)
        return -EBADMSG;
    size_t head_bytes = packet->type == RTCP_SR ? 24 : 4;
    size_t count = packet->count_or_format;
    if (packet->body_bytes < head_bytes + count * block_bytes)
        return -EBADMSG;
    byte_reader_init(&reader, packet->body, packet->body_bytes);
    byte_reader_skip(&reader, head_bytes);
    for (size_t i = 0; i < count; i++)
        ret_blocks[i] = read_report_block(&reader);
    *ret_count = count;
    return 0;
}

int rtcp_parse_bye(
    const struct rtcp_packet *packet, uint32_t ret_ssrcs[RTCP_MAX_BLOCKS], size_t *ret_count)
{
    size_t count = packet->count_or_format;

    if (packet->type != RTCP_BYE || packet->body_bytes < count * 4)
        return -EBADMSG;
    for (size_t i = 0; i < count; i++)
        ret_ssrcs[i] = bytes_get_u32(packet->body + i * 4);
    *ret_count = count;
    return 0;
}

static bool fci_valid(const struct rtcp_feedback *feedback)
{
    size_t bytes = feedback->fci_bytes;

    if (feedback->type == RTCP_RTPFB)
        return feedback->format != RTCP_RTPFB_NACK || bytes >= 4;
    if (feedback->format == RTCP_PSFB_PLI)
        return bytes == 0;
    if (feedback->format == RTCP_PSFB_FIR)
        return bytes >= 8 && bytes % 8 == 0;
    return true;
}

int rtcp_parse_feedback(const struct rtcp_packet *packet, struct rtcp_feedback *ret_feedback)
{
    struct byte_reader reader;
    struct rtcp_feedback feedback = {.type = packet->type, .format = packet->count_or_format};

    if (packet->type != RTCP_RTPFB && packet->type != RTCP_PSFB)
        return -EBADMSG;
    byte_reader_init(&reader, packet->body, packet->body_bytes);
    feedback.sender_ssrc = byte_reader_u32(&reader);
    feedback.media_ssrc = byte_reader_u32(&reader);
    feedback.fci_bytes = byte_reader_left(&reader);
    feedback.fci = byte_reader_bytes(&reader, feedback.fci_bytes);
    if (reader.failed || !fci_valid(&feedback))
        return -EBADMSG;
    *ret_feedback = feedback;
    return 0;
}

void rtcp_nack_iterator_init(
    struct rtcp_nack_iterator *iterator, const struct rtcp_feedback *feedback)
{
    *iterator = (struct rtcp_nack_iterator){
        .next = feedback->fci,
        .end = feedback->fci + feedback->fci_bytes / 4 * 4,
    };
}

bool rtcp_nack_iterator_next(struct rtcp_nack_iterator *iterator, uint16_t *ret_seq)
{
    if (iterator->blp == 0) {
        if (iterator->next >= iterator->end)
            return false;
        iterator->pid = bytes_get_u16(iterator->next);
        iterator->blp = bytes_get_u16(iterator->next + 2);
        iterator->next += 4;
        *ret_seq = iterator->pid;
        return true;
    }
    unsigned bit = (unsigned)__builtin_ctz(iterator->blp);
    iterator->blp &= (uint16_t)(iterator->blp - 1);
    *ret_seq = (uint16_t)(iterator->pid + 1 + bit);
    return true;
}

size_t rtcp_fir_count(const struct rtcp_feedback *feedback)
{
    return feedback->fci_bytes / 8;
}

struct rtcp_fir_entry rtcp_fir_get(const struct rtcp_feedback *feedback, size_t index)
{
    const uint8_t *entry = feedback->fci + index * 8;

    return (struct rtcp_fir_entry){.ssrc = bytes_get_u32(entry), .sequence_number = entry[4]};
}

int rtcp_parse_remb(const struct rtcp_feedback *feedback, struct rtcp_remb *ret_remb)
{
    const uint8_t *fci = feedback->fci;

    if (feedback->type != RTCP_PSFB || feedback->format != RTCP_PSFB_AFB ||
        feedback->fci_bytes < 8 || memcmp(fci, "REMB", 4) != 0)
        return -EBADMSG;
    uint8_t ssrc_count = fci[4];
    if (feedback->fci_bytes != 8 + (size_t)ssrc_count * 4)
        return -EBADMSG;
    unsigned exponent = fci[5] >> 2;
    uint64_t mantissa = bytes_get_u24(fci + 5) & 0x3ffff;
    bool overflows = mantissa != 0 && exponent > (unsigned)__builtin_clzll(mantissa);
    *ret_remb = (struct rtcp_remb){
        .bitrate_bps = overflows ? UINT64_MAX : mantissa << exponent,
        .ssrc_count = ssrc_count,
        .ssrcs = fci + 8,
    };
    return 0;
}
