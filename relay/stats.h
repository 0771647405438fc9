/*
 * Figures of a worker: the answer to `stats.get` and the `load` event of the relay link. Worker's
 * thread.
 */
#ifndef DUET_RELAY_STATS_H
#define DUET_RELAY_STATS_H

#include "relay/session_table.h"
#include "relay/tcp_connections.h"
#include "relay/udp_receiver.h"
#include "relay/udp_sender.h"

#define STATS_LOAD_PERIOD_US UINT64_C(5000000)

/* Everything the figures are taken from; borrowed. */
struct stats_sources {
    const struct session_table *sessions;
    const struct router *router;
    const struct transport_mux *mux;
    const struct udp_receiver *receiver;
    const struct udp_sender *sender;
    const struct tcp_connections *tcp;
};

/* State of one thread's processor use and packet rate between two load events. */
struct stats_load {
    uint64_t last_us;
    uint64_t last_cpu_us;
    uint64_t last_rtp_out;
};

/* New reference or NULL. */
json_t *stats_collect(const struct stats_sources *sources, uint64_t now_us);

/* A `load` event when the period is over, else NULL; new reference. */
json_t *stats_load_event(
    struct stats_load *load, const struct session_table *sessions, uint64_t now_us);

#endif
