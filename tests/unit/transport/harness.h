/*
 * A mux and clients on an in-memory network with virtual time: datagrams are queued, delayed, lost
 * and mixed up as a test wants, by a seeded generator. Over TCP paths messages go framed, in pieces of
 * any size. One endpoint is one session: a transport and the client that speaks with it.
 */
#ifndef DUET_TESTS_UNIT_TRANSPORT_HARNESS_H
#define DUET_TESTS_UNIT_TRANSPORT_HARNESS_H

#include "relay/transport/address.h"
#include "relay/transport/tcp_framing.h"
#include "relay/transport/transport.h"
#include "tests/support/peer_client.h"

#define HARNESS_MAX_STATES 16

struct harness;

struct endpoint {
    struct harness *harness;     /* borrowed */
    struct transport *transport; /* owned; NULL once destroyed */
    struct peer_client *client;  /* owned */

    struct transport_path path; /* where the client's datagrams come from now */
    struct tcp_deframer to_relay, to_client;
    enum transport_state states[HARNESS_MAX_STATES];
    size_t state_count;
    enum transport_close_reason reason;
    size_t rtp_count, rtcp_count;
    uint8_t last_rtp[TRANSPORT_DATAGRAM_BYTES];
    size_t last_rtp_len;
    size_t received; /* datagrams of the relay that reached the client */
    bool destroy_in_rtp;
    enum transport_state destroy_in_state; /* TRANSPORT_NEW = never */
    bool keep_last;                        /* remember what the client sent last */
    uint8_t last_sent[TRANSPORT_DATAGRAM_BYTES];
    size_t last_sent_len;
};

struct harness {
    struct transport_identity *identity; /* owned */
    struct transport_mux *mux;           /* owned */
    struct peer_context *context;        /* owned */
    struct endpoint **endpoints;         /* owned */
    size_t endpoint_count;
    struct packet *first; /* owned */

    uint64_t now_us;
    uint64_t random;
    unsigned loss_percent;
    unsigned reorder_percent; /* delayed by up to 20 ms */
    bool real_time;           /* DTLS timers need it */
    bool no_nomination;       /* clients added from now on check without USE-CANDIDATE */
    int send_error;           /* what the socket answers, when negative */
    size_t strays;            /* datagrams of the relay to addresses that nobody has */
    uint32_t unused_connection;
    uint8_t outgoing[2048]; /* what the relay writes its media to */
};

void harness_init(struct harness *harness, const struct peer_context_params *context,
    const struct transport_mux_params *mux);
void harness_finish(struct harness *harness);

/* With the right fingerprint and credentials on both sides. */
struct endpoint *harness_add(struct harness *harness);
/* fingerprint: what the relay expects of the client. */
struct endpoint *harness_add_expecting(struct harness *harness, const char *fingerprint);

/* Lets time pass in steps of a millisecond, clients and mux tick. */
void harness_run(struct harness *harness, unsigned ms);
/* Until the state is reached or ms have passed; true when it was. */
bool harness_run_until(
    struct harness *harness, struct endpoint *endpoint, enum transport_state state, unsigned ms);
/* Jumps: only the mux ticks. */
void harness_skip(struct harness *harness, uint64_t us);

/* Adds an endpoint and connects it, or fails the test. */
struct endpoint *harness_connect(struct harness *harness);

/* A datagram to the mux, at once, from any path. data is copied. */
void harness_inject(
    struct harness *harness, const struct transport_path *path, const void *data, size_t len);

/* One valid check of the endpoint's client from a path, whose answer nobody waits for. */
void harness_check_from(struct harness *harness, struct endpoint *endpoint,
    const struct transport_path *path, bool use_candidate);

/* 192.0.2.1 with that port. */
struct transport_path harness_path(uint16_t port);
/* 2001:db8::1 with that port. */
struct transport_path harness_path_v6(uint16_t port);

/* A packet with a 20-byte payload; packet has room for the trailer. Returns its length. */
size_t harness_rtp(uint8_t *packet, uint32_t ssrc, uint16_t sequence_number);
/* The relay sends such a packet to the endpoint; the result is transport_send_rtp()'s. */
int harness_send_rtp(struct endpoint *endpoint, const uint8_t *packet, size_t len);
size_t harness_rtcp(uint8_t *packet, uint32_t ssrc);

/* Datagrams that the mux dropped for that reason. */
uint64_t harness_drops(const struct harness *harness, enum transport_drop reason);
/* Connected, and a packet each way arrives. */
void harness_assert_media_flows(struct harness *harness, struct endpoint *endpoint);

uint32_t harness_random(struct harness *harness, uint32_t bound);

#endif
