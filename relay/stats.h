/*
 * Figures of a worker: its part of the answer to `stats.get`, and the `load` event of the relay link.
 * Worker's thread, but for stats_of_relay().
 *
 * An answer has one entry per worker and lesson, so that it stays far below the link's limit with any
 * number of viewers; single sessions are listed for one lesson, the worst viewers first, when asked.
 */
#ifndef DUET_RELAY_STATS_H
#define DUET_RELAY_STATS_H

#include "common/histogram.h"
#include "relay/session_table.h"
#include "relay/tcp_connections.h"
#include "relay/udp_receiver.h"
#include "relay/udp_sender.h"

#define STATS_LOAD_PERIOD_US UINT64_C(5000000)
#define STATS_MAX_LESSONS    250 /* in one answer, over all workers */
#define STATS_MAX_SESSIONS   60  /* the same; a wall has 24 slots */

/* Everything the figures are taken from; borrowed. */
struct stats_sources {
    const struct session_table *sessions;
    struct router *router;
    const struct transport_mux *mux;
    const struct udp_receiver *receiver;
    const struct udp_sender *sender;
    const struct tcp_connections *tcp;
    const struct histogram *loop;
    size_t index; /* of the worker */
};

/* What is asked for. */
struct stats_query {
    const char *lesson; /* NULL = no single sessions, else those of this lesson */
    size_t workers;     /* that share the limits of the answer */
};

/* How long turns of a worker's loop take, without the waiting. */
void stats_loop_init(struct histogram *loop);

/* State of one thread's processor use and packet rate between two load events. */
struct stats_load {
    uint64_t last_us;
    uint64_t last_cpu_us;
    uint64_t last_rtp_out;
};

/* New reference or NULL. */
json_t *stats_collect(
    const struct stats_sources *sources, const struct stats_query *query, uint64_t now_us);

/* The `stats` of an answer: all workers' (stolen), and what the process says of itself. Any thread.
 * New reference or NULL. */
json_t *stats_of_relay(json_t *workers);

/* A `load` event when the period is over, else NULL; new reference. */
json_t *stats_load_event(
    struct stats_load *load, const struct session_table *sessions, uint64_t now_us);

#endif
