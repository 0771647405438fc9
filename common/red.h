/*
 * Redundant audio (RFC 2198): one RTP payload that holds a packet's own block and those of packets
 * before it. Reading, for the relay, which strips it, and for players, which fill holes from it; and
 * writing, for capture.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |1|  block PT   |   timestamp offset (14)   | block length (10) |   one per earlier block
 *   |0| primary PT  |                                                   then the last header
 *   | data of the earlier blocks, oldest first | data of the primary block, to the end |
 *
 * Hot path on every packet of a source with redundancy: no allocation. Views borrow the payload. Pure;
 * any thread.
 */
#ifndef DUET_COMMON_RED_H
#define DUET_COMMON_RED_H

#include <stddef.h>
#include <stdint.h>

/* Chromium sends at most nine; a payload that names more is refused. */
#define RED_MAX_REDUNDANT        10
#define RED_MAX_BLOCK_BYTES      1023  /* ten bits */
#define RED_MAX_TIMESTAMP_OFFSET 16383 /* fourteen bits: 341 ms at 48 kHz */
#define RED_BLOCK_HEADER_BYTES   4
#define RED_PRIMARY_HEADER_BYTES 1

struct red_block {
    uint8_t payload_type;
    uint16_t timestamp_offset; /* to take from the packet's timestamp */
    uint16_t offset;           /* in the payload */
    uint16_t bytes;            /* may be 0: nothing was sent then */
};

struct red_view {
    struct red_block redundant[RED_MAX_REDUNDANT]; /* as in the packet, oldest first by custom */
    size_t redundant_count;
    struct red_block primary; /* timestamp_offset 0, never empty */
};

/* Returns 0, or -EBADMSG when a header or block is cut, there are too many, or the primary is empty. */
int red_parse(const uint8_t *payload, size_t len, struct red_view *ret_view);

/* Sets the payload type of every block, in place: peers number their codecs as they like. payload is
 * one that red_parse() took. */
void red_set_payload_type(uint8_t *payload, size_t len, uint8_t payload_type);

/* A block to write; data is borrowed. */
struct red_source {
    const uint8_t *data;
    size_t bytes;
    uint32_t timestamp_offset; /* of the primary: 0 */
};

/* The payload of a primary block behind count earlier ones, all of one payload type. Those that the
 * header cannot express (too far back, too long) are left out. Returns the length, or -ENOSPC. */
int red_write(uint8_t payload_type, const struct red_source *redundant, size_t count,
    const struct red_source *primary, uint8_t *out, size_t capacity);

#endif
