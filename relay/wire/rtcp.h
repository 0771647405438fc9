/*
 * RTCP: compound packets in (RFC 3550 section 6, RFC 4585, RFC 5104, RFC 5506 reduced size,
 * draft-alvestrand-rmcat-remb) and our own reports out. Transport-wide feedback is in
 * transport_feedback.h.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |V=2|P| count/fmt|  packet type  |  length in 32-bit words − 1   |
 *   |                  body: SSRC of the sender, …                  |
 *
 *   for (rtcp_iterator_init(&it, data, len); rtcp_iterator_next(&it, &packet);)
 *       switch (packet.type) …
 *   if (it.failed)
 *       malformed++;
 *
 * Views borrow the input. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_RTCP_H
#define DUET_RELAY_WIRE_RTCP_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205,
    RTCP_PSFB = 206,
    RTCP_XR = 207,
};

/* count_or_format of RTCP_RTPFB */
enum rtcp_rtpfb_format {
    RTCP_RTPFB_NACK = 1,
    RTCP_RTPFB_PAUSE = 9, /* rtcp_pause.h */
    RTCP_RTPFB_TRANSPORT_CC = 15,
};

/* count_or_format of RTCP_PSFB */
enum rtcp_psfb_format {
    RTCP_PSFB_PLI = 1,
    RTCP_PSFB_FIR = 4,
    RTCP_PSFB_AFB = 15, /* application layer feedback: REMB */
};

#define RTCP_MAX_BLOCKS      31 /* the five-bit count */
#define RTCP_MAX_CNAME_BYTES 255

struct rtcp_packet {
    uint8_t type;            /* enum rtcp_type, or one we do not know */
    uint8_t count_or_format; /* five bits */
    const uint8_t *body;     /* behind the four-byte header, without padding; borrowed */
    size_t body_bytes;
};

struct rtcp_iterator {
    struct byte_reader reader;
    bool failed; /* a header or length was wrong: the rest was not looked at */
};

void rtcp_iterator_init(struct rtcp_iterator *iterator, const uint8_t *data, size_t len);

/* False at the end or when malformed. */
bool rtcp_iterator_next(struct rtcp_iterator *iterator, struct rtcp_packet *ret_packet);

/* ---- reports ---- */

struct rtcp_sender_info {
    uint32_t ssrc;
    uint64_t ntp; /* 32.32 seconds since 1900 */
    uint32_t timestamp_rtp;
    uint32_t packet_count;
    uint32_t octet_count;
};

struct rtcp_report_block {
    uint32_t ssrc;
    uint8_t fraction_lost;   /* 1/256 */
    int32_t cumulative_lost; /* 24 bits, signed */
    uint32_t highest_seq;    /* with cycles in the upper half */
    uint32_t jitter_rtp;
    uint32_t last_sr;             /* middle 32 bits of the NTP timestamp; 0 = none */
    uint32_t delay_since_last_sr; /* 1/65536 s */
};

/* Each parser: 0 or -EBADMSG, also for a packet of another type. */
int rtcp_parse_sender_info(const struct rtcp_packet *packet, struct rtcp_sender_info *ret_info);

/* All report blocks of an SR or RR. */
int rtcp_parse_report_blocks(const struct rtcp_packet *packet,
    struct rtcp_report_block ret_blocks[RTCP_MAX_BLOCKS], size_t *ret_count);

int rtcp_parse_bye(
    const struct rtcp_packet *packet, uint32_t ret_ssrcs[RTCP_MAX_BLOCKS], size_t *ret_count);

/* ---- feedback ---- */

struct rtcp_feedback {
    uint8_t type;
    uint8_t format;
    uint32_t sender_ssrc;
    uint32_t media_ssrc;
    const uint8_t *fci; /* borrowed */
    size_t fci_bytes;
};

/* RTPFB and PSFB: the common head, FCI length checked for the formats above (NACK ≥ 1 entry,
 * PLI none, FIR ≥ 1 entry). */
int rtcp_parse_feedback(const struct rtcp_packet *packet, struct rtcp_feedback *ret_feedback);

/* Sequence numbers of a NACK in the order in which it names them, PID then its BLP bits. */
struct rtcp_nack_iterator {
    const uint8_t *next;
    const uint8_t *end;
    uint16_t pid;
    uint16_t blp; /* bits of the entry that were not named yet */
};

void rtcp_nack_iterator_init(
    struct rtcp_nack_iterator *iterator, const struct rtcp_feedback *feedback);
bool rtcp_nack_iterator_next(struct rtcp_nack_iterator *iterator, uint16_t *ret_seq);

struct rtcp_fir_entry {
    uint32_t ssrc;
    uint8_t sequence_number; /* a repeat has the same one (RFC 5104 section 4.3.1.1) */
};

size_t rtcp_fir_count(const struct rtcp_feedback *feedback);
/* index < rtcp_fir_count(). */
struct rtcp_fir_entry rtcp_fir_get(const struct rtcp_feedback *feedback, size_t index);

struct rtcp_remb {
    uint64_t bitrate_bps; /* saturates at UINT64_MAX */
    uint8_t ssrc_count;
    const uint8_t *ssrcs; /* 4 × ssrc_count bytes; bytes_get_u32() */
};

/* -EBADMSG also for application feedback that is no REMB. */
int rtcp_parse_remb(const struct rtcp_feedback *feedback, struct rtcp_remb *ret_remb);

/* ---- writing: each appends one whole packet, or nothing and the writer has failed ---- */

/* block_count ≤ RTCP_MAX_BLOCKS, else failed. */
void rtcp_write_sr(struct byte_writer *writer, const struct rtcp_sender_info *info,
    const struct rtcp_report_block *blocks, size_t block_count);
void rtcp_write_rr(struct byte_writer *writer, uint32_t sender_ssrc,
    const struct rtcp_report_block *blocks, size_t block_count);

/* One chunk per SSRC, the same CNAME in each (at most RTCP_MAX_CNAME_BYTES). */
void rtcp_write_sdes(
    struct byte_writer *writer, const uint32_t *ssrcs, size_t ssrc_count, const char *cname);

/* seqs ascend (modulo 2^16) without repeats; count ≥ 1. */
void rtcp_write_nack(struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc,
    const uint16_t *seqs, size_t count);
void rtcp_write_pli(struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc);
void rtcp_write_fir(
    struct byte_writer *writer, uint32_t sender_ssrc, const struct rtcp_fir_entry *entry);

#endif
