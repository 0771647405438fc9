/*
 * The HTTP half of WHIP and WHEP clients (RFC 9725, draft-ietf-wish-whep) on libsoup: POST the offer,
 * keep the session URL and ETag, DELETE it at the end. Shared by capture, player and recorder.
 *
 * GLib style: runs on the thread-default main context of the caller; errors are GError in domain
 * SDP_EXCHANGE_ERROR with a sentence a teacher can act on. Owns its requests; cancels them on free.
 */
#ifndef DUET_MEDIA_SDP_EXCHANGE_H
#define DUET_MEDIA_SDP_EXCHANGE_H

#include <gio/gio.h>

#define SDP_EXCHANGE_ERROR (sdp_exchange_error_quark())
GQuark sdp_exchange_error_quark(void);

enum sdp_exchange_error {
    SDP_EXCHANGE_UNREACHABLE,  /* no answer from the server: try again */
    SDP_EXCHANGE_UNAVAILABLE,  /* 503 or 429: try again after retry_after_s */
    SDP_EXCHANGE_UNAUTHORISED, /* 401, 403: token wrong or expired; do not try again */
    SDP_EXCHANGE_TAKEN,        /* 409 */
    SDP_EXCHANGE_REFUSED,      /* other 4xx: do not try again */
    SDP_EXCHANGE_BROKEN,       /* an answer that is not WHIP or WHEP */
};

struct sdp_exchange;

struct sdp_exchange_params {
    const char *url;     /* WHIP or WHEP endpoint; copied */
    const char *token;   /* bearer token or NULL; copied, wiped on free */
    const char *ca_file; /* PEM of a pinned CA, or NULL for the system's; copied */
};

struct sdp_exchange *sdp_exchange_new(const struct sdp_exchange_params *params, GError **error);
void sdp_exchange_free(struct sdp_exchange *exchange);

/* POSTs the offer. on_answer gets the answer SDP (borrowed) or an error (borrowed), once. */
void sdp_exchange_offer(struct sdp_exchange *exchange, const char *offer_sdp,
    void (*on_answer)(void *user, const char *answer_sdp, const GError *error), void *user);

/* STUN and TURN servers of the answer's Link headers, as URIs; valid after on_answer. Borrowed. */
const char *const *sdp_exchange_ice_servers(const struct sdp_exchange *exchange);

/* Seconds from the last Retry-After header, 0 if there was none. */
guint sdp_exchange_retry_after_s(const struct sdp_exchange *exchange);

/* DELETEs the session if there is one, without waiting longer than timeout_ms; 0 sends it and does
 * not wait (it survives sdp_exchange_free() while the main context runs). */
void sdp_exchange_close(struct sdp_exchange *exchange, guint timeout_ms);

#endif
