/*
 * Every session of one worker, found by id; the requests of signaling arrive here. Worker's thread.
 * Owns the sessions; borrows the mux, the router and the candidates, which must outlive it.
 */
#ifndef DUET_RELAY_SESSION_TABLE_H
#define DUET_RELAY_SESSION_TABLE_H

#include "relay/candidates.h"
#include "relay/routing/router.h"
#include "relay/session_request.h"
#include "relay/transport/transport.h"

struct session_table;
struct session;

struct session_table_params {
    struct transport_mux *mux;                 /* borrowed */
    struct router *router;                     /* borrowed */
    const struct transport_identity *identity; /* borrowed */
    const struct candidate_list *candidates;   /* borrowed */
    size_t max_sessions;
    /* One event of the protocol; takes the reference. */
    void (*on_event)(void *user, json_t *event);
    void *user;
};

struct session_counters {
    uint64_t rtp_in_packets;
    uint64_t rtp_in_bytes;
    uint64_t rtp_out_packets;
    uint64_t rtp_out_bytes;
    uint64_t created;
    uint64_t refused;
};

/* Returns 0 or -ENOMEM. */
int session_table_create(
    const struct session_table_params *params, struct session_table **ret_table);
/* Closes every session with close_notify; NULL is allowed. */
void session_table_destroy(struct session_table *table);

/* The requests of the protocol's section 2. They return 0, with the members of the reply as a new
 * reference (NULL for none), or a negative errno with ret_error. */
int session_table_open(struct session_table *table, const struct session_request *request,
    uint64_t now_us, json_t **ret_members, struct session_error *ret_error);
int session_table_trickle(struct session_table *table, const char *id, const char *fragment,
    struct session_error *ret_error);
int session_table_restart(struct session_table *table, const char *id, const char *fragment,
    json_t *record, uint64_t now_us, json_t **ret_members, struct session_error *ret_error);
void session_table_close(struct session_table *table, const char *id);
int session_table_set_slot(struct session_table *table, const char *id, size_t slot,
    const char *source, uint64_t now_us, struct session_error *ret_error);

/* Records of all sessions for `register`, each with `session` and `state`; new reference or NULL. */
json_t *session_table_records(const struct session_table *table);
/* Says again which sources are active, after signaling came back. */
void session_table_announce(const struct session_table *table);

/* Destroys what was closed. After every batch and request. */
void session_table_sweep(struct session_table *table);

size_t session_table_count(const struct session_table *table);
/* Every session that is not closing, in no order. */
void session_table_each(const struct session_table *table,
    void (*visit)(void *user, const struct session *session), void *user);
const struct session_counters *session_table_counters(const struct session_table *table);

/* ---- for session.c ---- */

const struct session_table_params *session_table_context(const struct session_table *table);
struct session_counters *session_table_count_media(struct session_table *table);
void session_table_emit(const struct session_table *table, json_t *event);
uint64_t session_table_next_order(struct session_table *table);
/* A session was marked as closing. */
void session_table_mark(struct session_table *table);
/* Oldest live publisher of that source other than `except`; NULL when there is none. */
struct session *session_table_find_publisher(const struct session_table *table, const char *lesson,
    const char *source, const struct session *except);

#endif
