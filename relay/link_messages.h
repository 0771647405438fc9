/*
 * Messages of the relay link (docs/protocol-relay-link.md) as values: parsing what signaling sends
 * and building what the relay sends. Pure; any thread. Strings of a parsed message are borrowed from
 * its JSON document, which the message owns.
 */
#ifndef DUET_RELAY_LINK_MESSAGES_H
#define DUET_RELAY_LINK_MESSAGES_H

#include "common/json.h"
#include "relay/session_request.h"

#define LINK_MESSAGE_BYTES  (512 * 1024)
#define LINK_NONCE_CHARS    32 /* hex */
#define LINK_MAC_CHARS      64 /* hex HMAC-SHA256 */
#define LINK_FRAGMENT_BYTES (16 * 1024)
#define LINK_REASON_BYTES   200

enum link_message_type {
    LINK_HELLO,
    LINK_WELCOME,
    LINK_REFUSED,
    LINK_SESSION_CREATE,
    LINK_SESSION_TRICKLE,
    LINK_SESSION_RESTART,
    LINK_SESSION_CLOSE,
    LINK_SLOTS_SET,
    LINK_STATS_GET,
};

struct link_message {
    enum link_message_type type;
    int64_t id; /* requests only */
    /* borrowed from document; which ones are set depends on type */
    const char *nonce;
    const char *mac;
    const char *reason;
    const char *session;
    const char *fragment;
    const char *source;
    const char *detail; /* stats.get: the lesson whose sessions are wanted, or NULL */
    json_t *record;
    size_t slot;
    struct session_request create;
    /* owned */
    json_t *document;
};

/* What to answer when a message cannot be taken. */
struct link_refusal {
    bool has_id; /* a request: answer with bad_request */
    int64_t id;
    char text[200];
};

/* Returns 0, or -EBADMSG with ret_refusal. A message with 0 must be finished. */
int link_message_parse(const char *text, size_t len, struct link_message *ret_message,
    struct link_refusal *ret_refusal);
void link_message_finish(struct link_message *message);

/* The proof of section 1: who is "relay" or "signaling". first and second are the nonces in the order
 * the protocol gives for that side. Returns 0 or -EIO. */
int link_mac(const char *key, const char *who, const char *relay_id, const char *first,
    const char *second, char ret_mac[static LINK_MAC_CHARS + 1]);
bool link_mac_equal(const char *a, const char *b);

/* Builders return a new reference or NULL without memory. sessions, reply members and stats are
 * stolen, also on failure. */
json_t *link_register(const char *relay_id, const char *nonce, const char *mac,
    size_t capacity_sessions, json_t *sessions);
json_t *link_reply(int64_t id, json_t *members);
json_t *link_reply_error(int64_t id, const struct session_error *error);
json_t *link_session_state(const char *session, bool connected, const char *reason);
json_t *link_source_state(const char *lesson, const char *source, bool active);
json_t *link_slot_state(const char *session, size_t slot, const char *state);
json_t *link_load(size_t sessions, double cpu, double rtp_out_pps);

#endif
