/*
 * One WHIP or WHEP session: a transport joined to a published stream or to a subscriber. It lives in
 * a session_table and belongs to the worker's thread.
 *
 *   publish: transport.on_rtp → stream        stream.send_rtcp → transport
 *   watch:   subscriber.send_rtp → transport  transport.on_rtcp → subscriber
 *
 * A session ends by being marked; the table sweeps it after the batch, so that closing is allowed
 * inside every callback of transport and routing.
 */
#ifndef DUET_RELAY_SESSION_H
#define DUET_RELAY_SESSION_H

#include "common/random.h"
#include "relay/negotiation.h"
#include "relay/routing/router.h"
#include "relay/session_slots.h"
#include "relay/session_table.h"
#include "relay/transport/transport.h"
#include "relay/wire/sdpfrag.h"

struct session {
    /* borrowed */
    struct session_table *table;
    /* owned */
    struct negotiation *negotiation;
    struct transport *transport;
    struct stream *stream;
    struct subscriber *subscriber;
    struct session_slots *slots; /* viewers only */
    json_t *record;
    /* state */
    struct session *next_in_bucket; /* of the table */
    enum session_kind kind;
    char id[SESSION_ID_CHARS + 1];
    char lesson[MEDIA_NAME_CHARS + 1];
    char source[MEDIA_NAME_CHARS + 1]; /* published one; "" for a viewer */
    char remote_ufrag[SDPFRAG_MAX_ICE_CHARS + 1];
    char cname[RANDOM_ID_CHARS + 1];
    size_t slot_media[NEGOTIATION_MAX_MEDIA]; /* subscriber's slot → m-line */
    size_t slot_count;
    uint64_t created_us;
    uint64_t order; /* of creation: a later publisher of a source replaces earlier ones */
    bool connected;
    bool active; /* media of the source arrives */
    bool closing;
};

/* request is valid only during the call. Returns 0, or a negative errno with ret_error. */
int session_create(struct session_table *table, const struct session_request *request,
    uint64_t now_us, struct session **ret_session, struct session_error *ret_error);
/* Everything it holds, in an order that leaves no callback behind. NULL is allowed. */
void session_destroy(struct session *session);

/* The answer SDP, to be freed. Returns 0 or a negative errno. */
int session_answer(const struct session *session, char **ret_answer);

/* ICE restart with a parsed fragment; *ret_fragment is to be freed. Returns 0 or -EINVAL/-ENOMEM with
 * ret_error. */
int session_restart(struct session *session, const char *fragment, uint64_t now_us,
    char **ret_fragment, struct session_error *ret_error);
/* Returns 0 or -EINVAL with ret_error. */
int session_trickle(
    const struct session *session, const char *fragment, struct session_error *ret_error);
/* slot is the index of an m-line. Returns 0 or -EINVAL with ret_error. */
int session_set_slot(struct session *session, size_t slot, const char *source, uint64_t now_us,
    struct session_error *ret_error);

/* Tells signaling and leaves the rest to the sweep. reason is one of the protocol document's. */
void session_close(struct session *session, const char *reason);

#endif
