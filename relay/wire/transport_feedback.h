/*
 * Transport-wide congestion control feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01, RTPFB format 15).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |V=2|P| fmt=15  |    PT=205     |           length              |
 *   |                     SSRC of packet sender                     |
 *   |                      SSRC of media source                     |
 *   |      base sequence number     |      packet status count      |
 *   |    reference time (64 ms, signed 24 bits)     | fb pkt. count |
 *   |   status chunks of 16 bits …  |  deltas of 8 or 16 bits …     |
 *
 *   chunk  0 ss nnnnnnnnnnnnn     n packets with status s
 *          1 0  bbbbbbbbbbbbbb    14 packets, received with small delta or not
 *          1 1  ssssssssssssss    7 packets, two bits each
 *   s      0 not received, 1 small delta (0–63.75 ms), 2 large or negative delta (±8.2 s)
 *
 * Parsing serves the sending side (what arrived at the viewer), the builder the receiving side.
 * Views borrow the input. Nothing is allocated. Pure; any thread.
 */
#ifndef DUET_RELAY_WIRE_TRANSPORT_FEEDBACK_H
#define DUET_RELAY_WIRE_TRANSPORT_FEEDBACK_H

#include "relay/wire/rtcp.h"

/* A short packet can describe 65,535 losses; more than this is not believed. */
#define TRANSPORT_FEEDBACK_MAX_STATUSES 8192

#define TRANSPORT_FEEDBACK_DELTA_US     250
#define TRANSPORT_FEEDBACK_REFERENCE_US 64000

struct transport_feedback {
    uint32_t sender_ssrc;
    uint32_t media_ssrc;
    uint16_t base_sequence;
    uint16_t status_count;  /* ≥ 1 */
    int32_t reference_time; /* units of 64 ms */
    uint8_t feedback_count; /* counts packets, to see lost feedback */
    const uint8_t *chunks;  /* borrowed, checked */
    const uint8_t *deltas;  /* borrowed, checked */
    const uint8_t *end;
};

/* Checks every chunk and delta, so that iterating cannot fail. Returns 0 or -EBADMSG. */
int transport_feedback_parse(
    const struct rtcp_feedback *feedback, struct transport_feedback *ret_feedback);

struct transport_feedback_status {
    uint16_t sequence;
    bool received;
    int64_t arrival_us; /* when received: on the peer's clock, reference time + deltas */
};

struct transport_feedback_iterator {
    const uint8_t *chunk;
    const uint8_t *delta;
    uint16_t sequence;
    uint16_t left;       /* statuses to come */
    uint16_t chunk_used; /* statuses taken from chunk */
    int64_t arrival_us;
};

void transport_feedback_iterator_init(
    struct transport_feedback_iterator *iterator, const struct transport_feedback *feedback);
/* status_count times true, in order of sequence. */
bool transport_feedback_iterator_next(
    struct transport_feedback_iterator *iterator, struct transport_feedback_status *ret_status);

/*
 * Gathers arrivals in order of sequence and writes one packet of at most
 * TRANSPORT_FEEDBACK_BUILDER_BYTES. Packets between base and the last one that were not added are
 * reported as lost.
 */
#define TRANSPORT_FEEDBACK_BUILDER_BYTES    1200
#define TRANSPORT_FEEDBACK_BUILDER_STATUSES 500

struct transport_feedback_builder {
    uint16_t base_sequence;
    uint16_t count;         /* statuses so far */
    uint32_t received;      /* of them */
    int32_t reference_time; /* valid when received > 0 */
    int64_t last_us;        /* arrival of the last one added, rounded as sent */
    uint8_t symbols[TRANSPORT_FEEDBACK_BUILDER_STATUSES];
    int16_t deltas[TRANSPORT_FEEDBACK_BUILDER_STATUSES];
};

/* base: the first sequence number this feedback speaks of, usually the one after the last of the
 * feedback before. */
void transport_feedback_builder_init(
    struct transport_feedback_builder *builder, uint16_t base_sequence);

/*
 * False and unchanged when the packet does not fit: it is not newer than the last one, the gap is too
 * wide for one feedback or the time since the last one is out of range. Then write what is there and
 * start again: at the last sequence written + 1, or, when nothing was added to an empty builder, at
 * this sequence itself.
 */
bool transport_feedback_builder_add(
    struct transport_feedback_builder *builder, uint16_t sequence, uint64_t arrival_us);

/* Sequence after the last one reported: base of the next feedback. */
uint16_t transport_feedback_builder_next(const struct transport_feedback_builder *builder);

/* Appends the packet, or nothing and the writer has failed. received must be > 0. media_ssrc: an SSRC
 * that the peer really sends; with 0 some senders collapse. */
void transport_feedback_builder_write(const struct transport_feedback_builder *builder,
    struct byte_writer *writer, uint32_t sender_ssrc, uint32_t media_ssrc, uint8_t feedback_count);

#endif
