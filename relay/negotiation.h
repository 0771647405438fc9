/*
 * Offer/answer of WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): what an offer asks for becomes
 * tracks for routing and an answer SDP (RFC 8829 rules for answers, RFC 9143 BUNDLE, 8839 ICE,
 * 8842 DTLS, 8853 simulcast). The relay is ICE-lite and DTLS passive, so the answer is complete:
 * nothing trickles from its side.
 *
 *   offer → negotiation_create → tracks → transport, stream or subscriber → negotiation_answer
 *
 * Control path, once per session. Pure but for random SSRCs; any thread. Strings of the negotiation
 * are borrowed from the offer that it owns.
 */
#ifndef DUET_RELAY_NEGOTIATION_H
#define DUET_RELAY_NEGOTIATION_H

#include "relay/session_request.h"
#include "relay/wire/sdp.h"

#define NEGOTIATION_MAX_MEDIA      MEDIA_MAX_SLOTS
#define NEGOTIATION_STREAM_CHARS   MEDIA_NAME_CHARS
#define NEGOTIATION_MAX_CANDIDATES 32

/* One m-line of the offer, in its order. A rejected one has port 0 in the answer. */
struct negotiated_media {
    const struct sdp_media *offer; /* borrowed */
    bool accepted;
    struct media_track track; /* when accepted */
    const char *source;       /* watch: what the slot shows, "" = empty; borrowed */
    char stream[NEGOTIATION_STREAM_CHARS + 1]; /* watch: a=msid; the same id plays in sync */
};

struct negotiation {
    /* borrowed from the offer */
    const char *remote_fingerprint;
    const char *remote_ufrag;
    /* owned */
    struct sdp *offer;
    struct negotiated_media *media;
    /* state */
    enum session_kind kind;
    size_t media_count;
    size_t accepted_count;
};

/* What only the session knows. Strings are borrowed. */
struct negotiation_local {
    const char *ufrag;
    const char *pwd;
    const char *fingerprint; /* SHA-256 */
    const char *cname;
    const char *const *candidates; /* "candidate:…" */
    size_t candidate_count;
};

/* Returns 0, -EINVAL with ret_error (what the client is told), or -ENOMEM with ret_error 503. */
int negotiation_create(const struct session_request *request, struct negotiation **ret_negotiation,
    struct session_error *ret_error);
/* NULL is allowed. */
void negotiation_destroy(struct negotiation *negotiation);

/* The answer as a string that the caller frees. Returns 0, -ENOMEM or -E2BIG. */
int negotiation_answer(const struct negotiation *negotiation, const struct negotiation_local *local,
    char **ret_answer);

#endif
