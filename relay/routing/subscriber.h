/*
 * One viewer's session inside routing: its slots, the transport-wide sequence number they share, and
 * what its RTCP asks for. Private to this folder; the public face is router.h.
 */
#ifndef DUET_RELAY_ROUTING_SUBSCRIBER_H
#define DUET_RELAY_ROUTING_SUBSCRIBER_H

#include "relay/routing/lesson_figures.h"
#include "relay/routing/line.h"
#include "relay/routing/retransmission.h"
#include "relay/routing/slot.h"

struct subscriber_counters {
    uint64_t packets;
    uint64_t bytes;
    uint64_t send_failed;
    uint64_t nacked;  /* packets the viewer asked for */
    uint64_t resent;  /* of them sent again */
    uint64_t missing; /* of them not in the cache (any more) */
    uint64_t padding; /* packets sent again unasked, to probe the line */
    uint64_t keyframe_requests;
    uint64_t rtcp_malformed;
};

struct subscriber {
    /* Every packet needs these; see struct slot. */
    struct router *router; /* borrowed */
    int (*send_rtp)(void *user, const struct rtp_pieces *pieces);
    void (*prefetch)(const void *user, unsigned step);
    void *user; /* borrowed */
    bool started;
    bool times_join; /* its source was there when it came: the picture is timed */
    uint16_t transport_sequence;
    struct subscriber_counters counters;
    struct retransmission retransmission;
    struct line line;

    /* borrowed */
    void (*send_rtcp)(void *user, uint8_t *packet, size_t len);
    void (*on_event)(void *user, enum subscriber_event event, size_t slot);

    /* owned */
    char *lesson;
    char *cname;
    struct lesson_figures *figures;
    struct slot *slots;
    size_t slot_count; /* those that have been initialised */

    /* state */
    struct list_node router_node;
    struct list_node tick_node;
    uint64_t rest_ends_us; /* before that there is nothing for a tick to do; 0 while awake */
    uint64_t created_us;
    bool *destroyed; /* set by destroy when an event callback is running */
    uint64_t next_choice_us;
    uint32_t remb_bps; /* last estimate of the viewer, for statistics */
};

/* Replays, layer choice, reports, events; then it rests, unless there is more to do. May run callbacks that
 * destroy the subscriber, so it is the last thing done with it. */
void subscriber_tick(struct subscriber *subscriber, uint64_t now_us);

/* Something happened that the next tick must not let wait. */
void subscriber_wake(struct subscriber *subscriber);

/* Shares the line among the slots, then each follows its layer. */
void subscriber_choose(struct subscriber *subscriber, uint64_t now_us);

/* Padding that a probe of the line needs now. */
void subscriber_pad(struct subscriber *subscriber, uint64_t now_us);

/* The first packet of a slot's source goes out now. */
void subscriber_time_join(struct subscriber *subscriber, const struct slot *slot, uint64_t now_us);

#endif
