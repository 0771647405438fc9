/* Writing of RTCP: every function appends one whole packet or nothing. */
#include "relay/wire/rtcp.h"

#include <string.h>

/* The header of a packet of that size, once it is known to fit. */
static bool begin(
    struct byte_writer *writer, uint8_t type, size_t count_or_format, size_t body_bytes)
{
    if (writer->failed || count_or_format > RTCP_MAX_BLOCKS ||
        writer->capacity - writer->len < 4 + body_bytes) {
        writer->failed = true;
        return false;
    }
    byte_writer_u8(writer, (uint8_t)(0x80 | count_or_format));
    byte_writer_u8(writer, type);
    byte_writer_u16(writer, (uint16_t)(body_bytes / 4));
    return true;
}

static void write_blocks(
    struct byte_writer *writer, const struct rtcp_report_block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rtcp_report_block *block = &blocks[i];
        int32_t lost = block->cumulative_lost;
        if (lost > 0x7fffff)
            lost = 0x7fffff;
        if (lost < -0x800000)
            lost = -0x800000;
        byte_writer_u32(writer, block->ssrc);
        byte_writer_u8(writer, block->fraction_lost);
        byte_writer_u24(writer, (uint32_t)lost & 0xffffff);
        byte_writer_u32(writer, block->highest_seq);
        byte_writer_u32(writer, block->jitter_rtp);
        byte_writer_u32(writer, block->last_sr);
        byte_writer_u32(writer, block->delay_since_last_sr);
    }
}

void rtcp_write_sr(struct byte_writer *writer, const struct rtcp_sender_info *info,
    const struct rtcp_report_block *blocks, size_t block_count)
{
    if (!begin(writer, RTCP_SR, block_count, 24 + block_count * 24))
        return;
    byte_writer_u32(writer, info->ssrc);
    byte_writer_u64(writer, info->ntp);
    byte_writer_u32(writer, info->timestamp_rtp);
    byte_writer_u32(writer, info->packet_count);
    byte_writer_u32(writer, info->octet_count);
    write_blocks(writer, blocks, block_count);
}

void rtcp_write_rr(struct byte_writer *writer, uint32_t sender_ssrc,
    const struct rtcp_report_block *blocks, size_t block_count)
{
    if (!begin(writer, RTCP_RR, block_count, 4 + block_count * 24))
        return;
    byte_writer_u32(writer, sender_ssrc);
    write_blocks(writer, blocks, block_count);
}

void rtcp_write_sdes(
    struct byte_writer *writer, const uint32_t *ssrcs, size_t ssrc_count, const char *cname)
{
    const uint8_t cname_item = 1;
    size_t name_len = strlen(cname);
    /* SSRC, item header, name, at least one zero that ends the chunk, all padded to 32 bits. */
    size_t zeros = 4 - (2 + name_len) % 4;
    size_t chunk_bytes = 4 + 2 + name_len + zeros;

    if (name_len > RTCP_MAX_CNAME_BYTES) {
        writer->failed = true;
        return;
    }
    if (!begin(writer, RTCP_SDES, ssrc_count, ssrc_count * chunk_bytes))
        return;
    for (size_t i = 0; i < ssrc_count; i++) {
        byte_writer_u32(writer, ssrcs[i]);
        byte_writer_u8(writer, cname_item);
        byte_writer_u8(writer, (uint8_t)name_len);
        byte_writer_bytes(writer, cname, name_len);
        byte_writer_zeros(writer, zeros);
    }
}

static bool begin_feedback(struct byte_writer *writer, uint8_t type, uint8_t format,
    uint32_t sender_ssrc, uint32_t media_ssrc, size_t fci_bytes)
{
    if (!begin(writer, type, format, 8 + fci_bytes))
        return false;
    byte_writer_u32(writer, sender_ssrc);
    byte_writer_u32(writer, media_ssrc);
    return true;
}

/* Takes as many sequence numbers from *seqs as one PID with its bitmap of the next 16 can name. */
static size_t take_nack_entry(const uint16_t *seqs, size_t count, uint16_t *ret_blp)
{
    uint16_t blp = 0;
    size_t taken = 1;

    while (taken < count) {
        uint16_t ahead = (uint16_t)(seqs[taken] - seqs[0]);
        if (ahead < 1 || ahead > 16)
            break;
        blp |= (uint16_t)(1u << (ahead - 1));
        taken++;
    }
    *ret_blp = blp;
    return taken;
}

void rtcp_write_nack(struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc,
    const uint16_t *seqs, size_t count)
{
    uint16_t blp;
    size_t entries = 0;

    for (size_t i = 0; i < count; i += take_nack_entry(seqs + i, count - i, &blp))
        entries++;
    if (entries == 0) {
        writer->failed = true;
        return;
    }
    if (!begin_feedback(writer, RTCP_RTPFB, RTCP_RTPFB_NACK, sender_ssrc, media_ssrc, entries * 4))
        return;
    for (size_t i = 0; i < count;) {
        uint16_t pid = seqs[i];
        i += take_nack_entry(seqs + i, count - i, &blp);
        byte_writer_u16(writer, pid);
        byte_writer_u16(writer, blp);
    }
}

void rtcp_write_pli(struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc)
{
    begin_feedback(writer, RTCP_PSFB, RTCP_PSFB_PLI, sender_ssrc, media_ssrc, 0);
}

void rtcp_write_fir(
    struct byte_writer *writer, uint32_t sender_ssrc, const struct rtcp_fir_entry *entry)
{
    /* The media SSRC of the common head is not used here and is 0 (RFC 5104 section 4.3.1.2). */
    if (!begin_feedback(writer, RTCP_PSFB, RTCP_PSFB_FIR, sender_ssrc, 0, 8))
        return;
    byte_writer_u32(writer, entry->ssrc);
    byte_writer_u8(writer, entry->sequence_number);
    byte_writer_zeros(writer, 3);
}
