/*
 * What a visit to a slot reads of its viewer lies in some forty cache lines that hundreds of other viewers
 * have pushed out since the last time, most of them behind pointers in others of them: waiting for one after
 * the other took a third of the relay's time. While one slot is visited, those that come next are fetched, the
 * nearer the deeper:
 *
 *   LOOK_AHEAD_STEPS ahead: the slot · one nearer: its subscriber · then what the shell's send_rtp reads, in
 *   SUBSCRIBER_PREFETCH_STEPS steps (transport_prefetch())
 *
 * Changes nothing but the time it takes. Used by fan_out.c; worker's thread.
 */
#ifndef DUET_RELAY_ROUTING_LOOK_AHEAD_H
#define DUET_RELAY_ROUTING_LOOK_AHEAD_H

#include "relay/routing/list.h"

/* next: the node (struct slot.track_node) that is visited after the one at hand; head: of its list. */
void look_ahead(const struct list_node *next, const struct list_node *head);

#endif
