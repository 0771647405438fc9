/*
 * What mux.c and transport.c share: the registry of sessions and the session itself. Nobody else
 * includes this. Worker's thread.
 */
#ifndef DUET_RELAY_TRANSPORT_SESSION_H
#define DUET_RELAY_TRANSPORT_SESSION_H

#include "relay/transport/dtls.h"
#include "relay/transport/dtls_queue.h"
#include "relay/transport/dtls_record.h"
#include "relay/transport/ice.h"
#include "relay/transport/srtcp_receiver.h"
#include "relay/transport/srtcp_sender.h"
#include "relay/transport/srtp.h"
#include "relay/transport/srtp_sender.h"

#include <sys/queue.h>

LIST_HEAD(transport_list, transport);

struct transport_mux {
    struct transport_mux_params params; /* identity and user borrowed; defaults filled in */

    struct dtls_context *dtls;  /* owned */
    struct dtls_queue waiting;  /* owned: handshake datagrams */
    struct registry by_ufrag;   /* owned; entries in transport.ufrag_entries */
    struct registry by_path;    /* owned; entries in ice_path */
    struct transport_list live; /* owned: all, until swept */
    struct transport *dead;     /* destroyed ones, to be swept */

    struct transport_list shaking; /* those with a handshake in progress */
    size_t half_open;              /* their number */
    uint32_t forgotten_connection; /* the shell knows already that this one is unused */
    uint64_t hash_seed;
    uint64_t next_scan_us;
    uint64_t next_flight_us;
    uint64_t drops[TRANSPORT_DROP_COUNT];
};

struct transport {
    /* Every packet needs these, and of hundreds of sessions none is in the near caches: they stand side by
     * side. */
    struct transport_mux *mux;  /* borrowed */
    struct srtp_sender *sender; /* owned; NULL before the keys */
    enum transport_state state;
    unsigned failed_handshakes;
    struct ice_agent ice;

    struct transport_params params; /* callbacks and user borrowed; strings not kept here */

    struct dtls_session *dtls;      /* owned; NULL before a hello and after a failed handshake */
    struct srtp_session *srtp;      /* owned; NULL before the keys */
    struct srtcp_sender *reporter;  /* owned; the same */
    struct srtcp_receiver *reports; /* owned; the same */

    LIST_ENTRY(transport) live_link;
    LIST_ENTRY(transport) shaking_link;
    struct transport *next_dead;
    struct registry_entry ufrag_entries[2]; /* credentials, and newer ones in a restart */
    uint8_t fingerprint[FINGERPRINT_BYTES];
    bool shaking;
    bool destroyed;
    uint64_t alive_us;   /* last authenticated packet, or later to leave a restart its time */
    uint64_t checked_us; /* first authenticated check */
};

void transport_mux_count(struct transport_mux *mux, enum transport_drop reason, uint64_t count);

/* False when the path belongs to another session that is heard from: it takes a forged sender address
 * to ask for that. The path of one that is silent for ICE_STANDBY_SILENCE_US is taken from it. */
bool transport_mux_claim_path(struct transport_mux *mux, const struct transport *transport,
    const struct transport_path *path, uint64_t now_us);

/* A binding request with this session's user name. path may be another session's. */
void transport_handle_check(struct transport *transport, const struct stun_view *request,
    const struct transport_path *path, uint64_t now_us);

/* Datagrams from one of this session's paths. */
void transport_handle_dtls(struct transport *transport, uint8_t *data, size_t len, uint64_t now_us);
void transport_handle_media(struct transport *transport, struct ice_path *path, bool is_rtcp,
    uint8_t *data, size_t len, uint64_t now_us);

/* Repeats a lost flight. */
void transport_handle_dtls_timer(struct transport *transport);
/* Ends what is silent or takes too long. */
void transport_handle_timeouts(struct transport *transport, uint64_t now_us);

/* Frees a destroyed session. */
void transport_free(struct transport *transport);

#endif
