/*
 * RTP packets and their header extensions (RFC 3550 section 5.1, RFC 8285).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *   |                           timestamp                           |
 *   |                             SSRC                              |
 *   |                      CC × CSRC                                |
 *   |  X: profile 0xBEDE or 0x100x  |  length in 32-bit words       |
 *   |  X: elements …                                                |
 *   |  payload …                        P: padding, last byte: count |
 *
 * The hot path of the relay: on every packet in (parse, find) and out (write, build). Nothing is
 * allocated, a view holds offsets only. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_RTP_H
#define DUET_RELAY_WIRE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_BYTES             12
#define RTP_EXTENSION_HEADER_BYTES   4
#define RTP_EXTENSION_ONE_BYTE       0xBEDE
#define RTP_EXTENSION_TWO_BYTE       0x1000 /* the low four bits are the application's */
#define RTP_ABS_SEND_TIME_BYTES      3
#define RTP_TRANSPORT_SEQUENCE_BYTES 2
#define RTP_AUDIO_LEVEL_BYTES        1

struct rtp_view {
    uint8_t payload_type;
    uint8_t csrc_count;
    uint8_t padding_bytes; /* already taken off payload_bytes */
    bool marker;
    bool has_extension;
    uint16_t sequence_number;
    uint16_t extension_profile; /* valid when has_extension, as the next two */
    uint16_t extension_offset; /* of the first element, behind the four bytes of the block header */
    uint16_t extension_bytes;  /* multiple of four */
    uint16_t payload_offset;
    uint16_t payload_bytes; /* may be 0 (padding only) */
    uint32_t timestamp;
    uint32_t ssrc;
};

/* Returns 0, or -EBADMSG for a wrong version, a header or padding longer than the packet, or more
 * than 65,535 bytes. */
int rtp_parse(const uint8_t *data, size_t len, struct rtp_view *ret_view);

/* The element with that local id in either form, or NULL; the pointer lies in data. A two-byte
 * element may have length 0. id 0 is never found. */
const uint8_t *rtp_find_extension(
    const uint8_t *data, const struct rtp_view *view, uint8_t id, size_t *ret_len);

/* Walks all elements, for those that look for several ids at once. */
struct rtp_extension_iterator {
    const uint8_t *next;
    const uint8_t *end;
    bool two_byte;
};

struct rtp_extension_element {
    uint8_t id;
    uint8_t len;
    const uint8_t *value; /* lies in the packet */
};

void rtp_extension_iterator_init(
    struct rtp_extension_iterator *iterator, const uint8_t *data, const struct rtp_view *view);
bool rtp_extension_iterator_next(
    struct rtp_extension_iterator *iterator, struct rtp_extension_element *ret_element);

struct rtp_header {
    uint8_t payload_type;
    bool marker;
    bool has_extension; /* an extension block follows */
    uint16_t sequence_number;
    uint32_t timestamp;
    uint32_t ssrc;
};

/*
 * One RTP packet in the pieces it is sent from, so that a payload shared by many viewers is encrypted
 * straight into each one's datagram. All borrowed.
 *
 *   header: fixed header and extensions, sent in clear | prefix | payload
 */
struct rtp_pieces {
    const uint8_t *header;
    size_t header_bytes;
    const uint8_t
        *prefix; /* what differs per viewer before the payload: RTX number, VP8 descriptor */
    size_t prefix_bytes;
    const uint8_t *payload;
    size_t payload_bytes;
};

/* Writes RTP_HEADER_BYTES without CSRC. */
void rtp_write_header(uint8_t *data, const struct rtp_header *header);

/*
 * Builds one extension block in one-byte form behind the fixed header:
 *
 *   rtp_extension_begin(&builder, packet + RTP_HEADER_BYTES, room);
 *   uint8_t *value = rtp_extension_add(&builder, id, 2);
 *   size_t len = rtp_extension_end(&builder);
 *
 * Values may be filled in or changed later, right up to encryption.
 */
struct rtp_extension_builder {
    uint8_t *data; /* borrowed */
    size_t capacity;
    size_t len; /* with the block header, before padding */
    bool failed;
};

void rtp_extension_begin(struct rtp_extension_builder *builder, uint8_t *data, size_t capacity);

/* Where the element's len zero bytes stand; id 1–14, len 1–16. NULL and failed when out of range or
 * room. */
uint8_t *rtp_extension_add(struct rtp_extension_builder *builder, uint8_t id, size_t len);

/* Pads to 32 bits, writes the block header. Bytes of the block; 0 when it has no element or failed
 * (then leave has_extension unset). */
size_t rtp_extension_end(struct rtp_extension_builder *builder);

/* abs-send-time: 24 bits, 6.18 fixed-point seconds, wraps every 64 s. */
void rtp_put_abs_send_time(uint8_t value[RTP_ABS_SEND_TIME_BYTES], uint64_t now_us);
/* Fixed-point value as sent; compare by 24-bit distance. */
uint32_t rtp_get_abs_send_time(const uint8_t value[RTP_ABS_SEND_TIME_BYTES]);

#endif
