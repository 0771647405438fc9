/*
 * The ICE-lite side of one peer (RFC 8445 sections 2.5, 7.3, 8.1.1, 9): credentials, the paths that
 * authenticated checks came over, and which of them is sent to.
 *
 *   mux: parse, find by user name → ice_agent_verify → ice_agent_accept → reply to the path
 *
 * Nothing here believes a packet that was not authenticated. A path is chosen by nomination, at once;
 * before there is one the first valid path serves, so that DTLS need not wait. A path also moves when
 * the chosen one has fallen silent, for clients behind a NAT that got another mapping. Paths are kept
 * in the agent; on_path tells the owner to index them. Worker's thread; reads no clock.
 */
#ifndef DUET_RELAY_TRANSPORT_ICE_H
#define DUET_RELAY_TRANSPORT_ICE_H

#include "relay/transport/registry.h"
#include "relay/transport/transport.h"
#include "relay/wire/stun.h"

/* A browser with several interfaces, IPv4 and IPv6, UDP and TCP comes over about six. */
#define ICE_MAX_PATHS 8

/* RFC 8839 section 5.4 */
#define ICE_REMOTE_UFRAG_CHARS 256

/* Silence of the chosen path after which a check from a new address is believed to be the same client
 * behind a new NAT mapping. */
#define ICE_REBIND_SILENCE_US UINT64_C(1000000)
/* The same before a standby path takes over unasked, or another session takes over the path: longer
 * than the 6 s between consent checks (RFC 7675 section 5.1) of a client that sends nothing else. */
#define ICE_STANDBY_SILENCE_US UINT64_C(7000000)

struct ice_path {
    struct registry_entry entry; /* first member: an entry of the index by path is its ice_path */
    struct transport_path path;
    uint64_t last_us; /* of the last authenticated packet */
    uint32_t priority;
    unsigned waiting; /* handshake datagrams of it in the queue */
    bool nominated;
    bool used;
};

/* So many checks are remembered, so that nobody can repeat one from another address. */
#define ICE_REMEMBERED_CHECKS 16

struct ice_agent {
    struct ice_path *selected; /* one of paths, or NULL */
    struct ice_path paths[ICE_MAX_PATHS];

    void (*on_path)(void *user, struct ice_path *path, bool added); /* borrowed */
    void *user;                                                     /* borrowed */

    /* state, the paths above too */
    struct transport_credentials credentials;
    struct transport_credentials restarted; /* valid when restarting */
    bool restarting;
    bool settled; /* set by the owner when media flows: from then on each nomination moves */
    char remote_ufrag[ICE_REMOTE_UFRAG_CHARS + 1];                   /* for logs */
    uint8_t heard[ICE_REMEMBERED_CHECKS][STUN_TRANSACTION_ID_BYTES]; /* a ring */
    size_t heard_count;
};

/* Makes fresh credentials. Returns 0, or -EINVAL when remote_ufrag is too long. */
int ice_agent_init(struct ice_agent *agent, const char *remote_ufrag,
    void (*on_path)(void *user, struct ice_path *path, bool added), void *user);

/* Forgets all paths, tells on_path of each, and wipes the passwords. */
void ice_agent_finish(struct ice_agent *agent);

/* A second set of credentials beside the first; again replaces the second. The same errors. */
int ice_agent_restart(struct ice_agent *agent, const char *remote_ufrag);

/* The newest credentials. */
const struct transport_credentials *ice_agent_credentials(const struct ice_agent *agent);

enum ice_verdict {
    ICE_FORGED,  /* wrong MESSAGE-INTEGRITY or FINGERPRINT, or a repeated check: no answer */
    ICE_REFUSED, /* authenticated, but answered with an error; leaves no trace */
    ICE_VALID,
};

/* Room for ice_agent_verify()'s answer. */
struct ice_reply {
    uint8_t data[STUN_REPLY_BYTES];
    size_t len; /* 0 = no answer */
};

/* Checks a binding request whose user name is one of ours and writes the answer to it. */
enum ice_verdict ice_agent_verify(struct ice_agent *agent, const struct stun_view *request,
    const struct transport_path *path, struct ice_reply *ret_reply);

/* Takes note of a valid request: makes or refreshes its path, perhaps selects it. Returns true when
 * it was the first one with the restarted credentials, which are now the only ones. */
bool ice_agent_accept(struct ice_agent *agent, const struct stun_view *request,
    const struct transport_path *path, uint64_t now_us);

/* Forgets one path; another is selected if need be. */
void ice_agent_forget(struct ice_agent *agent, struct ice_path *path);

/* Forgets paths, but for the selected one, that were silent for longer than silence_us. */
void ice_agent_expire(struct ice_agent *agent, uint64_t silence_us, uint64_t now_us);

#endif
