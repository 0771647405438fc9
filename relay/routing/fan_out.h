/*
 * When viewers are served: packets that arrive only mark their track, and at the end of the loop's turn
 * the marked tracks are walked, slot by slot, each taking what is new since its last visit. So one viewer's
 * packets of a frame follow each other (and leave as one message), and a walk over hundreds of viewers can
 * stop after a budget, let audio in between, and go on where it was.
 *
 *   stream_receive_rtp → layer caches, fan_out_mark()      router_fan_out() → slot_visit() → send_rtp
 *
 * Audio goes before video; of tracks of one kind each gets its walk in turn; who is first in a walk rotates.
 * By value in struct router, on its thread.
 */
#ifndef DUET_RELAY_ROUTING_FAN_OUT_H
#define DUET_RELAY_ROUTING_FAN_OUT_H

#include "relay/routing/list.h"

#include <stdint.h>

/* Of a keyframe a viewer gets so many packets at a visit, then it is the next one's turn. */
#define FAN_OUT_CHUNK_PACKETS 12

struct slot;
struct track;

struct fan_out {
    struct list_node audio; /* struct track.walk.marked_node */
    struct list_node video;
    bool stopped; /* the shell has no room: this round is over */
};

/* Of one track, by value in it. */
struct fan_out_walk {
    struct list_node marked_node;
    struct list_node *next; /* slot to be visited next; NULL when no walk is in progress */
    bool again;             /* more came, or was left, since the walk began */
};

void fan_out_init(struct fan_out *fan_out);
void fan_out_walk_init(struct fan_out_walk *walk);

/* The track has something new for its slots. */
void fan_out_mark(struct fan_out *fan_out, struct track *track);

/* Of a track that ends. */
void fan_out_forget_track(struct track *track);

/* Before the slot leaves its track: a walk that stands at it steps on. */
void fan_out_forget_slot(struct track *track, const struct slot *slot);

/* The shell could not take a packet: the walk in progress ends and goes on in the next round. */
void fan_out_stop(struct fan_out *fan_out);

#endif
