/*
 * Both ends of a mirrored stream (exchange.h): what the origin tells and gives its peers, and the stream
 * that a peer keeps of it. Private to this folder, on the router's thread.
 */
#ifndef DUET_RELAY_ROUTING_MIRROR_H
#define DUET_RELAY_ROUTING_MIRROR_H

#include "relay/routing/stream.h"

/* ---- at the origin ---- */

/* Tells every peer of the stream, and of its end. */
void mirror_announce(struct stream *stream);
void mirror_end(struct stream *stream);

/* One received packet, for the peers that have viewers. */
void mirror_hand_over(const struct layer *layer, struct packet *packet, bool retransmitted);

/* A sender report moved the layer's mapping. */
void mirror_report(const struct layer *layer);

/* The layer was suspended, or is not any more. */
void mirror_tell_rest(const struct layer *layer);

/* ---- at the peer ---- */

/* A slot wants the mirror's packets. */
void mirror_want(struct stream *stream);

/* Another stream takes its place: its origin may go on without us. */
void mirror_leave(struct stream *stream);

/* Somebody needs a keyframe of the layer: the origin asks the publisher. */
void mirror_want_keyframe(struct layer *layer, uint64_t now_us);

/* What its viewers want and lose, now. */
void mirror_tell_demand(struct stream *stream, uint64_t now_us);

/* Says when nobody has wanted the packets for a while, and what viewers want of the layers. */
void mirror_tick(struct stream *stream, uint64_t now_us);

#endif
