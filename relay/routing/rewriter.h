/*
 * The numbers of one slot's outgoing RTP stream: sequence, timestamp and VP8 picture id go on without
 * a break through every change of layer or source, while holes of the source stay holes.
 *
 * Timestamps. Each source is laid on the same live line (live_line.h): a packet that arrives without
 * delay has the timestamp that the slot has reached at that moment, so receivers see no jump of
 * delay. Where a viewer starts from an older keyframe, everything up to the moment it has caught up
 * is compressed by REPLAY_SPEED, and sent at that speed (see slot.c):
 *
 *   timestamp out
 *      |                 .·´ live: source + offset
 *      |              .·´
 *      |           _-*  caught up: age / (SPEED - 1) after the start
 *      |      _-´        replayed: SPEED times flatter, so each replayed frame too has the
 *      |  _-´            timestamp of the moment at which it is sent
 *      +--------------------------------- timestamp of the source
 *
 * So the first frame has the same relation of arrival to timestamp as the live ones and nothing of
 * the keyframe's age stays behind as delay. By value in struct slot; pure.
 */
#ifndef DUET_RELAY_ROUTING_REWRITER_H
#define DUET_RELAY_ROUTING_REWRITER_H

#include "common/replay_speed.h"
#include "relay/routing/packet.h"

struct rewriter {
    bool started;    /* something was sent */
    int64_t first;   /* number of the first packet of this source; older ones are dropped */
    int64_t highest; /* outgoing, extended */
    int64_t sequence_offset;
    uint32_t timestamp_offset;
    bool compressing;       /* until well past caught_up_rtp, before 32 bits come round */
    uint32_t caught_up_rtp; /* source timestamp up to which it is compressed */
    uint32_t newest_rtp;    /* outgoing */
    uint64_t line_us;       /* the slot's own live line: at line_us it had reached line_rtp */
    uint32_t line_rtp;
    uint32_t clock_rate;
    uint32_t skew_rtp; /* how far this source had to be moved off the line to stay ahead */
    uint16_t picture_id_offset;
    uint16_t newest_picture_id;
    uint8_t tl0picidx_offset;
    uint8_t newest_tl0picidx;
    bool has_picture_id; /* one was sent */
};

/* Random start: sequence in 0–32767 (the SRTP roll-over counter survives lost first packets), any
 * timestamp. */
void rewriter_init(struct rewriter *rewriter, uint16_t sequence, uint32_t timestamp_rtp);

/* A source begins with packet at now_us; live_rtp is the source's live timestamp (live_line_at) at that
 * moment, not older than the packet's. compress lays the packet itself on the line. */
void rewriter_begin(struct rewriter *rewriter, const struct packet *packet, uint32_t live_rtp,
    uint32_t clock_rate, bool compress, uint64_t now_us);

/* Keeps the slot's line true to the source's clock; call now and then while it is live. */
void rewriter_follow(struct rewriter *rewriter, uint32_t live_rtp, uint64_t now_us);

/* Outgoing timestamp for a timestamp of the source. */
uint32_t rewriter_timestamp(const struct rewriter *rewriter, uint32_t timestamp_rtp);

/* Without compression, for sender reports. */
uint32_t rewriter_report_timestamp(const struct rewriter *rewriter, uint32_t timestamp_rtp);

struct rewritten {
    uint16_t sequence_number;
    uint32_t timestamp_rtp;
    uint16_t picture_id;
    uint8_t tl0picidx;
};

/* False for packets from before the source began here: to be dropped. */
bool rewriter_apply(
    struct rewriter *rewriter, const struct packet *packet, struct rewritten *ret_numbers);

#endif
