/*
 * The line to one viewer: what it carries (bandwidth_estimator.h), how fast packets may leave (pacer.h) and
 * which layers fit (layer_choice.h), as a subscriber uses them together.
 *
 *   every packet sent   line_sent()          feedback   line_take_feedback(), line_take_remb(), …
 *   before media        line_allows()        ticks      line_tick(), line_choose()
 *
 * A line is judged once the viewer has said enough about it. Until then, and for good with a viewer that
 * says nothing, packets leave at once; one that could say something begins with small layers for a moment.
 * By value in struct subscriber, one allocation at the start; on the router's thread.
 */
#ifndef DUET_RELAY_ROUTING_LINE_H
#define DUET_RELAY_ROUTING_LINE_H

#include "common/clock.h"
#include "relay/routing/bandwidth_estimator.h"
#include "relay/routing/layer_choice.h"
#include "relay/routing/pacer.h"

/* So long what a viewer missed may take, to be a repair and no queue. */
#define LINE_REPLAY_MAX_US (400 * US_PER_MS)

struct line {
    struct pacer pacer;
    bool judged;
    bool transport_cc; /* the viewer promised feedback on every packet */
    bool replaying;    /* what is sent is not live, and has no rate of its own */
    struct bandwidth_estimator estimator;
    struct layer_choice choice;
    uint64_t media_bps; /* that the viewer could use, before anything is sent again */
    uint64_t started_us;
};

/* Returns 0 or -ENOMEM; finish it only after 0. */
int line_init(struct line *line, bool transport_cc, uint64_t now_us);
/* A line of zeros may be finished too. */
void line_finish(struct line *line);

/* The viewer is connected: from now on packets go out. */
void line_start(struct line *line, uint64_t now_us);

/* Bytes of the RTP packet without what SRTP and UDP add. */
void line_sent(struct line *line, uint16_t transport_sequence, size_t bytes, uint64_t now_us);
void line_resent(struct line *line, uint16_t transport_sequence, size_t bytes, uint64_t now_us);

/* Media may leave now; audio need not ask. */
bool line_allows(struct line *line, uint64_t now_us);
bool line_allows_resend(struct line *line, uint64_t now_us);

/* A slot began with packets of the past, or none has any more to send: these leave hardly faster than the line
 * is known to carry, or shows to carry at the moment, while live ones may come in bursts. */
void line_set_replaying(struct line *line, bool replaying, uint64_t now_us);
/* Whether so many bytes of the past, beside media_bps that is live, are through within LINE_REPLAY_MAX_US. */
bool line_carries_replay(const struct line *line, size_t bytes, uint64_t media_bps);
/* In so many copies goes out again what the viewer lost, as far as its loss is known: at the start two over a
 * long way. */
unsigned line_copies(const struct line *line, uint64_t rtt_us);
/* By feedback, with the time that the viewer held it back; 0 = not known. */
uint64_t line_rtt_us(const struct line *line);

/* What the viewer says. line_take_feedback() returns whether the estimate fell. */
bool line_take_feedback(
    struct line *line, const struct transport_feedback *feedback, uint64_t now_us);
void line_take_remb(struct line *line, uint64_t bps, uint64_t now_us);
void line_take_report(struct line *line, uint8_t fraction_lost, uint64_t now_us);

void line_tick(struct line *line, uint64_t now_us);
/* Nothing is under way that a tick every 10 ms is for: a probe, a queue to be emptied, an outage. */
bool line_is_calm(const struct line *line, uint64_t now_us);
/* Bytes of padding that are due, in packets of about *ret_packet_bytes. */
size_t line_padding(const struct line *line, uint64_t now_us, size_t *ret_packet_bytes);

/* slots[i].chosen for demands[i] (layer_choice.h). False when the line does not limit anything: every slot
 * may have its best layer. */
bool line_choose(struct line *line, struct slot_demand *demands, struct layer_slot *slots,
    size_t count, uint64_t audio_bps, uint64_t backlog_us, uint64_t now_us);

/* 0 while the line is not judged. */
uint64_t line_estimate_bps(const struct line *line);

#endif
