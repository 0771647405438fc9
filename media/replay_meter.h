/*
 * Finds, in a stream of pictures, those that the relay sent out of its past, from a keyframe on, when the viewer began
 * or came back (common/replay_speed.h), and says where their own moments are.
 *
 *   timestamps   |                    ||||||||||||   |   |   |
 *                a hole               a replay       live again
 *   moments      |           |   |   |   |   |   |   |   |   |
 *
 * Told by how close together they follow a keyframe: no camera makes 125 pictures a second. What came slower than 11 a second is not
 * told from a live stream, and stays where it is. Pure; one thread.
 */
#ifndef DUET_MEDIA_REPLAY_METER_H
#define DUET_MEDIA_REPLAY_METER_H

#include <stdbool.h>
#include <stdint.h>

struct replay_meter {
    bool started;
    uint32_t newest_rtp; /* of the newest picture */
    bool newest_is_key;
    unsigned dense;     /* gaps of a replay in a row, 0: there is none */
    unsigned wide;      /* wider gaps behind them */
    uint32_t first_rtp; /* of the replay */
    uint32_t last_rtp;  /* of its newest picture for certain */
};

struct replay_span {
    uint32_t first_rtp;
    uint32_t last_rtp; /* this one is at its own moment */
};

/* Each packet in order; clock_rate is the timestamps' in Hz, is_key says that it belongs to a keyframe. True when a replay
 * was seen to be over: *ret_span. */
bool replay_meter_packet(struct replay_meter *meter, uint32_t timestamp_rtp, bool is_key,
    uint32_t clock_rate, struct replay_span *ret_span);

/* How much earlier than by its timestamp a picture was taken; 0 for one that is not of the replay. */
uint64_t replay_span_earlier_us(
    const struct replay_span *span, uint32_t timestamp_rtp, uint32_t clock_rate);

#endif
