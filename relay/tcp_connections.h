/*
 * The worker's TCP side: accepts, caps, reads and ends media connections (ICE-TCP passive, RFC 6544).
 * A connection is trusted once the mux answers on it, which it does only to authenticated checks;
 * others are closed after 10 s, or sooner when room is needed. Worker's thread; shares its epoll.
 */
#ifndef DUET_RELAY_TCP_CONNECTIONS_H
#define DUET_RELAY_TCP_CONNECTIONS_H

#include "relay/transport/transport.h"

struct tcp_connections;

struct tcp_connections_params {
    int listener; /* borrowed; -1 for none */
    int epoll;    /* borrowed */
    size_t max_connections;
    /* epoll's data.u64 of the listener, and what is or-ed to the id of a connection. */
    uint64_t listener_tag;
    uint64_t connection_tag;
    void (*on_message)(void *user, const struct transport_path *path, uint8_t *data, size_t len);
    void (*on_closed)(void *user, uint32_t connection);
    void *user;
};

struct tcp_connections_counters {
    uint64_t accepted;
    uint64_t refused;   /* over the cap */
    uint64_t untrusted; /* closed without an authenticated check */
    uint64_t broken_frames;
    uint64_t backlog_drops;
};

/* Returns 0 or a negative errno. */
int tcp_connections_create(
    const struct tcp_connections_params *params, struct tcp_connections **ret_connections);
void tcp_connections_destroy(struct tcp_connections *connections);

void tcp_connections_accept(struct tcp_connections *connections, uint64_t now_us);
/* events are epoll's. */
void tcp_connections_event(struct tcp_connections *connections, uint32_t id, uint32_t events);
/* Returns 0 or a negative errno; -ENOTCONN when that connection is gone. */
int tcp_connections_send(
    struct tcp_connections *connections, uint32_t id, const uint8_t *data, size_t len);
/* Closes at the next tick, after what is waiting has been tried once. */
void tcp_connections_close(struct tcp_connections *connections, uint32_t id);
void tcp_connections_tick(struct tcp_connections *connections, uint64_t now_us);

size_t tcp_connections_count(const struct tcp_connections *connections);
const struct tcp_connections_counters *tcp_connections_counters(
    const struct tcp_connections *connections);

#endif
