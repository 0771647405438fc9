/*
 * How long holes in a stream stay open until a retransmission fills them: what a picture is late by when a
 * packet of it is lost. rtpjitterbuffer's own figure counts from its last request, of which several may be
 * under way.
 *
 * Fed with the number of every packet in front of the jitter buffer. By value, nothing is allocated; one
 * thread at a time; time is a parameter.
 */
#ifndef DUET_MEDIA_HOLE_METER_H
#define DUET_MEDIA_HOLE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLE_METER_HOLES 128 /* power of two; more at once are not told apart */

struct hole_meter {
    bool started;
    uint16_t newest;
    struct {
        bool open;
        uint16_t sequence_number;
        uint64_t since_us;
    } holes[HOLE_METER_HOLES]; /* by sequence number */
    uint64_t longest_us;
    uint64_t usual_us; /* smoothed; 0 = none was filled */
};

/* Zero-initialise the meter. Numbers may come in any order, and twice. */
void hole_meter_packet(struct hole_meter *meter, uint16_t sequence_number, uint64_t now_us);

/* What it usually takes, 0 when none was ever filled. */
uint32_t hole_meter_usual_ms(const struct hole_meter *meter);

/* The longest of those filled since the last call, 0 when none was. One that took more than two attempts counts
 * as two: waiting for the rarest costs delay all the time. */
uint32_t hole_meter_take_longest_ms(struct hole_meter *meter);

#endif
