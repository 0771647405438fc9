/*
 * From the counters of streams and viewers to the figures of their lesson. Private to this folder;
 * control path, on the router's thread.
 */
#ifndef DUET_RELAY_ROUTING_FIGURES_H
#define DUET_RELAY_ROUTING_FIGURES_H

#include "relay/routing/subscriber.h"

/* Adds what has been counted so far. Called once as the member ends, with its lesson's ended counts. */
void figures_add_stream(const struct stream *stream, uint64_t counts[LESSON_COUNTS]);
void figures_add_subscriber(const struct subscriber *subscriber, uint64_t counts[LESSON_COUNTS]);

/* Fills `now` and `gauges` of every lesson of the router. */
void figures_collect(struct router *router, uint64_t now_us);

#endif
